#!/usr/bin/env node
// What a kernelspec starts: `node main.js CONNECTION_FILE`. What takes long to load (the eraser of types, the language
// server, the debugger) comes after the first reply, or when it is asked for.

import { CellwrightError } from "../../src/errors.ts";
import { readConnectionFile } from "../protocol/connection.ts";
import { Kernel } from "./kernel.ts";

const WARM_UP = 150; // milliseconds after the sockets are bound: the client's first questions go first
const PARENT_CHECK = 250;

function connectionFile(words: readonly string[]): string {
  const rest = words[0] === "-f" || words[0] === "--connection-file" ? words.slice(1) : words;
  const [path, ...more] = rest;
  const unknown = rest.find((word) => word.startsWith("-"));
  if (unknown !== undefined) throw usage(`unknown option ${unknown}`);
  if (path === undefined) throw usage("no connection file was given");
  if (more.length > 0) throw usage(`one connection file is enough, got also ${more.join(" ")}`);
  return path;
}

function usage(problem: string): CellwrightError {
  return new CellwrightError("CW_KERNEL_USAGE", `${problem}; usage: cellwright kernel [-f] CONNECTION_FILE`);
}

/** A kernel whose parent is gone would run for ever: nobody could reach it. */
function endWithParent(kernel: Kernel): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) void kernel.shutdown();
  }, PARENT_CHECK).unref();
}

try {
  const connection = readConnectionFile(connectionFile(process.argv.slice(2)));
  const kernel = await Kernel.start(connection);
  process.on("SIGINT", () => kernel.interrupt());
  process.on("SIGTERM", () => void kernel.shutdown());
  endWithParent(kernel);
  setTimeout(async () => (await import("../source/strip.ts")).stripTypes("0 as number"), WARM_UP);
} catch (error) {
  if (!(error instanceof CellwrightError)) throw error;
  process.stderr.write(`cellwright: ${error.message} [${error.code}]\n`);
  process.exitCode = 2;
}
