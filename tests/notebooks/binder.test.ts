// binder/ as far as it can be checked without a container: files that repo2docker takes, that parse, and that name what exists.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { fixturesFolder, projectFolder } from "../support/command.ts";

const binder = join(projectFolder, "binder");
const read = (name: string) => readFileSync(join(binder, name), "utf8");

describe("environment.yml", () => {
  const { channels, dependencies } = parse(read("environment.yml")) as { channels: string[]; dependencies: string[] };
  const names = dependencies.map((entry) => /^[a-z]+/.exec(entry)![0]);

  test("has Node, Python, JupyterLab and anywidget, from conda-forge alone", () => {
    expect(channels).toEqual(["conda-forge"]);
    expect(names.sort()).toEqual(["anywidget", "jupyterlab", "nodejs", "python"]);
  });

  test("asks for a Node and for versions that the package and its tests use", () => {
    const { engines } = JSON.parse(readFileSync(join(projectFolder, "package.json"), "utf8"));
    const node = Number(/nodejs>=(\d+)/.exec(dependencies.join(" "))![1]);
    expect(node).toBeGreaterThanOrEqual(Number.parseInt(engines.node.slice(2), 10));
    const { requirements } = JSON.parse(readFileSync(join(projectFolder, "tests/support/python.json"), "utf8"));
    for (const entry of dependencies.filter((name) => /^(?:jupyterlab|anywidget)/.test(name))) {
      expect(requirements).toContain(entry);
    }
  });
});

describe("postBuild", () => {
  const script = read("postBuild");

  test("is an executable program of bash that stops at its first failure", () => {
    expect(script.startsWith("#!/usr/bin/env bash\n")).toBe(true);
    expect(script).toContain("\nset -euo pipefail\n");
    expect(statSync(join(binder, "postBuild")).mode & 0o111).not.toBe(0);
    for (const path of [join(binder, "postBuild"), join(projectFolder, "scripts/try-binder.sh")]) {
      expect(spawnSync("bash", ["-n", path], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
    }
  });

  test("builds, registers the kernel, and runs a notebook that is there", () => {
    const { scripts, bin } = JSON.parse(readFileSync(join(projectFolder, "package.json"), "utf8"));
    const lines = script.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    const place = (part: string) => lines.findIndex((line) => line.includes(part));
    for (const [, name] of script.matchAll(/npm run (\w+)/g)) expect(scripts).toHaveProperty(name!);
    expect([...script.matchAll(/node (\S+\.js)/g)].map(([, path]) => `./${path}`)).toContain(bin.cellwright);
    expect(place("npm ci")).toBeLessThan(place("npm run build"));
    expect(place("npm run build")).toBeLessThan(place("install --sys-prefix"));
    expect(place("install --sys-prefix")).toBeLessThan(place(" run tests/fixtures/"));
    const [, fixture] = /run tests\/fixtures\/(\S+)/.exec(script)!;
    expect(existsSync(join(fixturesFolder, fixture!))).toBe(true);
  });
});

test("nothing that repo2docker would take in the place of these two", () => {
  expect(readdirSync(binder).sort()).toEqual(["environment.yml", "postBuild"]);
});
