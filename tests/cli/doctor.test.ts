import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Check } from "../../kernel/doctor/checks.ts";
import { cellwright, createHome, type Home } from "../support/command.ts";
import { jupyterPath } from "../support/lab-server.ts";
import { describeWith } from "../support/requirements.ts";

let home: Home;
beforeEach(() => {
  home = createHome();
});
afterEach(() => home.remove());

async function examine(environment: NodeJS.ProcessEnv): Promise<{ code: number | null; checks: Map<string, Check> }> {
  const { code, stdout } = await cellwright(["doctor", "--json"], {
    environment: { ...home.environment, ...environment },
  });
  const { checks } = JSON.parse(stdout) as { checks: Check[] };
  return { code, checks: new Map(checks.map((check) => [check.name, check])) };
}

describe("cellwright doctor", () => {
  test("without Python, Jupyter or a GPU all is well, and each has what to type", async () => {
    const { code, checks } = await examine({ PATH: home.folder });
    expect(code).toBe(0);
    for (const name of ["Node", "kernel", "wasm", "cpu"]) expect(checks.get(name)?.state).toBe("ok");
    for (const name of ["Python", "JupyterLab", "kernelspec", "NVIDIA"]) {
      expect(checks.get(name)).toMatchObject({
        state: "missing",
        required: false,
        advice: expect.stringMatching(/\w/),
      });
    }
    for (const check of checks.values()) expect(check.state === "ok" || check.advice).toBeTruthy();
  });

  test("text has a line for each thing, and the advice below it", async () => {
    const { code, stdout } = await cellwright(["doctor"], { environment: { ...home.environment, PATH: home.folder } });
    expect(code).toBe(0);
    expect(stdout).toContain(`${process.versions.node} at ${process.execPath}`);
    expect(stdout).toMatch(/^missing {2}Python .*\n +to get it: \S/m);
  });

  test("GPUs are named as nvidia-smi names them", async () => {
    const card = "NVIDIA H200, 143771 MiB, 570.86.15";
    writeFileSync(join(home.folder, "nvidia-smi"), `#!/bin/sh\necho "${card}"\necho "${card}"\n`, { mode: 0o755 });
    symlinkSync("/bin/sh", join(home.folder, "sh"));
    const { checks } = await examine({ PATH: home.folder });
    expect(checks.get("NVIDIA")).toMatchObject({
      state: "ok",
      detail: "NVIDIA H200, 143771 MiB, driver 570.86.15",
    });
  });

  test("a driver that is there and does not work is broken", async () => {
    writeFileSync(join(home.folder, "nvidia-smi"), "#!/bin/sh\nexit 9\n", { mode: 0o755 });
    const { code, checks } = await examine({ PATH: home.folder });
    expect(code).toBe(0);
    expect(checks.get("NVIDIA")?.state).toBe("broken");
  });

  test("an installed kernel whose Node is gone is broken", async () => {
    const data = join(home.folder, "data");
    await cellwright(["install"], { environment: { ...home.environment, JUPYTER_DATA_DIR: data } });
    const folder = join(data, "kernels/cellwright");
    expect((await examine({ JUPYTER_DATA_DIR: data, PATH: home.folder })).checks.get("kernelspec")?.state).toBe("ok");
    const file = join(folder, "kernel.json");
    writeFileSync(file, readFileSync(file, "utf8").replace(process.execPath, "/opt/gone/node"));
    const check = (await examine({ JUPYTER_DATA_DIR: data, PATH: home.folder })).checks.get("kernelspec");
    expect(check).toMatchObject({ state: "broken", advice: "cellwright install" });
    expect(check?.detail).toContain("/opt/gone/node");
  });

  test("an old JupyterLab is named, and not taken", async () => {
    mkdirSync(join(home.folder, "bin"));
    const script = '#!/bin/sh\n[ "$1" = lab ] && echo 3.6.8 || echo \'{"config":[],"data":[],"runtime":[]}\'\n';
    writeFileSync(join(home.folder, "bin/jupyter"), script, { mode: 0o755 });
    const { checks } = await examine({ PATH: join(home.folder, "bin") });
    expect(checks.get("JupyterLab")).toMatchObject({ state: "missing", detail: expect.stringContaining("3.6.8") });
  });
});

describeWith(["python"], "cellwright doctor with Jupyter", () => {
  test("names JupyterLab and anywidget", async () => {
    const { code, checks } = await examine({ PATH: jupyterPath() });
    expect(code).toBe(0);
    expect(checks.get("JupyterLab")?.detail).toMatch(/^4\.\d+\.\d+\S* at \//);
    expect(checks.get("anywidget")?.state).toBe("ok");
  });
});
