/**
 * Opens a page in the user's browser. The address holds the server's token, and a command line can be read by everybody
 * on the machine: the browser is given a file that only its owner can read and that leads on to the address.
 */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** False where no browser could be seen: no display on Linux, a remote shell. */
export function hasDisplay(environment: NodeJS.ProcessEnv = process.env): boolean {
  if (process.platform === "darwin" || process.platform === "win32") return environment.SSH_CONNECTION === undefined;
  return Boolean(environment.DISPLAY || environment.WAYLAND_DISPLAY);
}

/** Opens the address, through a file in `folder`. Best effort: the address is printed as well. */
export function openBrowser(address: string, folder: string): void {
  const file = join(folder, "open.html");
  const target = address.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  const page = `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=${target}"><title>JupyterLab</title>`;
  writeFileSync(file, `${page}<a href="${target}">JupyterLab</a>\n`, { mode: 0o600 });
  const [command, ...args] = opener(pathToFileURL(file).href);
  const child = spawn(command!, args, { stdio: "ignore", detached: true });
  child.on("error", () => {}); // no opener: the printed address is enough
  child.unref();
}

function opener(address: string): string[] {
  if (process.platform === "darwin") return ["open", address];
  if (process.platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler", address];
  return ["xdg-open", address];
}
