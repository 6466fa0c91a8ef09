// The page's half of the widgets, bundled: an ES module for each `widgets/NAME/view.ts`, which travels to the page as text and may
// import nothing there, and one script with all of them for exported pages.
import fs from "node:fs";
import path from "node:path";

/**
 * @param {string} sources the folder `widgets`
 * @param {string} target where the built ones go
 */
export async function bundleWidgets(sources, target) {
  if (!fs.existsSync(sources)) return;
  const { rolldown } = await import("rolldown"); // it may have been installed a moment ago
  const names = fs.readdirSync(sources).filter((name) => fs.existsSync(path.join(sources, name, "view.ts")));
  const jobs = names.map((name) => ({
    input: path.join(sources, name, "view.ts"),
    output: { file: path.join(target, name, "view.js"), format: "esm" },
  }));
  jobs.push({
    input: path.join(sources, "page/standalone.ts"),
    output: { file: path.join(target, "standalone.js"), format: "iife" },
  });
  await Promise.all(jobs.map((job) => bundle(rolldown, job)));
}

async function bundle(rolldown, { input, output }) {
  const problems = [];
  const built = await rolldown({
    input,
    platform: "browser",
    tsconfig: false,
    onLog: (level, log) => level === "warn" && problems.push(log.message),
  });
  try {
    await built.write({ ...output, minify: true, comments: { legal: true } });
  } finally {
    await built.close();
  }
  if (problems.length > 0) throw new Error(problems.join("\n"));
}
