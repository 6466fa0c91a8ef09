import { trainingProgress } from "cellwright/plot";
import { expect, test } from "vitest";

const step = {
  epoch: 2,
  epochs: 3,
  step: 50,
  steps: 100,
  loss: 0.25,
  accuracy: 0.935,
  imagesPerSecond: 1834.4,
  timeLeft: 61.2,
};
const show = (changes: Partial<typeof step> = {}) =>
  trainingProgress({ ...step, ...changes })[Symbol.for("Jupyter.display") as never] as unknown as () => Record<
    string,
    string
  >;

test("a bar with the figures, as HTML and as text", () => {
  const bundle = show()();
  expect(bundle["text/plain"]).toBe(
    "████████████░░░░░░░░░░░░ epoch 2/3 · step 50/100 · loss 0.250 · accuracy 93.5 % · 1,834 images/s · 62 s left",
  );
  expect(bundle["text/html"]).toMatch(/^<progress value="50" max="100"><\/progress> epoch 2\/3/);
});

test("the ends, long times and figures that are not there yet", () => {
  expect(show({ step: 0 })()["text/plain"]).toMatch(/^░{24} /);
  expect(show({ step: 100 })()["text/plain"]).toMatch(/^█{24} .* done$/);
  expect(show({ timeLeft: 3600 * 26 })()["text/plain"]).toContain("26 h 0 min left");
  expect(show({ timeLeft: 600 })()["text/plain"]).toContain("10 min left");
  expect(show({ timeLeft: NaN, imagesPerSecond: Infinity, loss: NaN })()["text/plain"]).toContain(
    "loss NaN · accuracy 93.5 % · – images/s · – left",
  );
});

test.each([{ step: 101 }, { step: -1 }, { steps: 0, step: 0 }, { step: NaN }])("%j is refused", (changes) => {
  expect(() => show(changes)).toThrow("expected a step from 0 to steps");
});
