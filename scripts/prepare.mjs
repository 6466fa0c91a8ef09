// Makes a fresh clone ready: installs the packages and builds dist/ when they are missing or do not match their
// sources. It decides by content, not by time stamps, because a checkout, a copy or a clock changes the latter. When
// nothing is to be done it says nothing. It uses Node's own modules only: it runs before anything is installed.
import "./node-version.mjs";
import { spawn } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { withLock } from "./lock.mjs";

export const root = fileURLToPath(new URL("..", import.meta.url));

const at = (...names) => path.join(root, ...names);
const installStamp = at("node_modules", ".cellwright-installed");
const buildStamp = at("dist", ".cellwright-built");
const sourceFolders = ["src", "kernel", "widgets"];

/** Node as the user has it. npm puts `node_modules/.bin` on PATH, where the package `node` (for tests) would win. */
export const node = ownNode();

function ownNode() {
  const inside = at("node_modules") + path.sep;
  const npmsOwn = process.env.npm_node_execpath;
  const installed = fs.realpathSync(process.execPath).startsWith(inside) || process.execPath.startsWith(inside);
  return installed && npmsOwn && fs.existsSync(npmsOwn) ? npmsOwn : process.execPath;
}

/** Installs and builds what is missing; throws an error with a readable message when that fails. */
export async function prepare() {
  if (isInstalled() && isBuilt()) return;
  const wait = () => process.stderr.write("cellwright: another process is preparing this folder, waiting for it\n");
  await withLock(at(".cellwright-prepare.lock"), wait, async () => {
    if (!isInstalled()) await install();
    if (!isBuilt()) await build();
  });
}

