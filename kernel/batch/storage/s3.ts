// Buckets that speak S3: Amazon's, MinIO, Ceph, OpenStack Swift, … The client is Amazon's own (@aws-sdk/client-s3), which
// signs, retries and finds credentials as all of Amazon's tools do. A PUT replaces an object whole or not at all, so there
// is nothing to rename.

import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from "@aws-sdk/client-s3";
import { CellwrightError } from "../../../src/errors.ts";
import { parseBucketPath } from "./path.ts";
import { storageError } from "./s3-errors.ts";
import { MAXIMUM_BYTES, type Storage } from "./storage.ts";

const CONNECT_MILLISECONDS = 5_000;
const OPERATION_MILLISECONDS = 300_000; // half a gigabyte at 2 MB/s

const TYPES: Readonly<Record<string, string>> = {
  ".ipynb": "application/x-ipynb+json",
  ".json": "application/json",
  ".html": "text/html; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
};

export class S3Storage implements Storage {
  readonly #client: S3Client;

  /** Reads `AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`, … from the environment. */
  constructor(env: NodeJS.ProcessEnv = process.env) {
    // what the client will need one day of Node is nothing that a run should print
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
    this.#client = new S3Client(clientConfig(env));
  }

  async read(path: string): Promise<Uint8Array> {
    const { bucket: Bucket, key: Key } = parseBucketPath(path);
    return attempt(path, async (abortSignal) => {
      const { Body, ContentLength = 0 } = await this.#client.send(new GetObjectCommand({ Bucket, Key }), {
        abortSignal,
      });
      if (ContentLength <= MAXIMUM_BYTES) return Body!.transformToByteArray();
      (Body as { destroy?: () => void }).destroy?.();
      throw tooLarge(path, ContentLength);
    });
  }

  async write(path: string, content: string | Uint8Array): Promise<void> {
    const { bucket: Bucket, key: Key } = parseBucketPath(path);
    const Body = Buffer.from(content as string); // its length is then known
    if (Body.length > MAXIMUM_BYTES) throw tooLarge(path, Body.length);
    const ContentType = TYPES[/\.\w+$/.exec(Key)?.[0] ?? ""] ?? "application/octet-stream";
    await attempt(path, (abortSignal) =>
      this.#client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType }), { abortSignal }),
    );
  }

  async exists(path: string): Promise<boolean> {
    const { bucket: Bucket, key: Key } = parseBucketPath(path);
    try {
      await attempt(path, (abortSignal) => this.#client.send(new HeadObjectCommand({ Bucket, Key }), { abortSignal }));
      return true;
    } catch (error) {
      if ((error as CellwrightError).code === "CW_STORAGE_MISSING") return false;
      throw error;
    }
  }

  async list(folder: string): Promise<string[]> {
    const { bucket: Bucket, key } = parseBucketPath(folder, true);
    const Prefix = key === "" || key.endsWith("/") ? key : `${key}/`;
    const keys: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await attempt(folder, (abortSignal) =>
        this.#client.send(new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken }), { abortSignal }),
      );
      for (const { Key } of page.Contents ?? []) if (Key !== undefined && !Key.endsWith("/")) keys.push(Key);
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    return keys.sort().map((each) => `s3://${Bucket}/${each}`);
  }

  async delete(path: string): Promise<void> {
    const { bucket: Bucket, key: Key } = parseBucketPath(path);
    await attempt(path, (abortSignal) => this.#client.send(new DeleteObjectCommand({ Bucket, Key }), { abortSignal }));
  }

  /** Who may write may not be allowed to list: then only the first write shows what is wrong. */
  async prepare(path: string): Promise<void> {
    const { bucket: Bucket, key: Prefix } = parseBucketPath(path);
    try {
      await attempt(path, (abortSignal) =>
        this.#client.send(new ListObjectsV2Command({ Bucket, Prefix, MaxKeys: 1 }), { abortSignal }),
      );
    } catch (error) {
      if ((error as CellwrightError).code !== "CW_STORAGE_DENIED") throw error;
    }
  }
}

function clientConfig(env: NodeJS.ProcessEnv): S3ClientConfig {
  const isOther = Boolean(env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL);
  return {
    // Amazon's buckets say where they are, others hardly ever care
    region: env.AWS_REGION || env.AWS_DEFAULT_REGION || "us-east-1",
    followRegionRedirects: true,
    requestHandler: { connectionTimeout: CONNECT_MILLISECONDS },
    ...(isOther && {
      forcePathStyle: true, // a bucket as a host's name needs a name server that knows it
      requestChecksumCalculation: "WHEN_REQUIRED", // newer than many servers
      responseChecksumValidation: "WHEN_REQUIRED",
    }),
  };
}

async function attempt<Result>(path: string, request: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  try {
    return await request(AbortSignal.timeout(OPERATION_MILLISECONDS));
  } catch (error) {
    throw storageError(path, error);
  }
}

function tooLarge(path: string, bytes: number): CellwrightError {
  return new CellwrightError("CW_STORAGE_SIZE", `expected at most ${MAXIMUM_BYTES} bytes at ${path}, got ${bytes}`);
}
