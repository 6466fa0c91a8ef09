import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodes, startKernel, type TestKernel } from "../start.ts";

interface Recorded {
  readonly code: string;
  readonly status: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly displays: readonly Readonly<Record<string, unknown>>[];
}

/** What tslab 1.0.22 itself says to these cells; recorded by the script beside it. */
const recorded = JSON.parse(
  readFileSync(new URL("../../golden/tslab/outputs.json", import.meta.url), "utf8"),
) as Recorded[];

describe.each(nodes)("a notebook for tslab on %s", (_name, node) => {
  let kernel: TestKernel;
  beforeAll(async () => {
    kernel = await startKernel(node);
  });
  afterAll(() => kernel.stop());

  test.each(recorded.map(({ code, ...rest }) => [code, rest] as const))("%s", async (code, expected) => {
    expect(expected.status).toBe("ok");
    const { reply, outputs } = await kernel.run(code);
    expect(reply.status, String(reply.evalue)).toBe("ok");
    const displays: Record<string, unknown>[] = [];
    let [stdout, stderr] = ["", ""];
    for (const { type, content } of outputs) {
      if (type === "stream" && content.name === "stdout") stdout += content.text;
      else if (type === "stream") stderr += content.text;
      else if (type === "display_data") displays.push(content.data as Record<string, unknown>);
      else if (type === "update_display_data") displays[displays.length - 1] = content.data as Record<string, unknown>;
      // tslab prints a cell's value as console.log does: a text without quotes. What ours adds stands below it.
      else if (type === "execute_result") stdout += printed((content.data as Record<string, string>)["text/plain"]!);
    }
    expect([stdout, stderr]).toEqual([expected.stdout, expected.stderr]);
    // Ours may add a text twin, never change what is shown.
    expect(displays).toEqual(expected.displays.map((data) => expect.objectContaining(data)));
  });

  test("displays in files that the notebook imports, and through require", async () => {
    writeFileSync(
      join(kernel.folder, "show.ts"),
      "import { display } from 'tslab'; export const show = (s: string) => display.html(s);",
    );
    const { reply, outputs } = await kernel.run(
      "import { show } from './show.ts'; show('<b>1</b>'); require('tslab').display.text('2'); (await import('tslab')).display.text('3')",
    );
    expect(reply.evalue).toBeUndefined();
    expect(outputs.map(({ content }) => Object.values(content.data as object)[0])).toEqual(["1", "2", "3"]);
  });

  test("newDisplay in a loop draws the last content", async () => {
    const { outputs } = await kernel.run(
      "import { newDisplay } from 'tslab'; const bar = newDisplay(); for (let i = 0; i < 1000; i += 1) bar.text(String(i));",
    );
    expect(outputs.length).toBeLessThan(20);
    expect(outputs.at(-1)).toMatchObject({ type: "update_display_data", content: { data: { "text/plain": "999" } } });
  });
});

function printed(text: string): string {
  const quoted = /^(['"`])(.*)\1$/.exec(text);
  return `${quoted === null ? text : quoted[2]}\n`;
}
