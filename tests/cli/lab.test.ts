import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { descendants, isAlive } from "../../kernel/lab/processes.ts";
import { builtCommand, cellwright, createHome, eventually, fixturesFolder, type Home } from "../support/command.ts";
import { askServer, jupyterPath, startLab } from "../support/lab-server.ts";
import { describeWith, onPath } from "../support/requirements.ts";

let home: Home;
let work: string;
beforeEach(() => {
  home = createHome();
  work = join(home.folder, "work");
  mkdirSync(work);
  copyFileSync(join(fixturesFolder, "hello.ipynb"), join(work, "hello.ipynb"));
});
afterEach(() => home.remove());
const call = (args: string[], environment: NodeJS.ProcessEnv = {}) =>
  cellwright(args, { environment: { ...home.environment, ...environment }, cwd: work });

function notebook(source: string): string {
  const cell = { cell_type: "code", id: "a", metadata: {}, execution_count: null, outputs: [], source };
  return JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [cell] });
}

describe("cellwright lab where the output is no terminal", () => {
  test.each([[["hello.ipynb"]], [["hello.ipynb", "--headless"]]])("%j runs the notebook", async (args) => {
    const before = readFileSync(join(work, "hello.ipynb"), "utf8");
    const { code, stdout, stderr } = await call(["lab", ...args]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.match(/^\[\d\/5\] .*$/gm)).toHaveLength(4);
    expect(stdout).toMatch(/^accuracy {2}98\.25 %$/m);
    const report = /^report {4}file:\/\/(.*)$/m.exec(stdout)?.[1];
    expect(readFileSync(report!, "utf8")).toContain("test accuracy 98.25 %");
    expect(readFileSync(join(work, "hello.ipynb"), "utf8")).toBe(before);
  });

  test("a cell that fails makes the exit code 1; its error is shown, and no accuracy", async () => {
    writeFileSync(join(work, "bad.ipynb"), notebook('console.log("accuracy 12 %");\nthrow new RangeError("too far")'));
    const { code, stdout } = await call(["lab", "bad.ipynb"]);
    expect(code).toBe(1);
    expect(stdout).toContain("RangeError: too far");
    expect(stdout).not.toMatch(/^accuracy/m);
  });

  test.each([
    ["no JSON at all", "{ nonsense"],
    ["another nbformat", '{"nbformat":3,"nbformat_minor":0,"metadata":{},"worksheets":[]}'],
    ["something else", '{"cells":"none"}'],
    ["nothing", ""],
  ])("a notebook that is %s is refused in one line, and nothing is written", async (_, content) => {
    writeFileSync(join(work, "bad.ipynb"), content);
    const { code, stdout, stderr } = await call(["lab", "bad.ipynb"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^cellwright: .*bad\.ipynb.* \[CW_NOTEBOOK_\w+\]\n$/);
    expect(readdirSync(work).sort()).toEqual(["bad.ipynb", "hello.ipynb"]);
  });

  test("a notebook that is not there", async () => {
    const { code, stderr } = await call(["lab", "--server", "nowhere.ipynb"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^cellwright: .*nowhere\.ipynb.* \[CW_NOTEBOOK_FILE\]\n$/);
  });

  test("--server without any Python says what to install", async () => {
    const { code, stderr } = await call(["lab", "--server"], { PATH: home.folder });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^cellwright: .*apt-get install.* \[CW_NO_PYTHON\]\n$/);
  });

  test("SIGINT ends the run, and the kernel with it", async () => {
    writeFileSync(join(work, "long.ipynb"), notebook("await new Promise((wake) => setTimeout(wake, 60_000))"));
    const child = spawn(process.execPath, [builtCommand(), "lab", "long.ipynb"], { env: home.environment, cwd: work });
    const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
    expect(await eventually(() => descendants(child.pid!).length >= 2, 15_000)).toBe(true);
    const tree = descendants(child.pid!);
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    expect(await eventually(() => !tree.some(isAlive), 2_000)).toBe(true);
  });
});

describe.runIf(process.platform === "linux" && onPath("script") !== undefined)("cellwright lab on a terminal", () => {
  const onTerminal = (args: string[], environment: NodeJS.ProcessEnv) => {
    const command = [process.execPath, builtCommand(), "lab", ...args].join(" ");
    return spawn(onPath("script")!, ["-qec", command, "/dev/null"], { env: environment, cwd: work });
  };

  test("without Python it says so and runs the notebook", async () => {
    const bin = join(home.folder, "bin"); // a PATH with a shell and nothing else
    mkdirSync(bin);
    const child = onTerminal(["hello.ipynb"], { ...home.environment, PATH: bin, SHELL: "/bin/sh" });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    expect(await new Promise((resolve) => child.on("exit", resolve))).toBe(0);
    expect(output).toContain("[CW_NO_PYTHON]");
    expect(output).toMatch(/accuracy {2}98\.25 %/);
  });
});

/** Every file below the folder, but for our own cache and for npm's (jupyter-lsp asks npm where it is). */
function filesOf(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files
    .map((file) => file.slice(folder.length + 1))
    .filter((file) => !/^(\.cache\/cellwright|\.npm)\//.test(file));
}

describeWith(["python"], "cellwright lab --server", () => {
  test("serves this machine with a token, our kernel first, and writes nothing into Jupyter's folders", async () => {
    const config = join(home.folder, ".jupyter");
    mkdirSync(config);
    // What a user may have there must neither open the server up nor take the token away.
    writeFileSync(
      join(config, "jupyter_server_config.py"),
      'c.ServerApp.ip = "0.0.0.0"\nc.IdentityProvider.token = ""\n',
    );
    const before = filesOf(home.folder);
    const lab = await startLab(home, ["hello.ipynb", "--no-browser"], work);
    try {
      expect(lab.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/lab\/tree\/hello\.ipynb\?token=[0-9a-f]{48}$/);
      expect((await fetch(new URL("api/contents", lab.url))).status).toBe(403);
      const listening = readFileSync("/proc/net/tcp", "utf8");
      const port = Number(new URL(lab.url).port).toString(16).toUpperCase().padStart(4, "0");
      expect(listening).toContain(`0100007F:${port} 00000000:0000 0A`);
      expect(listening).not.toContain(`00000000:${port} 00000000:0000 0A`);
      const specs = (await askServer(lab, "api/kernelspecs")) as {
        default: string;
        kernelspecs: Record<string, { spec: { language: string } }>;
      };
      expect(specs.default).toBe("cellwright");
      expect(specs.kernelspecs.cellwright?.spec.language).toBe("typescript");
      expect(Object.keys(specs.kernelspecs)).toContain("python3");
      const kernel = (await askServer(lab, "api/kernels", { method: "POST" })) as { name: string };
      expect(kernel.name).toBe("cellwright");
    } finally {
      expect(await lab.stop()).toBe(0);
    }
    expect(filesOf(home.folder)).toEqual(before);
  });

  test("SIGINT ends server and kernels, whichever language they speak", async () => {
    const lab = await startLab(home, [], work);
    for (const name of ["cellwright", "python3"]) {
      await askServer(lab, "api/kernels", { method: "POST", body: JSON.stringify({ name }) });
    }
    // The server, the two kernels, and the evaluator below ours.
    expect(await eventually(() => descendants(lab.process.pid!).length >= 4, 15_000)).toBe(true);
    const tree = descendants(lab.process.pid!);
    expect(await lab.stop()).toBe(0);
    expect(tree.filter(isAlive)).toEqual([]);
    expect(readdirSync(join(home.folder, "tmp"))).toEqual([]);
  });

  test("nothing is left when the command itself is killed", async () => {
    const lab = await startLab(home, [], work);
    await askServer(lab, "api/kernels", { method: "POST" });
    expect(await eventually(() => descendants(lab.process.pid!).length >= 3, 15_000)).toBe(true);
    const tree = descendants(lab.process.pid!);
    lab.process.kill("SIGKILL");
    expect(await eventually(() => !tree.some(isAlive), 15_000)).toBe(true);
  });

  test("Ctrl-C typed at a terminal ends it with 0", async () => {
    // "exec", since a shell that waits for the command would die of the same key press: dash does.
    const command = `exec ${process.execPath} ${builtCommand()} lab --no-browser`;
    const child = spawn("script", ["-qec", command, "/dev/null"], {
      env: { ...home.environment, PATH: jupyterPath() },
      cwd: work,
    });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    const ended = new Promise((resolve) => child.on("exit", resolve));
    expect(await eventually(() => /http:\/\/127\.0\.0\.1:\d+\/lab\?token=/.test(output), 60_000)).toBe(true);
    const tree = descendants(child.pid!);
    child.stdin.write("\x03");
    expect(await ended).toBe(0);
    expect(tree.filter(isAlive)).toEqual([]);
  });

  test("a port that is taken is an error with the server's own words", async () => {
    const lab = await startLab(home, [], work);
    const port = new URL(lab.url).port;
    const { code, stderr } = await call(["lab", "--server", "--port", port], { PATH: jupyterPath() });
    await lab.stop();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^cellwright: JupyterLab ended while starting/);
    expect(stderr).toContain("[CW_JUPYTER_FAILED]");
  });

  test("arguments after -- reach jupyter lab", async () => {
    const lab = await startLab(home, ["--", "--ServerApp.base_url=/below/"], work);
    expect(new URL(lab.address).pathname).toBe("/below/lab");
    await lab.stop();
  });
});
