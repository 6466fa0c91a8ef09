// `cellwright` from a clone: prepares what is missing, then becomes the command line, in this same process so that
// signals and the exit code are the command's own.
import { spawn } from "node:child_process";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { node, prepareOrExit, root } from "./prepare.mjs";

async function main() {
  if (node !== process.execPath) return becomeChild();
  await prepareOrExit();
  const command = path.join(root, "dist/kernel/cli/main.js");
  process.argv[1] = command;
  await import(pathToFileURL(command).href);
}

// Under npm, `node` may have meant the one installed for tests: start again on the user's own.
function becomeChild() {
  const child = spawn(node, [fileURLToPath(import.meta.url)].concat(process.argv.slice(2)), { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    // Ctrl-C reaches the child by itself (one foreground group); this process only has to outlive it.
    process.on(signal, () => (signal === "SIGINT" && process.stdin.isTTY ? undefined : child.kill(signal)));
  }
  child.on("error", (error) => {
    process.stderr.write(`cellwright: ${node} could not be started: ${error.message} [CW_NODE_FAILED]\n`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

main();
