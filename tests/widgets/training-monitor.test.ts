/** The training monitor on the kernel's side, with events of the test's own: their numbers are known. */
import type { TrainEvent } from "cellwright/train";
import { TrainingMonitor } from "cellwright/widgets";
import { expect, test } from "vitest";

const shown = (value: object | undefined) =>
  (value as unknown as Record<symbol, () => Record<string, string>>)[Symbol.for("Jupyter.display")]!();

async function* training(): AsyncGenerator<TrainEvent> {
  const validation = { loss: 0.5, accuracy: 0.75 };
  const record = { epoch: 1, loss: 0.7, accuracy: 0.5, validation, learningRate: 0.001, seconds: 1 };
  yield { type: "epoch", epochs: 1, best: true, ...record } as never;
  yield { type: "end", reason: "completed", history: [record], bestEpoch: 1, seconds: 1 };
}

test("what `watch` returns is the last event, and shows itself in a line", async () => {
  const monitor = new TrainingMonitor();
  await monitor.watch(training);
  const end = await monitor.watch(training, { name: "adam" });
  expect(end).toEqual({
    type: "end",
    reason: "completed",
    history: [expect.objectContaining({ epoch: 1, loss: 0.7 })],
    bestEpoch: 1,
    seconds: 1,
  });
  expect(shown(end)["text/plain"]).toMatch(/^adam: completed · .* · validation accuracy 75\.0 %$/);
  expect(monitor.runs.map(({ name, status }) => [name, status])).toEqual([
    ["run 1", "completed"],
    ["adam", "completed"],
  ]);
});

test("a training that ends without an event gives nothing, one that throws is said to have failed", async () => {
  const monitor = new TrainingMonitor();
  expect(await monitor.watch(async function* () {})).toBeUndefined();
  await expect(
    monitor.watch(async function* () {
      yield* [];
      throw new Error("out of patience");
    }),
  ).rejects.toThrow("out of patience");
  expect(monitor.runs.map(({ status, message }) => [status, message])).toEqual([
    ["aborted", ""],
    ["failed", "out of patience"],
  ]);
});
