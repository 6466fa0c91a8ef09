import { expect, test } from "vitest";
import { Turns } from "../../../kernel/language/turns.ts";

function setUp() {
  const turns = new Turns();
  const done: string[] = [];
  let atWork = 0;
  const take = (name: string, urgent = false) =>
    turns.take(urgent, async () => {
      atWork += 1;
      expect(atWork).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      atWork -= 1;
      done.push(name);
      return name;
    });
  return { done, take, turns };
}

test("one at a time, in their order", async () => {
  const { done, take } = setUp();
  await Promise.all([take("a"), take("b", true), take("c"), take("d", true)]);
  expect(done).toEqual(["a", "b", "c", "d"]);
});

test("a person does not wait for a long row of cells", async () => {
  const { done, take } = setUp();
  await Promise.all([..."abcdef"].map((name) => take(name)).concat(take("urgent", true), take("also", true)));
  expect(done.indexOf("urgent")).toBeLessThan(3);
  expect(done.indexOf("also")).toBeLessThan(5);
  expect(done.filter((name) => name.length === 1).join("")).toBe("abcdef");
});

test("a failure is its own", async () => {
  const { take, turns } = setUp();
  const failing = turns.take(false, () => Promise.reject(new Error("mine")));
  const next = take("next");
  await expect(failing).rejects.toThrow("mine");
  expect(await next).toBe("next");
});
