// `npm run bench [NAME …]`: runs the benchmarks in tests/bench one after another, each in a process of its own; a name
// picks those whose file name contains it.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { node, prepareOrExit, root } from "./prepare.mjs";

async function main() {
  await prepareOrExit();
  const folder = path.join(root, "tests/bench");
  const all = fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => /\.bench\.mjs$/.test(name)) : [];
  const names = process.argv.slice(2);
  const chosen = all.filter((file) => names.length === 0 || names.some((name) => file.indexOf(name) >= 0)).sort();
  if (chosen.length === 0) {
    const list = all.map((file) => file.replace(".bench.mjs", "")).join(", ");
    process.stderr.write(`cellwright: no benchmark is called ${names.join(" or ")}; there are: ${list} [CW_USAGE]\n`);
    process.exitCode = 2;
    return;
  }
  for (const file of chosen) {
    process.stdout.write(`\n${file.replace(".bench.mjs", "")}\n`);
    const result = spawnSync(node, [path.join(folder, file)], { cwd: root, stdio: "inherit" });
    if (result.status !== 0) process.exitCode = 1;
  }
}

main();
