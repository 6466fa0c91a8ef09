/**
 * An S3 server of the tests' own: OpenStack Swift, an object store that runs in production, with its S3 API. It checks
 * signatures, regions and rights as Amazon's does.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pythonWith } from "./requirements.ts";

export interface S3Server {
  /** What a user of it sets in the environment: the owner, who may do everything, and a guest, who may do nothing. */
  readonly owner: Readonly<Record<string, string>>;
  readonly guest: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export async function startS3Server(): Promise<S3Server> {
  const folder = mkdtempSync(join(tmpdir(), "cellwright-s3-"));
  const script = fileURLToPath(new URL("s3_server.py", import.meta.url));
  const child = spawn(pythonWith("swift")!, [script, folder], { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (text) => (said += text));
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (text) => resolve(String(text).trim()));
    child.once("exit", () => reject(new Error(`expected the S3 server to start:\n${said}`)));
  });
  const user = (id: string, secret: string) => ({
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: id,
    AWS_SECRET_ACCESS_KEY: secret,
  });
  return {
    owner: user("test:owner", "owner-secret"),
    guest: user("test:guest", "guest-secret"),
    async stop() {
      child.stdin.end();
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}
