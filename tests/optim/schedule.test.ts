import { readFileSync } from "node:fs";
import { type ScheduleName, type ScheduleOptions, schedule, scheduleNames } from "cellwright/optim";
import { describe, expect, it } from "vitest";

interface Golden {
  steps: number[];
  schedules: { name: ScheduleName; options: ScheduleOptions; values: number[] }[];
  plateau: { losses: number[]; runs: { options: Omit<ScheduleOptions, "learningRate">; rates: number[] }[] };
}
const golden = JSON.parse(readFileSync(new URL("../golden/optim/keras.json", import.meta.url), "utf8")) as Golden;

it.each(golden.schedules)("$name $options, as Keras has it", ({ name, options, values }) => {
  const rate = schedule(name, options);
  golden.steps.forEach((step, i) => {
    // Keras computes in float32.
    expect(Math.abs(rate(step) - values[i]!)).toBeLessThan(1e-6);
  });
});

it.each(golden.plateau.runs)("plateau $options, as Keras has it", ({ options, rates }) => {
  const rate = schedule("plateau", { learningRate: 0.4, ...options });
  const got = golden.plateau.losses.map((loss, epoch) => {
    rate.observe(loss);
    return rate(epoch);
  });
  got.forEach((value, i) => {
    expect(value).toBeCloseTo(rates[i]!, 6);
  });
  expect(new Set(rates).size).toBeGreaterThan(2);
});

describe("end points", () => {
  it("constant", () => expect([0, 7, 1e9].map(schedule("constant", { learningRate: 0.3 }))).toEqual([0.3, 0.3, 0.3]));

  it("cosine: from the rate to 0 and no further", () => {
    const rate = schedule("cosine", { learningRate: 0.3, steps: 50 });
    expect([rate(0), rate(25), rate(50), rate(51)]).toEqual([0.3, expect.closeTo(0.15, 12), 0, 0]);
  });

  it("one cycle: rises to the highest rate, falls to next to nothing, without a jump", () => {
    const options = { learningRate: 1, steps: 101, rise: 10, fall: 100, warmup: 0.3 };
    const rate = schedule("oneCycle", options);
    const rates = Array.from({ length: 101 }, (_, step) => rate(step));
    expect(rates[0]).toBeCloseTo(0.1, 12);
    expect(rates[100]).toBeCloseTo(0.001, 12);
    expect(rate(500)).toBe(rates[100]);
    const top = rates.indexOf(Math.max(...rates));
    expect(top).toBe(29);
    expect(rates[29]).toBeCloseTo(1, 3);
    rates.slice(1).forEach((value, i) => {
      expect(Math.sign(value - rates[i]!)).toBe(i < 29 ? 1 : -1);
      expect(Math.abs(value - rates[i]!)).toBeLessThan(0.06);
    });
    // One and two steps are runs too.
    for (const steps of [1, 2, 3]) {
      const short = schedule("oneCycle", { learningRate: 1, steps });
      for (let step = 0; step < steps; step++) expect(short(step)).toBeGreaterThan(0);
    }
  });

  it.each(scheduleNames.filter((name) => name !== "oneCycle"))("%s behind a warm-up", (name) => {
    const needs = { step: { every: 10 }, exponential: { every: 10 } }[name as string] ?? {};
    const bare = schedule(name, { learningRate: 0.8, ...needs, ...(isLong(name) && { steps: 96 }) });
    const warm = schedule(name, { learningRate: 0.8, ...needs, ...(isLong(name) && { steps: 100 }), warmupSteps: 4 });
    [0.16, 0.32, 0.48, 0.64, 0.8].forEach((value, step) => {
      expect(warm(step)).toBeCloseTo(value, 12);
    });
    for (let step = 0; step <= 100; step++) expect(warm(step + 4)).toBe(bare(step));
    const from = schedule(name, { ...warm.options, warmupLearningRate: 0 });
    expect([from(0), from(2)]).toEqual([0, expect.closeTo(0.4, 12)]);
  });
});

const isLong = (name: ScheduleName) => name === "cosine" || name === "polynomial" || name === "oneCycle";

it("is made anew from its name and options, which are plain JSON", () => {
  for (const { name, options } of golden.schedules) {
    const it = schedule(name, options);
    const again = schedule(it.scheduleName, JSON.parse(JSON.stringify(it.options)));
    for (const step of golden.steps) expect(again(step)).toBe(it(step));
  }
});

it("refuses what is no schedule or no option of it", () => {
  const make = schedule as (name: unknown, options?: unknown) => unknown;
  const wrong: [unknown, object | undefined, RegExp][] = [
    ["linear", { learningRate: 1 }, /one of constant, step.*"linear"/],
    [undefined, { learningRate: 1 }, /undefined/],
    ["constant", undefined, /needs the option learningRate/],
    ["constant", { learningRate: 0 }, /positive number; got 0/],
    ["constant", { learningRate: Number.NaN }, /NaN/],
    ["constant", { learningRate: 1, every: 3 }, /constant has no option "every"/],
    ["cosine", { learningRate: 1 }, /needs the option steps/],
    ["cosine", { learningRate: 1, steps: 0 }, /steps of cosine must be a whole number from 1 on; got 0/],
    ["cosine", { learningRate: 1, steps: 10, warmupSteps: 10 }, /less than its steps; got 10 of 10/],
    ["cosine", { learningRate: 1, cycleSteps: 10, cycleFactor: 0.5 }, /cycleFactor/],
    ["exponential", { learningRate: 1 }, /every/],
    ["exponential", { learningRate: 1, every: 2, factor: 1 }, /factor.*between 0 and 1; got 1/],
    ["step", { learningRate: 1 }, /got none/],
    ["step", { learningRate: 1, every: 1, at: [2] }, /got both/],
    ["step", { learningRate: 1, at: [5, 5] }, /each above the one before/],
    ["oneCycle", { learningRate: 1, steps: 9, warmupSteps: 2 }, /no option "warmupSteps"/],
    ["plateau", { learningRate: 1, patience: 0 }, /patience/],
  ];
  for (const [name, options, message] of wrong) {
    expect(() => make(name, options)).toThrow(
      expect.objectContaining({ code: "CW_SCHEDULE", message: expect.stringMatching(message) }),
    );
  }
  const rate = schedule("constant", { learningRate: 1 });
  expect(() => rate(-1)).toThrow(expect.objectContaining({ code: "CW_SCHEDULE" }));
});
