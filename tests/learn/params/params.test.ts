import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digits } from "cellwright/data";
import {
  type DataParams,
  learnDataParams,
  loadParams,
  paramsJsonSchema,
  paramsKinds,
  parseParams,
  presets,
  saveParams,
} from "cellwright/learn";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "cellwright-params-"));
afterAll(() => rmSync(folder, { recursive: true }));

let params: DataParams;
beforeAll(async () => {
  ({ params } = await learnDataParams(await digits()));
});

const file = (name: string, value: unknown) => {
  const path = join(folder, name);
  writeFileSync(path, typeof value === "string" ? value : JSON.stringify(value));
  return path;
};

describe("files", () => {
  test("bring back what was saved, of every kind, and leave nothing else behind", async () => {
    const path = join(folder, "new", "data.json");
    await saveParams(params, path);
    expect(await loadParams(path)).toEqual(params);
    expect(readdirSync(join(folder, "new"))).toEqual(["data.json"]);
    await saveParams(presets.none(), path);
    expect(await loadParams(path, "RegularizationParams")).toEqual(presets.none());
  });

  test("can be edited by a person", async () => {
    const path = join(folder, "edited.json");
    await saveParams(params, path);
    writeFileSync(path, readFileSync(path, "utf8").replace('"task": "multiClass"', '"task": "multiLabel"'));
    expect((await loadParams(path, "DataParams")).task).toBe("multiLabel");
  });

  test("are not written where the params do not fit", async () => {
    const path = join(folder, "never.json");
    await expect(saveParams({ ...params, numClasses: 0 }, path)).rejects.toMatchObject({ code: "CW_PARAMS" });
    expect(readdirSync(folder)).not.toContain("never.json");
  });

  test.each([
    [
      "another kind",
      () => ({ ...params, kind: "OptimizationParams" }),
      "CW_PARAMS",
      /kind must be "DataParams"; got "OptimizationParams"/,
    ],
    ["no kind", () => [], "CW_PARAMS", /kind must be "DataParams"; got/],
    ["a later version", () => ({ ...params, version: 99 }), "CW_PARAMS_VERSION", /version 99.*reads up to 2/],
    ["no version", () => ({ ...params, version: undefined }), "CW_PARAMS", /version must be 2; got nothing/],
    ["a misspelt field", () => ({ ...params, numclasses: 3 }), "CW_PARAMS", /unknown field "numclasses"/],
    [
      "a missing field",
      () => ({ ...params, numClasses: undefined }),
      "CW_PARAMS",
      /numClasses must be of type number; got nothing/,
    ],
    [
      "a wrong type",
      () => ({ ...params, imageShape: [8, "8", 1] }),
      "CW_PARAMS",
      /imageShape\[1\] must be .*; got "8"/,
    ],
    ["a value out of range", () => ({ ...params, numClasses: 0 }), "CW_PARAMS", /numClasses must be at least 1; got 0/],
    [
      "an unknown choice",
      () => ({ ...params, task: "cat" }),
      "CW_PARAMS",
      /task must be "binary" or .*"segmentation"; got "cat"/,
    ],
    ["text", () => "not JSON", "CW_PARAMS", /is not JSON/],
  ])("say what is wrong with %s, in one line", async (_, make, code, message) => {
    const path = file("wrong.json", make());
    const failed = loadParams(path, "DataParams");
    await expect(failed).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    await expect(failed).rejects.toMatchObject({ message: expect.stringContaining("wrong.json") });
    await failed.catch((error: Error) => expect(error.message).not.toContain("\n"));
  });

  test("that are not there are named", async () => {
    await expect(loadParams(join(folder, "none.json"))).rejects.toMatchObject({ code: "CW_PARAMS_MISSING" });
  });
});

describe("an older version", () => {
  test("of DataParams is brought to the present one; its file stays", async () => {
    const older = {
      ...params,
      version: 1,
      task: "detection",
      imageRange: "unit",
      boundingBoxFormat: "cxcywh-normalized",
    };
    const path = file("older.json", older);
    const read = await loadParams(path, "DataParams");
    expect(read).toMatchObject({
      version: 2,
      imageRange: [0, 1],
      boundingBoxFormat: { order: "cxcywh", normalized: true },
    });
    expect(JSON.parse(readFileSync(path, "utf8")).version).toBe(1);
    // What comes of it is as good as new.
    await saveParams(read, path);
    expect(await loadParams(path)).toEqual(read);
  });

  test("is still checked", () => {
    expect(() => parseParams({ ...params, version: 1, imageRange: "octets" })).toThrow(
      /imageRange must be .*; got "octets"/,
    );
  });
});

describe("JSON Schema", () => {
  test.each(paramsKinds)("of %s knows its kind and requires its fields", (kind) => {
    const schema = paramsJsonSchema(kind) as {
      properties: Record<string, { const?: unknown }>;
      required: string[];
      additionalProperties: boolean;
    };
    expect(schema.properties.kind!.const).toBe(kind);
    expect(schema.required).toEqual(expect.arrayContaining(["kind", "version", "reasons"]));
    expect(schema.additionalProperties).toBe(false);
  });

  test("refuses an unknown kind", () => {
    expect(() => paramsJsonSchema("Nothing" as never)).toThrow(/kind must be one of DataParams, /);
  });
});
