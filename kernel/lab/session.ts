/**
 * A Jupyter server of our own that leaves the user's Jupyter folders as they are. Everything a server writes goes to one
 * of four places, and each has a variable ("Jupyter's common directories and file locations"): the runtime folder
 * (connection files, tokens), the data folder (signature database, secrets), the configuration folder, and JupyterLab's
 * settings and workspaces. They are all pointed into our cache. What the user has there is still read, through the
 * search paths: kernels, extensions and server configuration; Lab settings are copied in when they are newer.
 *
 * The kernel is registered in the session's folder only, and is gone with it.
 */
import { randomBytes } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { OWN_KERNEL } from "../client/kernelspec.ts";
import { cacheFolder } from "./cache.ts";
import type { JupyterPaths } from "./jupyter.ts";
import { writeKernelspec } from "./kernelspec.ts";

/** Where the server finds our extension of it, a Python module. */
const extension = fileURLToPath(new URL("./extension/", import.meta.url));

export interface LabSession {
  /** The folder of this session alone; readable by its owner only, because it holds the token. */
  readonly folder: string;
  readonly runtimeFolder: string;
  readonly token: string;
  /** The server's environment variables. */
  readonly environment: NodeJS.ProcessEnv;
  /** Removes the folder. */
  remove(): void;
}

/** Prepares the folders and variables for one server. */
export function createSession(paths: JupyterPaths, environment: NodeJS.ProcessEnv = process.env): LabSession {
  const folder = mkdtempSync(join(tmpdir(), "cellwright-lab-"));
  const state = join(cacheFolder(environment), "lab");
  const inFolder = (name: string) => makeFolder(join(folder, name));
  const inState = (name: string) => makeFolder(join(state, name));
  const token = randomBytes(24).toString("hex");
  const config = inFolder("config");
  const data = inFolder("data");
  writeKernelspec(join(data, "kernels"));
  writeFileSync(join(config, "jupyter_server_config.py"), serverConfiguration());
  enableWidgetState(config);
  const settings = inState("settings");
  writeDefaultSettings(settings);
  copyNewerSettings(environment.JUPYTERLAB_SETTINGS_DIR, paths, settings);
  return {
    folder,
    runtimeFolder: inFolder("runtime"),
    token,
    environment: {
      ...environment,
      JUPYTER_PATH: [data, ...paths.data].join(delimiter),
      JUPYTER_DATA_DIR: inState("data"),
      JUPYTER_CONFIG_PATH: [config, ...paths.config].join(delimiter),
      JUPYTER_CONFIG_DIR: inState("config"),
      JUPYTER_RUNTIME_DIR: join(folder, "runtime"),
      JUPYTERLAB_SETTINGS_DIR: settings,
      JUPYTERLAB_WORKSPACES_DIR: inState("workspaces"),
      JUPYTER_NO_CONFIG: undefined,
      CELLWRIGHT_LAB_TOKEN: token,
    },
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

function makeFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}

/**
 * Read before the user's own configuration, so that ours wins. The thread is for the day on which this command is killed
 * without a chance to end its server: a server whose parent is gone ends itself, and its kernels with it.
 */
function serverConfiguration(): string {
  return `import os, signal, sys, threading, time

sys.path.append(${JSON.stringify(extension)})
c = get_config()
c.ServerApp.ip = "127.0.0.1"
c.ServerApp.open_browser = False
c.IdentityProvider.token = os.environ["CELLWRIGHT_LAB_TOKEN"]
c.MultiKernelManager.default_kernel_name = "${OWN_KERNEL}"
c.MappingKernelManager.default_kernel_name = "${OWN_KERNEL}"
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"


def end_with_parent(parent):
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)


if os.name != "nt":
    threading.Thread(target=end_with_parent, args=(os.getppid(),), daemon=True).start()
`;
}

/**
 * Widgets are saved with their notebook and stay in it: Lab's own setting for it, which is off elsewhere, is on unless the user says otherwise, and the server's extension keeps what Lab would leave
 * out of a notebook that has lost its kernel.
 */
function enableWidgetState(config: string): void {
  const write = (folder: string, name: string, content: object) =>
    writeFileSync(join(makeFolder(join(config, folder)), name), JSON.stringify(content));
  write("labconfig", "default_setting_overrides.json", {
    "@jupyter-widgets/jupyterlab-manager:plugin": { saveState: true },
  });
  write("jupyter_server_config.d", "cellwright.json", { ServerApp: { jpserver_extensions: { cellwright_lab: true } } });
}

/** Lab asks a newcomer whether it may fetch news: ours does not, and does not ask. */
function writeDefaultSettings(settings: string): void {
  const file = join(makeFolder(join(settings, "@jupyterlab/apputils-extension")), "notification.jupyterlab-settings");
  if (!existsSync(file)) writeFileSync(file, `{ "fetchNews": "false", "checkForUpdates": false }\n`);
}

function copyNewerSettings(named: string | undefined, paths: JupyterPaths, to: string): void {
  const folders = named === undefined ? paths.config.map((folder) => join(folder, "lab", "user-settings")) : [named];
  for (const folder of folders) {
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      const [from, copy] = [join(folder, name), join(to, name)];
      const isFile = statSync(from, { throwIfNoEntry: false })?.isFile();
      if (!isFile || (existsSync(copy) && statSync(copy).mtimeMs >= statSync(from).mtimeMs)) continue;
      mkdirSync(dirname(copy), { recursive: true });
      copyFileSync(from, copy);
    }
  }
}
