import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { environmentFolder, findEnvironment, makeEnvironment } from "../../../kernel/lab/environment.ts";
import { findPython, type Python } from "../../../kernel/lab/python.ts";
import { createHome, type Home } from "../../support/command.ts";
import { describeWith } from "../../support/requirements.ts";

// A wheel is a ZIP archive with a few text files: made here, so that pip needs no index and no network.
const makeWheel = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    info = "greeter-1.0.dist-info/"
    wheel.writestr("greeter.py", "def main():\\n    print('hello from a wheel')\\n")
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: greeter\\nVersion: 1.0\\n")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "entry_points.txt", "[console_scripts]\\ngreet = greeter:main\\n")
    wheel.writestr(info + "RECORD", "greeter.py,,\\n" + info + "METADATA,,\\n" + info + "WHEEL,,\\n" + info + "entry_points.txt,,\\n")
`;

describeWith(["python"], "the private Python environment", () => {
  let home: Home;
  let python: Python;
  let requirement: string;

  beforeEach(async () => {
    home = createHome();
    vi.stubEnv("XDG_CACHE_HOME", join(home.folder, "cache"));
    vi.stubEnv("PIP_NO_INDEX", "1");
    python = (await findPython())!;
    requirement = join(home.folder, "greeter-1.0-py3-none-any.whl");
    execFileSync(python.executable, ["-c", makeWheel, requirement]);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    home.remove();
  });

  test("is made once, works where it ends up, and is found again", async () => {
    const environment = { name: "test", requirements: [requirement] };
    expect(await findEnvironment(environment)).toBeUndefined();
    const progress: string[] = [];
    const made = await makeEnvironment(environment, python, { onProgress: (text) => progress.push(text) });
    expect(made.startsWith(join(home.folder, "cache/cellwright/python/test-"))).toBe(true);
    expect(progress).toContain("installing 1 packages");
    expect(await findEnvironment(environment)).toBe(made);
    // The script's first line names the interpreter by its path: it must be the final one.
    const script = join(dirname(made), "greet");
    expect(execFileSync(script, { encoding: "utf8" })).toBe("hello from a wheel\n");
    expect(readFileSync(script, "utf8")).not.toContain(".making-");
    expect(readdirSync(dirname(environmentFolder(environment)))).toHaveLength(1);
  });

  test("other requirements are another environment", () => {
    const folders = [["a"], ["b"], ["a", "b"]].map((requirements) => environmentFolder({ name: "test", requirements }));
    expect(new Set(folders).size).toBe(3);
  });

  test("a half-made one does not count, is replaced, and what was abandoned is cleared away", async () => {
    const environment = { name: "test", requirements: [requirement] };
    const folder = environmentFolder(environment);
    mkdirSync(join(folder, "bin"), { recursive: true });
    writeFileSync(join(folder, "bin/python"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    const ended = spawnSync(process.execPath, ["-e", ""]).pid;
    mkdirSync(`${folder}.making-${ended}`);
    expect(await findEnvironment(environment)).toBeUndefined();
    const made = await makeEnvironment(environment, python);
    expect(await findEnvironment(environment)).toBe(made);
    expect(existsSync(`${folder}.making-${ended}`)).toBe(false);
  });

  test("one whose Python was upgraded does not count", async () => {
    const environment = { name: "test", requirements: [requirement] };
    await makeEnvironment(environment, python);
    writeFileSync(join(environmentFolder(environment), "complete.json"), '{"version":"3.2.1"}');
    expect(await findEnvironment(environment)).toBeUndefined();
  });

  test("when pip fails its own words are told, and nothing is left", async () => {
    const environment = { name: "test", requirements: ["there-is-no-such-package==1"] };
    await expect(makeEnvironment(environment, python)).rejects.toMatchObject({
      code: "CW_PYTHON_INSTALL",
      message: expect.stringContaining("there-is-no-such-package"),
    });
    expect(readdirSync(join(home.folder, "cache/cellwright/python"))).toEqual([]);
  });

  test("a Python without venv is an error that says what to install", async () => {
    const bare = join(home.folder, "bare-python");
    writeFileSync(bare, "#!/bin/sh\necho 'No module named venv' >&2\nexit 1\n", { mode: 0o755 });
    const environment = { name: "test", requirements: [requirement] };
    await expect(makeEnvironment(environment, { ...python, executable: bare })).rejects.toMatchObject({
      code: "CW_PYTHON_NO_VENV",
      message: expect.stringContaining("python3-venv"),
    });
  });
});
