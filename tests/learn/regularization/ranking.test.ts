// Which of two candidates wins, on losses made by hand: a pair within the standard error of its difference, and one beyond it.
import { describe, expect, test } from "vitest";
import { type Entry, scored } from "../../../src/learn/regularization/nodes.ts";
import { settingsWith } from "../../../src/learn/regularization/presets.ts";
import { byScore, challenge, rank } from "../../../src/learn/regularization/ranking.ts";
import type { PolicyParams } from "../../../src/learn/regularization/schema.ts";

const none: PolicyParams = { kind: "none" };
const published: PolicyParams = { kind: "trivialAugment", space: "wide" };
const learnt: PolicyParams = { kind: "clusters", probability: 0.5 };

/** A candidate that lost `losses` on four images, after the race and after the final. */
function entry(title: string, policy: PolicyParams, strength: number, losses: readonly number[]): Entry {
  const candidate = { id: title, parent: null, title, settings: settingsWith({ policy }) };
  const calibratedLoss = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  const rest = { loss: calibratedLoss, standardError: 0, accuracy: 0.5, accuracyError: 0, temperature: 1 };
  const outcome = scored({ losses: Float32Array.from(losses), score: { calibratedLoss, ...rest } }, 10);
  return { candidate, outcomes: [outcome, outcome], strength, cost: 0, state: "kept", reason: "" };
}
const final = (...entries: Entry[]) => rank(entries.sort(byScore(1)), 1).candidate.title;

// A mean difference of .25 with a standard error of .48 from `low` to `near`; one of 1 with none to `far`.
const low = [1, 2, 3, 4];
const near = [2, 1, 4, 4];
const far = [2, 3, 4, 5];

describe("of finalists within the error", () => {
  test("a learnt policy comes before a published one, however strong that is, and before nothing", () => {
    const [capped, strong] = [entry("capped", learnt, 0.1, near), entry("trivial", published, 2, low)];
    expect(final(capped, strong)).toBe("capped");
    expect(capped).toMatchObject({ state: "kept", reason: expect.stringMatching(/within the error.*labels bear/) });
    expect(strong).toMatchObject({ state: "pruned", reason: expect.stringContaining("capped") });
    expect(final(entry("capped", learnt, 0.1, low), entry("trivial", published, 2, near))).toBe("capped");
    expect(final(entry("none", none, 0, low), entry("capped", learnt, 0.1, near))).toBe("capped");
  });

  test("a published policy comes before nothing", () => {
    expect(final(entry("none", none, 0, low), entry("rand", published, 0.2, near))).toBe("rand");
  });

  test("of two learnt ones the stronger comes first", () => {
    expect(final(entry("weak", learnt, 0.1, low), entry("strong", learnt, 0.2, near))).toBe("strong");
    expect(final(entry("strong", learnt, 0.2, low), entry("weak", learnt, 0.1, near))).toBe("strong");
  });

  test("of equals in all the one with the lower loss", () => {
    expect(final(entry("b", published, 1, near), entry("a", published, 1, low))).toBe("a");
  });
});

test("beyond the error, and in the race, the lowest loss wins", () => {
  expect(final(entry("none", none, 0, low), entry("strong", learnt, 9, far))).toBe("none");
  const entries = [entry("none", none, 0, low), entry("strong", learnt, 9, near)];
  expect(rank(entries, 0).candidate.title).toBe("none");
});

test("a later idea takes the winner's place where it is better by more than the error", () => {
  const winner = entry("winner", learnt, 1, far);
  const better = entry("better", learnt, 1, low);
  expect(challenge(better, winner)).toBe(true);
  expect(winner.reason).toContain("better is better still");
  const equal = entry("equal", learnt, 1, near);
  expect(challenge(equal, better)).toBe(false);
  expect(equal).toMatchObject({ state: "pruned", reason: expect.stringMatching(/no better than better: \+0\.25/) });
});
