// The plan of a search stays within its budget whatever the length of a training: pieces have whole updates.
import { expect, test } from "vitest";
import { finalists, planBudget, stretchOf, warmUpdates } from "../../../src/learn/regularization/budget.ts";

test("warm training, race, final and probe cost no more than the budget, however the updates are rounded", () => {
  let within = 0;
  for (let steps = 20; steps < 1200; steps += 7) {
    for (const trainings of [1, 1.4, 2, 3]) {
      const [batchSize, judged, sweeps] = [64, 300, 120];
      const forwards = (images: number) => images / (3 * steps * batchSize);
      // As a search does, it judges fewer images in a short training.
      const judgement = Math.min(forwards(judged), 0.15 / 9);
      const plan = planBudget(trainings, judgement, sweeps, 2000, steps, batchSize);
      const updates = (stage: 0 | 1) => stretchOf(stage, steps).until - stretchOf(stage, steps).begun;
      const cost =
        warmUpdates(steps) / steps +
        judgement +
        plan.race * (updates(0) / steps + judgement) +
        plan.finalists * (updates(1) / steps + judgement) +
        forwards(sweeps * plan.probeImages);
      expect([0, finalists]).toContain(plan.finalists);
      expect(plan.race).toBeGreaterThanOrEqual(1);
      // The probe has one image at the least.
      if (plan.probeImages === 1) continue;
      within++;
      expect(cost, `${steps} updates, ${trainings} trainings`).toBeLessThanOrEqual(trainings + 1e-9);
    }
  }
  expect(within).toBeGreaterThan(600);
});
