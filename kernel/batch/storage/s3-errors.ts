// What an S3 server or the way to it says, as errors of ours that tell what to do.

import { CellwrightError, type ErrorCode } from "../../../src/errors.ts";
import { parseBucketPath } from "./path.ts";

const CREDENTIALS =
  /^(InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|TokenRefreshRequired|RequestTimeTooSkewed)/;
const REGION = /^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException)$/;
const NETWORK =
  /^(ECONN|ENOTFOUND|EAI_|EHOST|ENET|ETIMEDOUT|EPIPE|EPROTO|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_TLS|TimeoutError|AbortError)/;

interface ServiceError {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

export function storageError(path: string, error: unknown): CellwrightError {
  if (error instanceof CellwrightError) return error;
  const { name = "", message = "", code = "", $metadata } = error as ServiceError;
  const status = $metadata?.httpStatusCode;
  const { bucket } = parseBucketPath(path, true);
  const fail = (failure: ErrorCode, text: string) => new CellwrightError(failure, text, { cause: error });
  if (name === "CredentialsProviderError") {
    return fail(
      "CW_STORAGE_CREDENTIALS",
      `expected credentials for ${path}, found none: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE`,
    );
  }
  if (CREDENTIALS.test(name)) {
    return fail(
      "CW_STORAGE_CREDENTIALS",
      `expected credentials for ${path} that the server takes: ${message} (${name})`,
    );
  }
  if (name === "NoSuchBucket") {
    return fail("CW_STORAGE_BUCKET", `expected a bucket ${bucket} for ${path}, there is none; make it first`);
  }
  if (REGION.test(name) || status === 301) {
    return fail("CW_STORAGE_REGION", `expected AWS_REGION to be the region of the bucket ${bucket}: ${message}`);
  }
  if (status === 404) return fail("CW_STORAGE_MISSING", `expected a file at ${path}, there is none`);
  if (status === 403) {
    return fail("CW_STORAGE_DENIED", `expected to be allowed to use ${path}: access is denied to these credentials`);
  }
  if (NETWORK.test(code) || NETWORK.test(name)) {
    return fail(
      "CW_STORAGE_UNREACHABLE",
      `expected the server of ${path} to answer: ${message || code || name}; see AWS_ENDPOINT_URL`,
    );
  }
  return fail("CW_STORAGE_FAILED", `expected to use ${path}: ${message || name}`);
}
