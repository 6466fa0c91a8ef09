// The plan of a search stays within its budget whatever the length of a training: pieces have whole updates.
import { expect, test } from "vitest";
import { finalists, planBudget, stretchOf } from "../../../src/learn/regularization/budget.ts";
import { warmMoments } from "../../../src/learn/regularization/warm.ts";

test("warm training, race, final and probe cost no more than the budget, however the updates are rounded", () => {
  let within = 0;
  for (let steps = 20; steps < 1200; steps += 7) {
    const moments = warmMoments(steps);
    for (const [trainings, judgements] of [1, 1.4, 2, 3].flatMap((budget) => moments.map((_, k) => [budget, k + 1]))) {
      const warmed = moments[judgements! - 1]!;
      const [batchSize, judged, sweeps] = [64, 300, 120];
      const forwards = (images: number) => images / (3 * steps * batchSize);
      // As a search does, it judges fewer images in a short training.
      const judgement = Math.min(forwards(judged), 0.15 / 9);
      const warm = warmed / steps + judgements! * judgement;
      const plan = planBudget(trainings!, judgement, sweeps, 2000, steps, batchSize, warm);
      const updates = (stage: 0 | 1) => {
        const { begun, until } = stretchOf(stage, steps, warmed);
        return until - begun;
      };
      const cost =
        warm +
        plan.race * (updates(0) / steps + judgement) +
        plan.finalists * (updates(1) / steps + judgement) +
        forwards(sweeps * plan.probeImages);
      expect([0, finalists]).toContain(plan.finalists);
      expect(plan.race).toBeGreaterThanOrEqual(1);
      // The probe has one image at the least.
      if (plan.probeImages === 1) continue;
      within++;
      expect(cost, `${steps} updates, ${trainings} trainings`).toBeLessThanOrEqual(trainings! + 1e-9);
    }
  }
  expect(within).toBeGreaterThan(1800);
});

test("the race begins where the warm training ends, the final where the race does", () => {
  expect(warmMoments(320)).toEqual([64, 96, 128]);
  expect(warmMoments(2)).toEqual([1]);
  for (const warmed of warmMoments(320)) {
    const [race, final] = [stretchOf(0, 320, warmed), stretchOf(1, 320, warmed)];
    expect([race.begun, race.until - race.begun, final.begun, final.until - final.begun]).toEqual([
      warmed,
      64,
      race.until,
      48,
    ]);
  }
});
