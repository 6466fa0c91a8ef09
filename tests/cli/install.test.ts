import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cellwright, createHome, type Home } from "../support/command.ts";
import { describeWith, pythonWith } from "../support/requirements.ts";

let home: Home;
beforeEach(() => {
  home = createHome();
});
afterEach(() => home.remove());
const call = (args: string[], environment: NodeJS.ProcessEnv = {}) =>
  cellwright(args, { environment: { ...home.environment, ...environment }, cwd: home.folder });
const readSpec = (folder: string) => JSON.parse(readFileSync(join(folder, "kernel.json"), "utf8"));

describe("cellwright install", () => {
  test("writes a whole kernelspec for the user, with absolute paths", async () => {
    const folder = join(home.folder, ".local/share/jupyter/kernels/cellwright");
    const { code, stdout } = await call(["install"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `installed the kernel cellwright in ${folder}\n` });
    const { argv, ...rest } = readSpec(folder);
    expect(rest).toMatchObject({
      display_name: "Cellwright (TypeScript)",
      language: "typescript",
      interrupt_mode: "message",
      metadata: { debugger: true },
    });
    expect(argv[0]).toBe(process.execPath);
    expect(argv[1]).toMatch(/^\/.*dist\/kernel\/supervisor\/main\.js$/);
    expect(existsSync(argv[1])).toBe(true);
    expect(argv[2]).toBe("{connection_file}");
    for (const size of [32, 64]) {
      const { width, height, format } = await sharp(join(folder, `logo-${size}x${size}.png`)).metadata();
      expect({ width, height, format }).toEqual({ width: size, height: size, format: "png" });
    }
    expect(readFileSync(join(folder, "logo-svg.svg"), "utf8")).toContain("<svg");
    expect(readdirSync(join(folder, ".."))).toEqual(["cellwright"]);
  });

  test("--prefix, --name and --display-name", async () => {
    await call(["install", "--prefix", "env", "--name", "cellwright-dev", "--display-name", "Dev"]);
    const folder = join(home.folder, "env/share/jupyter/kernels/cellwright-dev");
    expect(readSpec(folder).display_name).toBe("Dev");
  });

  test.each(["VIRTUAL_ENV", "CONDA_PREFIX"])("--sys-prefix is the environment in %s", async (variable) => {
    const prefix = join(home.folder, "activated");
    expect((await call(["install", "--sys-prefix"], { [variable]: prefix })).code).toBe(0);
    expect(existsSync(join(prefix, "share/jupyter/kernels/cellwright/kernel.json"))).toBe(true);
  });

  test("--sys-prefix without any Python says so", async () => {
    const { code, stderr } = await call(["install", "--sys-prefix"], { PATH: home.folder });
    expect(code).toBe(1);
    expect(stderr).toContain("[CW_NO_PYTHON]");
  });

  test("JUPYTER_DATA_DIR and XDG_DATA_HOME are honoured", async () => {
    await call(["install"], { XDG_DATA_HOME: join(home.folder, "xdg") });
    await call(["install"], { JUPYTER_DATA_DIR: join(home.folder, "data") });
    expect(existsSync(join(home.folder, "xdg/jupyter/kernels/cellwright/kernel.json"))).toBe(true);
    expect(existsSync(join(home.folder, "data/kernels/cellwright/kernel.json"))).toBe(true);
  });

  test("an older one of ours is replaced as a whole", async () => {
    await call(["install", "--prefix", "env"]);
    const folder = join(home.folder, "env/share/jupyter/kernels/cellwright");
    writeFileSync(join(folder, "stale.txt"), "");
    expect((await call(["install", "--prefix", "env"])).code).toBe(0);
    expect(existsSync(join(folder, "stale.txt"))).toBe(false);
    expect(readdirSync(join(folder, ".."))).toEqual(["cellwright"]);
  });

  test("the kernel of somebody else is neither replaced nor removed", async () => {
    const folder = join(home.folder, "env/share/jupyter/kernels/python3");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "kernel.json"), '{"argv":["python"],"language":"python","display_name":"Python"}');
    for (const command of ["install", "uninstall"]) {
      const { code, stderr } = await call([command, "--prefix", "env", "--name", "python3"]);
      expect(code).toBe(1);
      expect(stderr).toContain("[CW_KERNELSPEC_FOREIGN]");
    }
    expect(readSpec(folder).display_name).toBe("Python");
  });

  test.each(["Capital", "a b", "../up", "..", "", "a/b"])("the name %j is refused", async (name) => {
    const { code, stderr } = await call(["install", "--prefix", "env", "--name", name]);
    expect(code).toBe(1);
    expect(stderr).toContain("[CW_KERNELSPEC_NAME]");
    expect(existsSync(join(home.folder, "env"))).toBe(false);
  });

  test.each(["/proc/nowhere", "file"])("below %s, where nothing can be written", async (prefix) => {
    writeFileSync(join(home.folder, "file"), "");
    const { code, stderr } = await call(["install", "--prefix", prefix]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^cellwright: .*\[CW_NOT_WRITABLE\]\n$/);
  });
});

describe("cellwright uninstall", () => {
  test("removes what install wrote and leaves its neighbours", async () => {
    await call(["install", "--prefix", "env"]);
    await call(["install", "--prefix", "env", "--name", "other"]);
    expect((await call(["uninstall", "--prefix", "env"])).code).toBe(0);
    expect(readdirSync(join(home.folder, "env/share/jupyter/kernels"))).toEqual(["other"]);
  });

  test("what is not there cannot be removed", async () => {
    const { code, stderr } = await call(["uninstall"]);
    expect(code).toBe(1);
    expect(stderr).toContain("[CW_NOT_INSTALLED]");
  });
});

describeWith(["python"], "the installed kernel", () => {
  test("is found and started by jupyter_client", async () => {
    await call(["install", "--prefix", "env"]);
    const script = `
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name="cellwright")
print(client.execute_interactive("console.log(6 * 7)", timeout=30)["content"]["status"])
client.stop_channels()
manager.shutdown_kernel()
`;
    const environment = { ...home.environment, JUPYTER_PATH: join(home.folder, "env/share/jupyter") };
    expect(execFileSync(pythonWith()!, ["-c", script], { env: environment, encoding: "utf8" })).toBe("42\nok\n");
  });
});