function read(file) {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function digest(...texts) {
  const hash = crypto.createHash("sha256");
  for (const text of texts) hash.update(`${text.length}:`).update(text);
  return hash.digest("hex");
}

// npm writes node_modules/.package-lock.json last, so it stands for a complete installation.
const installedHash = () => digest(read(at("package-lock.json")), read(at("node_modules", ".package-lock.json")));

function isInstalled() {
  if (!fs.existsSync(at("node_modules", ".package-lock.json"))) return false;
  if (read(installStamp) === installedHash()) return true;
  if (!installedMatchesLock()) return false;
  fs.writeFileSync(installStamp, installedHash());
  return true;
}

/** True when what npm says it installed (by hand, say) is what the lock file asks for. */
function installedMatchesLock() {
  const wanted = JSON.parse(read(at("package-lock.json"))).packages;
  const present = JSON.parse(read(at("node_modules", ".package-lock.json"))).packages;
  return Object.keys(wanted).every((name) => {
    if (name === "" || (wanted[name].optional && !present[name])) return true;
    return present[name] !== undefined && present[name].version === wanted[name].version;
  });
}

async function install() {
  const packages = Object.keys(JSON.parse(read(at("package-lock.json"))).packages);
  const total = packages.filter((name) => name !== "" && name.lastIndexOf("node_modules/") === 0).length;
  const line = progressLine("installing packages with npm ci (this once)");
  const timer = setInterval(() => line.update(`${countPackages()} of about ${total}`), 250);
  const npm = process.env.npm_execpath;
  const found = npm && /npm-cli\.c?js$/.test(npm) && fs.existsSync(npm);
  const options = ["ci", "--include=dev", "--no-audit", "--no-fund"];
  const result = await (found
    ? run(node, [npm].concat(options))
    : run("npm", options, { shell: process.platform === "win32" }));
  clearInterval(timer);
  if (result.code !== 0) {
    line.end("failed");
    throw new Error(`npm ci failed:\n${wordsOfNpm(result.output)}`);
  }
  fs.writeFileSync(installStamp, installedHash());
  line.end("done");
}

/** The beginning of what npm says of an error; it goes on with pages of its own help. */
function wordsOfNpm(output) {
  const lines = output.split("\n").filter((line) => /\S/.test(line) && !/^npm warn/.test(line));
  return lines.slice(0, 12).join("\n");
}

function countPackages() {
  const list = (folder) => (fs.existsSync(folder) ? fs.readdirSync(folder) : []).filter((name) => !/^\./.test(name));
  return list(at("node_modules")).reduce(
    (sum, name) => sum + (name[0] === "@" ? list(at("node_modules", name)).length : 1),
    0,
  );
}

function files(folder) {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .map((entry) => (entry.isDirectory() ? files(path.join(folder, entry.name)) : [path.join(folder, entry.name)]))
    .reduce((all, some) => all.concat(some), []);
}

function sourceHash(names) {
  const hash = crypto.createHash("sha256");
  const settings = ["package.json", "package-lock.json", "tsconfig.json", "tsconfig.build.json"].map((name) =>
    at(name),
  );
  for (const file of names.concat(settings, fileURLToPath(import.meta.url), at("scripts/bundle-widgets.mjs")).sort()) {
    const content = fs.readFileSync(file);
    hash.update(`${path.relative(root, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

const sources = () => sourceFolders.map((name) => files(at(name))).reduce((all, some) => all.concat(some), []);

const isBuilt = () => fs.existsSync(buildStamp) && read(buildStamp) === sourceHash(sources());

// Built beside dist/ and put in its place when complete: a build that was interrupted leaves dist/ as it was, and a
// source that was deleted leaves nothing behind in it.
async function build() {
  removeLeftovers();
  const line = progressLine("building");
  const started = sources();
  const hash = sourceHash(started);
  const target = at(`.cellwright-build-${process.pid}`);
  const result = await run(node, [
    at("node_modules/typescript/bin/tsc"),
    "-p",
    at("tsconfig.build.json"),
    "--outDir",
    target,
  ]);
  if (result.code !== 0) {
    fs.rmSync(target, { recursive: true, force: true });
    line.end("failed");
    throw new Error(`the TypeScript sources do not compile:\n${result.output.trim()}`);
  }
  try {
    await (await import("./bundle-widgets.mjs")).bundleWidgets(at("widgets"), path.join(target, "widgets"));
  } catch (error) {
    fs.rmSync(target, { recursive: true, force: true });
    line.end("failed");
    throw new Error(`the widgets' page modules cannot be bundled:\n${error.message}`);
  }
  for (const file of started.filter((name) => !/\.(ts|tsx|json)$/.test(name))) {
    const copy = path.join(target, path.relative(root, file));
    fs.mkdirSync(path.dirname(copy), { recursive: true });
    fs.copyFileSync(file, copy);
  }
  const command = path.join(target, "kernel/cli/main.js");
  if (fs.existsSync(command)) fs.chmodSync(command, 0o755);
  fs.writeFileSync(path.join(target, path.basename(buildStamp)), hash);
  replaceFolder(at("dist"), target, at(`.cellwright-build-${process.pid}-old`));
  line.end("done");
}

function replaceFolder(folder, by, aside) {
  try {
    if (fs.existsSync(folder)) fs.renameSync(folder, aside);
  } catch {
    // A layered file system (a container's) does not rename a folder of a lower layer.
    fs.rmSync(folder, { recursive: true, force: true });
  }
  fs.renameSync(by, folder);
  fs.rmSync(aside, { recursive: true, force: true });
}

function removeLeftovers() {
  for (const name of fs.readdirSync(root)) {
    if (/^\.cellwright-build-/.test(name)) fs.rmSync(at(name), { recursive: true, force: true });
  }
}

function run(command, commandArguments, options) {
  return new Promise((resolve) => {
    const child = spawn(
      command,
      commandArguments,
      Object.assign({ cwd: root, stdio: ["ignore", "pipe", "pipe"] }, options),
    );
    const chunks = [];
    child.stdout.on("data", (chunk) => chunks.push(chunk));
    child.stderr.on("data", (chunk) => chunks.push(chunk));
    child.on("error", (error) => resolve({ code: 1, output: `${command}: ${error.message}` }));
    child.on("close", (code) => resolve({ code, output: Buffer.concat(chunks).toString() }));
  });
}

/** One line on stderr: rewritten in place on a terminal; elsewhere its beginning and its end. */
function progressLine(title) {
  const live = process.stderr.isTTY;
  const begun = Date.now();
  const seconds = () => `${((Date.now() - begun) / 1000).toFixed(1)} s`;
  process.stderr.write(`cellwright: ${title} …`);
  return {
    update(text) {
      if (live) process.stderr.write(`\r\x1b[2Kcellwright: ${title} … ${text}, ${seconds()}`);
    },
    end(word) {
      process.stderr.write(
        live ? `\r\x1b[2Kcellwright: ${title} … ${word} in ${seconds()}\n` : ` ${word} in ${seconds()}\n`,
      );
    },
  };
}

/** `prepare`, or one readable error and the end of this process. */
export async function prepareOrExit() {
  try {
    await prepare();
  } catch (error) {
    process.stderr.write(`cellwright: ${error.message} [CW_PREPARE_FAILED]\n`);
    process.exit(1);
  }
}

if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) prepareOrExit();
