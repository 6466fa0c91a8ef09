// The run of autofit.test.ts in a process of its own, to be killed: it prints a line for each event.
import { use } from "../../../src/backend/index.ts";
import { autofit } from "../../../src/learn/index.ts";
import { setting } from "./setting.ts";

const [, , folder] = process.argv;
await use("wasm");
const { model, data, options } = await setting();
await autofit(model, data, {
  ...options,
  folder: folder!,
  onEvent: (event) => process.stdout.write(`${event.type}\n`),
});
