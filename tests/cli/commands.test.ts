import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cellwright, createHome, type Home, projectFolder } from "../support/command.ts";

const commands = ["lab", "run", "worker", "queue", "kernel", "install", "uninstall", "backend", "doctor"];

describe("the command line", () => {
  let home: Home;
  beforeAll(() => {
    home = createHome();
  });
  afterAll(() => home.remove());
  const call = (...args: string[]) => cellwright(args, { environment: home.environment, cwd: home.folder });

  test("--version prints the version of package.json and nothing else", async () => {
    const { version } = JSON.parse(readFileSync(join(projectFolder, "package.json"), "utf8")) as { version: string };
    expect(await call("--version")).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  test("--help names every command", async () => {
    const { code, stdout } = await call("--help");
    expect(code).toBe(0);
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command} `, "m"));
    expect(stdout).toContain("Exit codes:");
  });

  test.each(commands)("%s --help has examples and exit codes", async (command) => {
    const { code, stdout, stderr } = await call(command, "--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`Usage: cellwright ${command}`);
    expect(stdout).toMatch(/^Examples:\n {2}cellwright /m);
    expect(stdout).toMatch(/^Exit codes:\n {2}0 /m);
    expect((await call("help", command)).stdout).toBe(stdout);
  });

  test("no command at all prints the help and fails", async () => {
    const { code, stdout, stderr } = await call();
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("Usage: cellwright");
  });

  test.each([
    [["walk"], "unknown command 'walk'"],
    [["--loud"], "unknown option '--loud'"],
    [["kernel", "--loud"], "unknown option '--loud'"],
    [["kernel"], "missing required argument 'connection-file'"],
    [["kernel", "a.json", "-f", "b.json"], "one connection file is enough"],
    [["install", "--user", "--sys-prefix"], "one of --user, --sys-prefix and --prefix"],
    [["install", "--prefix"], "argument missing"],
    [["install", "--prefix", ""], "a folder after --prefix"],
    [["install", "extra"], "too many arguments"],
    [["lab", "--port", "many"], "a port from 1 to 65535"],
    [["lab", "--port", "0"], "a port from 1 to 65535"],
    [["lab", "--headless", "--server"], "one of --headless and --server"],
    [["lab"], "name one, or add --server"],
    [["lab", "--headless"], "--headless runs a notebook: name one"],
    [["lab", "one.ipynb", "two.ipynb"], "expected one notebook, got 2"],
    [["worker", "--concurrency", "0"], "expected a whole number from 1 on"],
    [["worker"], "expected the address of a queue"],
    [["doctor", "--loud"], "unknown option '--loud'"],
  ])("%j is a wrong command line", async (args, message) => {
    const { code, stdout, stderr } = await call(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^cellwright: .* \[CW_USAGE\]\n$/);
    expect(stderr).toContain(message);
  });

  test("kernel refuses a connection file that is none, in one line", async () => {
    const { code, stderr } = await call("kernel", join(home.folder, "nothing.json"));
    expect(code).toBe(2);
    expect(stderr).toMatch(/^cellwright: .*nothing\.json.* \[CW_CONNECTION_FILE\]\n$/);
  });
});
