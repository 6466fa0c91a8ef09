// The library in the kernels of others: what tslab 1.0.22 and Deno 2.9.6 showed, as recorded by the scripts in
// tests/golden, beside what our kernel shows for the same cells; and what they need of the package, on every Node.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodes, startKernel, type TestKernel } from "../start.ts";

type Bundle = Readonly<Record<string, unknown>>;
const root = fileURLToPath(new URL("../../..", import.meta.url));
const golden = (name: string) => JSON.parse(readFileSync(`${root}tests/golden/${name}`, "utf8"));

const sizeOf = async (png: unknown) => {
  const { width, height } = await sharp(Buffer.from(String(png), "base64")).metadata();
  return [width, height];
};
const withoutText = (bundle: Bundle) => Object.keys(bundle).filter((type) => type !== "text/plain");

describe("the library's pictures", () => {
  let kernel: TestKernel;
  beforeAll(async () => {
    kernel = await startKernel();
  });
  afterAll(() => kernel.stop());

  test("are in tslab what they are here", async () => {
    const recorded = golden("tslab/library-outputs.json") as {
      code: string;
      status: string;
      stdout: string;
      displays: Bundle[];
    }[];
    expect(recorded).toHaveLength(4);
    for (const { code, status, stdout, displays } of recorded) {
      const { reply, outputs } = await kernel.run(code);
      expect([status, reply.status], String(reply.evalue)).toEqual(["ok", "ok"]);
      const ours = outputs.filter(({ type }) => type === "display_data").map(({ content }) => content.data as Bundle);
      expect(ours.map(withoutText)).toEqual(displays.map(withoutText));
      for (const [index, { "image/png": png, "image/svg+xml": svg }] of displays.entries()) {
        if (png !== undefined) expect(await sizeOf(png)).toEqual(await sizeOf(ours[index]!["image/png"]));
        if (svg !== undefined) expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\s*$/);
      }
      const result = outputs.find(({ type }) => type === "execute_result")?.content.data as Bundle | undefined;
      if (stdout !== "") expect(stdout.trim()).toBe(String(result!["text/plain"]).replace(/^'(.*)'$/, "$1"));
    }
  });

  test("are in Deno what they are here", async () => {
    const recorded = golden("deno/outputs.json") as { code: string; status: string; result: Bundle }[];
    expect(recorded).toHaveLength(3);
    for (const { code, status, result } of recorded) {
      const { reply, outputs } = await kernel.run(code);
      expect([status, reply.status], String(reply.evalue)).toEqual(["ok", "ok"]);
      const ours = outputs.at(-1)!.content.data as Bundle;
      expect(Object.keys(ours).sort()).toEqual(Object.keys(result).sort());
      if ("image/png" in result) expect(await sizeOf(result["image/png"])).toEqual(await sizeOf(ours["image/png"]));
    }
  });
});

describe.each(nodes)("CommonJS, as tslab compiles cells, on %s", (_name, node) => {
  test("requires the library and its areas, and they are one", () => {
    const code = `
      const library = require("cellwright");
      const { confusionMatrix } = require("cellwright/plot");
      const svg = confusionMatrix([0, 1], [0, 1]).toSVG();
      console.log(JSON.stringify([library.plot.confusionMatrix === confusionMatrix, svg.startsWith("<svg ")]));`;
    const printed = execFileSync(node, ["--input-type=commonjs", "-e", code], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    expect(JSON.parse(printed)).toEqual([true, true]);
  });
});

test("older module resolution, which knows no exports, finds the types of the library and of every area", () => {
  const { main, types, typesVersions, exports } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  const [pattern] = typesVersions["*"]["*"] as [string];
  expect([main, types].filter((file) => !existsSync(`${root}${file}`))).toEqual([]);
  const areas = Object.keys(exports).filter((name) => String(exports[name]).startsWith("./dist/src/") && name !== ".");
  expect(areas.length).toBeGreaterThan(4);
  const files = areas.map((name) => pattern.replace("*", name.slice(2)));
  expect(files.filter((file) => !existsSync(`${root}${file}`))).toEqual([]);
});
