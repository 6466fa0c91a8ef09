/**
 * TensorFlow without its greeting.
 *
 * While its library is loaded, before anything could ask it not to, TensorFlow writes two lines to descriptor 2 that only alarm. Node has no
 * way to turn a descriptor elsewhere; a few lines of C do. The add-on is loaded before TensorFlow's and muted just while that loads.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { MUTE_ADDON } from "../../src/backend/installed.ts";
import { runProgram } from "./run-program.ts";

const source = `#include <fcntl.h>
#include <unistd.h>
#include <node_api.h>
static int saved = -1;
static napi_value mute(napi_env env, napi_callback_info info) {
  if (saved >= 0) return nullptr;
  int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere < 0) return nullptr;
  saved = fcntl(2, F_DUPFD_CLOEXEC, 3);
  if (saved >= 0) dup2(nowhere, 2);
  close(nowhere);
  return nullptr;
}
static napi_value unmute(napi_env env, napi_callback_info info) {
  if (saved < 0) return nullptr;
  dup2(saved, 2);
  close(saved);
  saved = -1;
  return nullptr;
}
NAPI_MODULE_INIT() {
  napi_value f;
  napi_create_function(env, "mute", NAPI_AUTO_LENGTH, mute, nullptr, &f);
  napi_set_named_property(env, exports, "mute", f);
  napi_create_function(env, "unmute", NAPI_AUTO_LENGTH, unmute, nullptr, &f);
  napi_set_named_property(env, exports, "unmute", f);
  return exports;
}
`;

/** Compiles the add-on into `folder`. Without it everything works as well, only not as quietly: a failure is none. */
export async function compileMute(
  folder: string,
  headers: string,
  compiler: string,
  signal?: AbortSignal,
): Promise<void> {
  writeFileSync(join(folder, "mute.cc"), source);
  const args = ["-std=c++17", "-O2", "-fPIC", "-shared", `-I${headers}`, "mute.cc", "-o", MUTE_ADDON];
  await runProgram(compiler, args, { folder, signal });
}
