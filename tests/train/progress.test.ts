import { describe, expect, it } from "vitest";
import { Pace } from "../../src/train/progress.ts";

describe("pace", () => {
  it("is 0 before anything happened", () => {
    const pace = new Pace();
    expect([pace.imagesPerSecond, pace.timeLeft(100, 1)]).toEqual([0, 0]);
  });

  it("is images over seconds; time left includes validations", () => {
    const pace = new Pace();
    pace.step(10, 0.5);
    pace.step(20, 0.5);
    expect(pace.imagesPerSecond).toBe(30);
    pace.validation(2);
    expect(pace.timeLeft(60, 3)).toBe(8);
  });

  it("forgets steps that left the window", () => {
    const pace = new Pace(2);
    for (let i = 0; i < 10; i++) pace.step(100, 1);
    for (let i = 0; i < 10; i++) pace.step(10, 1);
    expect(pace.imagesPerSecond).toBeCloseTo(10);
  });

  it("keeps the latest step, however slow or fast", () => {
    const pace = new Pace(2);
    pace.step(1, 0.001);
    pace.step(8, 4);
    expect(pace.imagesPerSecond).toBeCloseTo(2);
    const instant = new Pace();
    instant.step(5, 0);
    expect(Number.isFinite(instant.imagesPerSecond)).toBe(true);
  });
});
