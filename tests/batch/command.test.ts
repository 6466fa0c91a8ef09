import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { codeCell, readNotebook } from "cellwright/batch";
import { afterAll, describe, expect, test } from "vitest";
import { isRunning } from "../support/command.ts";
import { makeFolder, writeCells } from "./kernels.ts";

const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true }));
const main = fileURLToPath(new URL("../../dist/kernel/cli/main.js", import.meta.url));

interface Ending {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command as built; `onError` sees what it has said on stderr so far and may send a signal. */
function cellwright(
  words: readonly string[],
  {
    input = "",
    onError,
  }: { input?: string; onError?: (stderr: string, kill: (name: NodeJS.Signals) => void) => void } = {},
  command = "run",
): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, command, ...words], {
      cwd: folder,
      env: { ...process.env, TMPDIR: folder },
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (data) => (stdout += data));
    child.stderr.on("data", (data) => {
      stderr += data;
      onError?.(stderr, (name) => child.kill(name));
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(input);
  });
}

describe("cellwright run", () => {
  test("prints progress on stderr, the paths on stdout", async () => {
    writeCells(join(folder, "good.ipynb"), ["1 + 1", "console.log('done')"]);
    const { code, stdout, stderr } = await cellwright(["good.ipynb", "out/good.ipynb", "--html", "out/good.html"]);
    expect(code).toBe(0);
    expect(stdout).toBe("out/good.ipynb\nout/good.html\n");
    expect(stderr).toMatch(/^\[1\/2\] +[\d.]+ s {2}1 \+ 1 {2}→ 2\n\[2\/2\] .* → done\n$/);
    expect(readFileSync(join(folder, "out/good.html"), "utf8")).toMatch(/^<!doctype html>/);
  });

  test("a failing cell: exit code 1, the error once, the notebook saved", async () => {
    writeCells(join(folder, "bad.ipynb"), ["throw new Error('the reason')", "2"]);
    const { code, stdout, stderr } = await cellwright(["bad.ipynb", "--no-progress-bar"]);
    expect(code).toBe(1);
    expect(stdout).toBe("bad-run.ipynb\n");
    expect(stderr).toBe("cellwright: the run stopped at cell [1]: Error: the reason [CW_CELL_FAILED]\n");
    expect(readNotebook(join(folder, "bad-run.ipynb")).cells).toHaveLength(4);
  });

  test("as a filter, stdout is the notebook and nothing else", async () => {
    // more than a pipe holds, so that it is full for a while
    const cells = ["2 * 21", "console.log('x'.repeat(3_000_000))"];
    const input = readFileSync(writeCells(join(folder, "filter.ipynb"), cells), "utf8");
    const { code, stdout } = await cellwright(["-", "-"], { input });
    expect(code).toBe(0);
    const [first, second] = JSON.parse(stdout).cells;
    expect(first.outputs[0].data["text/plain"]).toEqual(["42"]);
    expect(second.outputs[0].text.join("")).toHaveLength(3_000_001);
  });

  test.each([
    ["a missing file", ["missing.ipynb"], /missing\.ipynb: there is no such file \[CW_NOTEBOOK_FILE\]/],
    ["a folder", ["."], /that is a folder.* \[CW_NOTEBOOK_FILE\]/],
    ["format 3", ["old.ipynb"], /expected notebook format 4, got 3.* \[CW_NOTEBOOK_VERSION\]/],
    ["an output that cannot be made", ["good2.ipynb", "old.ipynb/x.ipynb"], /\[CW_OUTPUT_FILE\]/],
    ["an output where no folder can be made", ["good2.ipynb", "/proc/x/y.ipynb"], /\[CW_OUTPUT_FILE\]/],
    ["an unknown kernel", ["good2.ipynb", "-k", "none-such"], /got "none-such"; known: .* \[CW_KERNEL_NAME\]/],
    ["a time that is no number", ["good2.ipynb", "--execution-timeout", "soon"], /\[CW_USAGE\]/],
    ["a time of 0", ["good2.ipynb", "--start-timeout", "0"], /\[CW_USAGE\]/],
    ["no notebook", [], /\[CW_USAGE\]/],
    ["an unknown option", ["good2.ipynb", "--what"], /\[CW_USAGE\]/],
  ])("%s: exit code 2, one line, nothing written", async (_, words, message) => {
    writeFileSync(join(folder, "old.ipynb"), JSON.stringify({ nbformat: 3, worksheets: [] }));
    writeCells(join(folder, "good2.ipynb"), ["1"]);
    const before = readdirSync(folder);
    const { code, stdout, stderr } = await cellwright(words);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^cellwright: [^\n]*\n$/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(readdirSync(folder)).toEqual(before);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s saves and ends with %d, and no kernel or folder is left", async (name, expected) => {
    writeCells(join(folder, "long.ipynb"), ["process.pid", "for (;;) {}", "3"]);
    const { code, stderr } = await cellwright(["long.ipynb", `${name}.ipynb`], {
      onError: (said, kill) => said.includes("[1/3]") && !said.includes("[2/3]") && kill(name),
    });
    expect(code).toBe(expected);
    expect(stderr).toContain("[CW_INTERRUPTED]");
    const saved = readNotebook(join(folder, `${name}.ipynb`));
    expect(saved.cells.map(({ metadata }) => (metadata.papermill as { status: string } | undefined)?.status)).toContain(
      "pending",
    );
    expect(readdirSync(folder).filter((each) => each.startsWith("cellwright-kernel-"))).toEqual([]);
    const outputs = saved.cells.flatMap((cell) => (cell.cell_type === "code" ? cell.outputs : []));
    const pid = outputs[0]!.output_type === "execute_result" ? Number(outputs[0]!.data["text/plain"]) : Number.NaN;
    expect(pid).toBeGreaterThan(0);
    expect(isRunning(pid)).toBe(false);
  });

  test("a kernel that dies, or does not start: exit code 138", async () => {
    writeCells(join(folder, "dies.ipynb"), ["process.kill(process.ppid, 'SIGKILL'); await new Promise(() => {})"]);
    const died = await cellwright(["dies.ipynb"]);
    expect(died.code).toBe(138);
    expect(died.stderr).toContain("[CW_KERNEL_DIED]");
    mkdirSync(join(folder, "kernels/broken"), { recursive: true });
    const spec = { argv: [process.execPath, "-e", "process.exit(4)"], display_name: "b", language: "x" };
    writeFileSync(join(folder, "kernels/broken/kernel.json"), JSON.stringify(spec));
    process.env.JUPYTER_PATH = folder;
    const broken = await cellwright(["dies.ipynb", "broken.ipynb", "-k", "broken"]);
    expect(broken.code).toBe(138);
    expect(broken.stderr).toContain("exit code 4");
    expect(existsSync(join(folder, "broken.ipynb"))).toBe(false);
  });

  test("--help names every option, examples and exit codes", async () => {
    const { code, stdout } = await cellwright(["--help"]);
    expect(code).toBe(0);
    for (const word of ["--html", "--kernel", "--cwd", "--execution-timeout", "--start-timeout", "--no-progress-bar"]) {
      expect(stdout).toContain(word);
    }
    for (const word of ["Examples:", "Exit codes:", "130", "138"]) expect(stdout).toContain(word);
  });
});

