/**
 * The preparation of a fresh clone, on a small project with the real scripts: its only dependency is a link to this
 * project's compiler, so that `npm ci` really runs and needs no network.
 */
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createHome, type Home, projectFolder } from "../support/command.ts";

let home: Home;
let project: string;
const at = (...names: string[]) => join(project, ...names);

beforeEach(() => {
  home = createHome({ npm_config_offline: "true" });
  project = join(home.folder, "project");
  mkdirSync(at("src"), { recursive: true });
  cpSync(join(projectFolder, "scripts"), at("scripts"), { recursive: true });
  const compiler = join(projectFolder, "node_modules/typescript/bin/tsc");
  mkdirSync(at("compiler/bin"), { recursive: true });
  writeFileSync(at("compiler/package.json"), '{ "name": "typescript", "version": "1.0.0", "type": "module" }');
  writeFileSync(at("compiler/bin/tsc"), `import ${JSON.stringify(compiler)};\n`);
  const own = { name: "small", version: "1.0.0", type: "module", dependencies: { typescript: "file:compiler" } };
  const linked = { resolved: "compiler", link: true };
  const packages = { "": own, compiler: { name: "typescript", version: "1.0.0" }, "node_modules/typescript": linked };
  const lock = { name: "small", version: "1.0.0", lockfileVersion: 3, requires: true, packages };
  writeFileSync(at("package.json"), JSON.stringify(own));
  writeFileSync(at("package-lock.json"), JSON.stringify(lock));
  const compilerOptions = {
    module: "nodenext",
    target: "es2022",
    outDir: "dist",
    rootDir: ".",
    strict: true,
    types: [],
  };
  writeFileSync(at("tsconfig.json"), JSON.stringify({ compilerOptions, include: ["src"] }));
  writeFileSync(at("tsconfig.build.json"), '{ "extends": "./tsconfig.json" }');
  writeFileSync(at("src/one.ts"), "export const one: number = 1;\n");
  writeFileSync(at("src/two.ts"), "export const two: number = 2;\n");
  writeFileSync(at("src/note.txt"), "not compiled, copied\n");
});
afterEach(() => home.remove());

function prepare() {
  const { status, stdout, stderr } = spawnSync(process.execPath, [at("scripts/prepare.mjs")], {
    env: home.environment,
    encoding: "utf8",
  });
  return { code: status, stdout, stderr };
}

const silent = { code: 0, stdout: "", stderr: "" };

test("installs and builds a fresh clone, a line for each, and is silent from then on", () => {
  const { code, stdout, stderr } = prepare();
  expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  expect(stderr).toMatch(/^cellwright: installing .* done in .*\ncellwright: building … done in .*\n$/);
  expect(readFileSync(at("dist/src/one.js"), "utf8")).toContain("export const one = 1;");
  expect(readFileSync(at("dist/src/note.txt"), "utf8")).toBe("not compiled, copied\n");
  expect(prepare()).toEqual(silent);
  expect(readdirSync(project).filter((name) => name.startsWith(".cellwright"))).toEqual([]);
});

test("builds again when a source changes, and drops what has no source any more", () => {
  prepare();
  writeFileSync(at("src/one.ts"), "export const one: number = 11;\n");
  rmSync(at("src/two.ts"));
  expect(prepare().stderr).toMatch(/^cellwright: building … done in .*\n$/);
  expect(readFileSync(at("dist/src/one.js"), "utf8")).toContain("11");
  expect(existsSync(at("dist/src/two.js"))).toBe(false);
  expect(prepare()).toEqual(silent);
});

test("a time stamp alone changes nothing", () => {
  prepare();
  writeFileSync(at("src/one.ts"), readFileSync(at("src/one.ts"), "utf8"));
  expect(prepare()).toEqual(silent);
});

test("sources that do not compile are an error, and the last good build stays", () => {
  prepare();
  writeFileSync(at("src/one.ts"), 'export const one: number = "one";\n');
  const { code, stderr } = prepare();
  expect(code).toBe(1);
  expect(stderr).toContain("src/one.ts(1,14): error TS2322");
  expect(stderr.trim().split("\n").at(-1)).toMatch(/\[CW_PREPARE_FAILED\]$/);
  expect(readFileSync(at("dist/src/one.js"), "utf8")).toContain("one = 1;");
  writeFileSync(at("src/one.ts"), "export const one: number = 1;\n");
  expect(prepare()).toEqual(silent);
});

test("what an interrupted run has left does not count, and is cleared away", () => {
  prepare();
  rmSync(at("dist/.cellwright-built"));
  mkdirSync(at(".cellwright-build-1"));
  const ended = spawnSync(process.execPath, ["-e", ""]).pid;
  writeFileSync(at(".cellwright-prepare.lock"), String(ended));
  expect(prepare().stderr).toMatch(/^cellwright: building … done/);
  expect(readdirSync(project).filter((name) => name.startsWith(".cellwright"))).toEqual([]);
  rmSync(at("node_modules/.package-lock.json"));
  expect(prepare().stderr).toMatch(/^cellwright: installing .* done/);
});

test("a lock file that asks for something else is installed anew", () => {
  prepare();
  const lock = readFileSync(at("package-lock.json"), "utf8");
  writeFileSync(at("package-lock.json"), `${lock}\n`); // another text, the same packages: what is installed matches
  expect(prepare().stderr).toMatch(/^cellwright: building … done in .*\n$/);
  const installed = JSON.parse(readFileSync(at("node_modules/.package-lock.json"), "utf8"));
  delete installed.packages["node_modules/typescript"];
  writeFileSync(at("node_modules/.package-lock.json"), JSON.stringify(installed));
  expect(prepare().stderr).toMatch(/^cellwright: installing .* done/);
  expect(existsSync(at("node_modules/typescript/package.json"))).toBe(true);
});

test("two at once: one works, the other waits, both end well", async () => {
  const run = () =>
    new Promise<{ code: number | null; stderr: string }>((resolve) => {
      const child = spawn(process.execPath, [at("scripts/prepare.mjs")], { env: home.environment });
      let stderr = "";
      child.stderr.on("data", (chunk) => {
        stderr += chunk;
      });
      child.on("close", (code) => resolve({ code, stderr }));
    });
  const both = await Promise.all([run(), run()]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(both.filter(({ stderr }) => stderr.includes("building"))).toHaveLength(1);
  expect(prepare()).toEqual(silent);
});

test("an old Node reads one clear line", () => {
  const pretend = "Object.defineProperty(process.versions, 'node', { value: '18.20.4' })";
  writeFileSync(at("pretend.cjs"), pretend);
  const { status, stderr } = spawnSync(process.execPath, ["-r", at("pretend.cjs"), at("scripts/cellwright.mjs")], {
    env: home.environment,
    encoding: "utf8",
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^cellwright: Node 20\.19 or newer is needed, this is 18\.20\.4\. .*\[CW_NODE_TOO_OLD\]\n$/);
  expect(existsSync(at("node_modules"))).toBe(false);
});
