import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodes } from "../start.ts";
import { type DebugClient, startDebugging } from "./debug-client.ts";

describe.each(nodes)("debugging on %s", (_name, node) => {
  let client: DebugClient;
  beforeAll(async () => {
    client = await startDebugging(node);
    await client.start();
  });
  afterAll(() => client.stop());

  test("a cell stops at a breakpoint, shows its variables and goes on", async () => {
    const code = `const factor: number = 3;
function scale(values: number[]): number[] {
  const sum = values.reduce((a, b) => a + b, 0);
  return values.map((value) => value * factor);
}
const scaled = scale([1, 2]);
scaled.length`;
    const { body } = await client.breakAt(code, [4]);
    expect(body.breakpoints).toMatchObject([{ verified: true, line: 4 }]);
    const running = client.kernel.run(code);
    expect((await client.until("stopped")).body).toMatchObject({ reason: "breakpoint", threadId: 1 });
    const frames = await client.frames();
    expect(frames.map(({ name, line }) => [name, line])).toEqual([
      ["scale", 4],
      ["Cell [1]", 6],
    ]);
    const { tmpFilePrefix, tmpFileSuffix } = (await client.ask("debugInfo")).body;
    expect(frames[0]!.source.path.startsWith(tmpFilePrefix)).toBe(true);
    expect(frames[0]!.source.path.endsWith(tmpFileSuffix)).toBe(true);
    expect(await client.scope("Locals")).toMatchObject({
      values: { value: "Array(2) [ 1, 2 ]", type: "Array(2)" },
      sum: { value: "3", type: "number" },
    });
    expect(await client.scope("Globals")).toMatchObject({ factor: { value: "3" }, scale: { type: "function" } });
    expect((await client.ask("continue", { threadId: 1 })).success).toBe(true);
    expect((await client.next()).event).toBe("continued");
    expect((await running).outputs.at(-1)!.content.data).toMatchObject({ "text/plain": "2" });
  });
});