describe("the options beyond one plain run", () => {
  const tagged = { tags: ["parameters"] };
  writeCells(join(folder, "params.ipynb"), [
    codeCell("let lr: number = 0.1; // learning rate\nlet name = 'a';", tagged),
    "report('product', lr * 2); console.log(name); console.error('warned')",
  ]);

  test("-p, -r, -f, -y, -b; stdout and stderr in files; a path with parameters", async () => {
    writeFileSync(join(folder, "p.yaml"), "lr: 1\nname: file\n");
    const base64 = Buffer.from("lr: 5").toString("base64");
    const words = [
      "params.ipynb",
      "o/{lr}-{name}.ipynb",
      "-b",
      base64,
      "-f",
      "p.yaml",
      "-y",
      "{lr: 2}",
      "-p",
      "lr",
      "-3",
    ];
    const files = ["--stdout-file", "out.txt", "--stderr-file", "err.txt", "--no-progress-bar"];
    const ending = await cellwright([...words, "--parameters_raw", "name", "07", ...files]);
    expect(ending).toMatchObject({ code: 0, stdout: "o/-3-07.ipynb\n", stderr: "" });
    expect(readFileSync(join(folder, "out.txt"), "utf8")).toBe("07\n");
    expect(readFileSync(join(folder, "err.txt"), "utf8")).toBe("warned\n");
    expect(readNotebook(join(folder, "o/-3-07.ipynb")).metadata.papermill).toMatchObject({
      parameters: { lr: -3, name: "07" },
    });
  });

  test("--help-notebook; --strict; --log-output; a wrong -p", async () => {
    const help = await cellwright(["params.ipynb", "--help-notebook"]);
    expect(help.code).toBe(0);
    expect(help.stdout).toContain("  lr: number (default 0.1)        learning rate\n");
    const strict = await cellwright(["params.ipynb", "strict.ipynb", "--strict", "-p", "lr", "fast"]);
    expect(strict).toMatchObject({ code: 2, stderr: expect.stringContaining("[CW_STRICT_PARAMETERS]") });
    expect(existsSync(join(folder, "strict.ipynb"))).toBe(false);
    const log = await cellwright(["params.ipynb", "log.ipynb", "--log-output"]);
    expect(log.stderr).toContain("executing cell 2 of 2\nproduct: 0.2\na\nwarned\nending cell 2: completed\n");
    expect((await cellwright(["params.ipynb", "-p", "lr"])).stderr).toContain("[CW_USAGE]");
  });

  test("--grid with --jobs, twice; cellwright verify", async () => {
    const words = ["params.ipynb", "grid", "--grid", "lr=0.5,1", "--jobs", "2"];
    const first = await cellwright(words);
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(
      /^ *lr +product +time +status\n.*\n0\.5 +1 .*completed\n +1 +2 .*completed\ngrid\/summary\.json\n$/,
    );
    const second = await cellwright(words);
    expect(second.stdout.match(/cached/g)).toHaveLength(2);
    const verified = await cellwright([join("grid", "params-lr=1.ipynb")], {}, "verify");
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining("the same: 3 cells") });
  });

  test("--log-level; -l names the language of the parameters", async () => {
    const words = [
      "params.ipynb",
      "level.ipynb",
      "-p",
      "other",
      "1",
      "--log-output",
      "-l",
      "javascript",
      "--no-report-mode",
    ];
    const warnings = await cellwright([...words, "--log-level", "WARNING"]);
    expect(warnings.stderr).toBe("warning: passed unknown parameter: other\nwarned\n");
    const injected = readNotebook(join(folder, "level.ipynb")).cells[1]!;
    expect(injected.source).toContain("other = 1");
    expect((await cellwright([...words, "--log-level", "ERROR"])).stderr).toBe("");
    expect((await cellwright(["params.ipynb", "--log-level", "LOUD"])).stderr).toMatch(/expected NOTSET.*\[CW_USAGE\]/);
    expect((await cellwright(["params.ipynb", "-l", "cobol"])).stderr).toContain("[CW_USAGE]");
  });

  test("--grid: each point with its own report, its own files, its own lines of the log", async () => {
    const words = ["params.ipynb", "each/{lr}.ipynb", "--grid", "lr=1,2", "--html", "each/{lr}.html"];
    const ending = await cellwright([
      ...words,
      "--stdout-file",
      "each/{lr}.txt",
      "--log-output",
      "--log-level",
      "warning",
    ]);
    expect(ending.code).toBe(0);
    expect(ending.stderr).toMatch(/^lr=1: warned$/m);
    expect(readdirSync(join(folder, "each")).sort()).toEqual([
      ...["1.html", "1.ipynb", "1.txt", "2.html", "2.ipynb", "2.txt", "summary.json"],
    ]);
    expect(readFileSync(join(folder, "each/2.txt"), "utf8")).toBe("a\n");
    const same = await cellwright(["params.ipynb", "other", "--grid", "lr=1,2", "--html", "one.html"]);
    expect(same).toMatchObject({ code: 2, stderr: expect.stringContaining("[CW_GRID_OUTPUT]") });
    expect(existsSync(join(folder, "other"))).toBe(false);
  });

  test("--autosave-cell-every: what a long cell has printed is in the file while it runs", async () => {
    writeCells(join(folder, "autosave.ipynb"), ["1", "console.log('so far'); await new Promise(() => {})"]);
    const path = join(folder, "autosave-run.ipynb");
    let kill: ((name: NodeJS.Signals) => void) | undefined;
    const running = cellwright(["autosave.ipynb", "--autosave-cell-every", "0.1"], {
      onError: (_, signal) => {
        kill = signal;
      },
    });
    const printed = () => existsSync(path) && JSON.stringify(readNotebook(path).cells[1]).includes("so far\\n");
    await expect.poll(printed, { timeout: 30_000 }).toBe(true);
    const state = readNotebook(path).cells[1]!.metadata.papermill;
    kill!("SIGINT");
    expect(state).toMatchObject({ status: "running", end_time: null });
    expect((await running).code).toBe(130);
  });

  test("--secret asks on a terminal, shows nothing of the answer, and writes it nowhere", async () => {
    const code = "console.log(TOKEN.length, TOKEN); [...TOKEN].reverse().join('') === '!2retnuh' ? 'right' : 'wrong'";
    writeCells(join(folder, "secret.ipynb"), [codeCell("let TOKEN = '';", tagged), code]);
    // util-linux's script gives the command a terminal
    const line = [process.execPath, main, "run", "secret.ipynb", "--secret", "TOKEN", "--html", "secret.html"].join(
      " ",
    );
    const child = spawn("script", ["-qefc", line, "/dev/null"], {
      cwd: folder,
      env: { ...process.env, TMPDIR: folder },
    });
    let shown = "";
    child.stdout.on("data", (data) => {
      if (!shown.includes("TOKEN: ") && `${shown}${data}`.includes("TOKEN: ")) child.stdin.write("hunter2!\r");
      shown += data;
    });
    expect(await new Promise((resolve) => child.once("close", resolve))).toBe(0);
    expect(shown).toContain("TOKEN: ");
    const saved = readFileSync(join(folder, "secret-run.ipynb"), "utf8");
    expect(saved).toContain("8 [secret TOKEN]");
    expect(saved).toContain("'right'");
    for (const text of [shown, saved, readFileSync(join(folder, "secret.html"), "utf8")])
      expect(text).not.toContain("hunter2");
  });
});
