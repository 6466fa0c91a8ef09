import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodes, startKernel, type TestKernel } from "../start.ts";

const running = (marker: string) => {
  try {
    return execFileSync("pgrep", ["-f", marker], { encoding: "utf8" }).trim().split("\n").length;
  } catch {
    return 0;
  }
};

describe.each(nodes)("magics on %s", (_name, node) => {
  let kernel: TestKernel;
  beforeAll(async () => {
    kernel = await startKernel(node);
  });
  afterAll(() => kernel.stop());
  const shown = async (code: string) => {
    const { outputs } = await kernel.run(code);
    return outputs.find(({ type }) => type === "display_data")?.content.data as Record<string, string>;
  };

  test("a command's output is streamed in order, its folder is the notebook's, it has no input", async () => {
    writeFileSync(join(kernel.folder, "file.txt"), "");
    const { reply, text } = await kernel.run("!ls file.txt; cat; printf 'é\\n'\nconsole.log('after')\n5");
    expect(reply.status).toBe("ok");
    expect(text).toBe("file.txt\né\nafter\n");
  });

  test("a command's output comes while it runs", async () => {
    const arrivals: string[] = [];
    await kernel.client.execute("!echo first; sleep 0.6; echo second", {
      onOutput: ({ header, content }) => header.msg_type === "stream" && arrivals.push(String(content.text)),
    });
    expect(arrivals).toEqual(["first\n", "second\n"]);
  });

  test.each([
    ["!exit 3", "!exit 3 ended with exit code 3"],
    ["!kill -TERM $$", /^!kill -TERM \$\$ ended with signal SIGTERM$/],
    ["!no-such-command-here", /exit code 127; if it is an expression, write \(!no-such-command-here\)/],
  ])("%s is an error of the cell", async (code, message) => {
    const { reply } = await kernel.run(`${code}\nconsole.log('not reached')`);
    expect(reply).toMatchObject({ status: "error", ename: "CellwrightError", evalue: expect.stringMatching(message) });
    expect((reply.traceback as string[]).join("\n")).toMatch(/Cell \[\d+\], line 1/);
  });

  test("an interrupt ends a command and what it started", async () => {
    const marker = `3600.${process.pid}${node.length}`;
    const cell = kernel.run(`%time\n!sh -c "trap '' INT; sleep ${marker}; :" & sleep ${marker}; echo no`);
    await expect.poll(() => running(`^sleep ${marker}`), { timeout: 10_000 }).toBe(2);
    await kernel.client.interrupt();
    const { reply, text } = await cell;
    expect(reply.ename).toBe("Interrupted");
    expect(text).toMatch(/^time: /);
    await expect.poll(() => running(`^sleep ${marker}`), { timeout: 10_000 }).toBe(0);
    expect(await kernel.value("1 + 1")).toBe("2");
  });

  test("what a command leaves in the background does not hold the cell", async () => {
    const { reply, text } = await kernel.run("!sh -c 'sleep 1; echo late' & echo now");
    expect(reply.status).toBe("ok");
    expect(text).toBe("now\n");
  });

  test("a command does not outlive an evaluator that is killed", async () => {
    const own = await startKernel(node);
    const marker = `3601.${process.pid}${node.length}`;
    const pid = Number(await own.value("process.pid"));
    const cell = own.run(`!sleep ${marker}; echo no`);
    await expect.poll(() => running(`^sleep ${marker}`), { timeout: 10_000 }).toBe(1);
    process.kill(pid, "SIGKILL");
    await cell;
    await expect.poll(() => running(`^sleep ${marker}`), { timeout: 10_000 }).toBe(0);
    await own.stop();
  });

  test("a lot of output is complete", async () => {
    const { text } = await kernel.run("!seq 1 100000");
    expect(text.length).toBe(588_895);
    expect(text.endsWith("\n99999\n100000\n")).toBe(true);
  });

  test("%time counts the cell's awaits, and tells the time of a cell that fails", async () => {
    const { text } = await kernel.run("%time await new Promise(r => setTimeout(r, 60))");
    const milliseconds = Number(/^time: (\d+\.?\d*) ms \(processor /.exec(text)?.[1]);
    // Node counts a timer from when its loop last looked at the clock: it may come some milliseconds early.
    expect(milliseconds).toBeGreaterThanOrEqual(40);
    const failed = await kernel.run("%time\nthrow new Error('no')");
    expect(failed.reply.status).toBe("error");
    expect(failed.text).toMatch(/^time: [\d.]+ (µs|ms) \(processor [\d.]+ (µs|ms)\)\n$/);
    expect(await kernel.value("%time 6 * 7")).toBe("42");
  });

  test("%env sets, shows, lists, and keeps secrets to itself", async () => {
    expect((await kernel.run("%env COLOUR=light blue\n!echo $COLOUR")).text).toBe("light blue\n");
    expect(await kernel.value("process.env.COLOUR")).toBe("'light blue'");
    expect((await kernel.run("%env COLOUR\n%env NOT_THERE")).text).toBe("COLOUR=light blue\nNOT_THERE is not set\n");
    await kernel.run("%env MY_API_TOKEN=hunter2\n%env SITE=https://me:hunter2@example.org\n%env EMPTY=\n%env MARK=<b>");
    const { "text/plain": text, "text/html": html } = await shown("%env");
    expect(text).toMatch(/^COLOUR=light blue$/m);
    expect(text).toMatch(/^MY_API_TOKEN=\(not shown\)$/m);
    expect(text).toMatch(/^EMPTY=$/m);
    expect(`${text}${html}`).not.toContain("hunter2");
    expect(html).toContain("&lt;b&gt;");
    expect((await kernel.run("%env MY_API_TOKEN")).text).not.toContain("hunter2");
    expect((await kernel.run("%env 1=2")).reply.evalue).toContain("expected %env, %env NAME or %env NAME=VALUE");
  });

  test("%who lists names with types and runs nothing of the user's", async () => {
    const own = await startKernel(node);
    expect((await own.run("%who")).text).toBe("no cell has declared a name\n");
    await own.run(
      [
        "let touched = 0; function twice(x: number) { return 2 * x } class Point { get trap() { touched += 1; return 1 } }",
        "var list = [1, 'a', , { deep: { deeper: [] } }]; const point = new Point();",
        "const trap = { get a() { touched += 1; return 1 }, toString() { touched += 1; return '' }, b: 2 };",
        "const proxy = new Proxy({}, { get() { touched += 1 }, ownKeys() { touched += 1; return [] }, getPrototypeOf() { touched += 1; return null } });",
        "const tagged = { get [Symbol.toStringTag]() { touched += 1; return 'x' }, [Symbol.for('nodejs.util.inspect.custom')]() { touched += 1; return 'x' } };",
        "const long = 'x'.repeat(1e6), numbers = new Float32Array(1000), map = new Map([[1, 2]]), big = 5n, nothing = null;",
        "import { join } from 'node:path';",
      ].join("\n"),
    );
    await own.run("const failed: number = (() => { throw 1 })()");
    const { outputs } = await own.run("%who");
    const { "text/plain": text } = outputs[0]!.content.data as Record<string, string>;
    const rows = text!.split("\n").map((row) => row.split(/ {2,}/));
    expect(rows).toEqual([
      ["Point", "class", "class Point"],
      ["big", "bigint", "5n"],
      ["failed", "(never given a value)"],
      ["join", "function", "function join"],
      ["list", "Array", "(4) [1, 'a', , { deep: {…} }]"],
      ["long", "string", expect.stringMatching(/^'x{78}…$/)],
      ["map", "Map", "1 entry"],
      ["nothing", "null", "null"],
      ["numbers", "Float32Array", "(1000) [0, 0, 0, 0, 0, 0, 0, 0, …]"],
      ["point", "Point", "{}"],
      ["proxy", "Proxy", "Proxy"],
      ["tagged", "Object", "{}"],
      ["touched", "number", "0"],
      ["trap", "Object", "{ a: (getter), toString: function toString, b: 2 }"],
      ["twice", "function", "function twice"],
    ]);
    const some = await own.run("%who tr");
    expect((some.outputs[0]!.content.data as Record<string, string>)["text/plain"]).toMatch(/^trap +Object[^\n]*$/);
    expect(await own.value("touched")).toBe("0");
    await own.stop();
  });

  test("%%writefile writes whole files, adds to them, makes folders", async () => {
    const body = "line é\n\n%who\n";
    expect((await kernel.run(`%%writefile deep/er/a.txt\n${body}`)).text).toBe("wrote 14 bytes to deep/er/a.txt\n");
    expect(readFileSync(join(kernel.folder, "deep/er/a.txt"), "utf8")).toBe(body);
    await kernel.run("%%writefile -a deep/er/a.txt\nmore");
    expect(readFileSync(join(kernel.folder, "deep/er/a.txt"), "utf8")).toBe(`${body}more\n`);
    await kernel.run("%%writefile deep/er/a.txt");
    expect(readFileSync(join(kernel.folder, "deep/er/a.txt"), "utf8")).toBe("");
    expect(readdirSync(join(kernel.folder, "deep/er"))).toEqual(["a.txt"]);
    expect((await kernel.run("%%writefile\nx")).reply.evalue).toContain("expected %%writefile [-a] PATH");
    expect((await kernel.run("%%writefile deep\nx")).reply.evalue).toContain("could not be written");
    expect(readdirSync(kernel.folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("%%html shows the rest of the cell, as it stands", async () => {
    const data = await shown("%%html\n<b>bold</b>\n%who");
    expect(data).toEqual({ "text/html": "<b>bold</b>\n%who", "text/plain": "bold\n%who" });
  });

  test("%help lists every magic", async () => {
    const { "text/plain": text, "text/html": html } = await shown("%help");
    for (const usage of [
      "%time",
      "%types",
      "%install",
      "%reload",
      "%env",
      "%who",
      "%%html",
      "%%writefile",
      "!COMMAND",
    ]) {
      expect(text).toContain(usage);
      expect(html).toContain(usage);
    }
  });

  test("cells with magics are checked like others, their magics are not", async () => {
    const own = await startKernel(node);
    await own.run("%types error");
    const { reply, text, outputs } = await own.run(
      "%time\n!echo $HOME > /dev/null\nconst checked: number = 6; checked * 7",
    );
    expect([reply.status, reply.evalue]).toEqual(["ok", undefined]);
    expect(text).toMatch(/^time: [^\n]*\n$/);
    expect(outputs.find(({ type }) => type === "execute_result")?.content.data).toEqual({ "text/plain": "42" });
    for (const code of ["%%html\n<b>no TypeScript</b>", "!echo a % b", "%time\n%types"]) {
      expect((await own.run(code)).reply.status, code).toBe("ok");
    }
    const wrong = await own.run("%who\n%time\nconst wrong: number = 'text';");
    expect(wrong.reply).toMatchObject({ status: "error", ename: "TypeScriptError" });
    expect((wrong.reply.traceback as string[]).join("\n")).toMatch(/Cell \[[\d.]+\], line 3/);
    expect(wrong.text).toBe("");
    await own.run("%types off");
    expect((await own.run("const wrong: number = 'text'; wrong")).reply.status).toBe("ok");
    await own.stop();
  });

  test("unknown magics name the nearest, and nothing of the cell runs", async () => {
    const { reply, text } = await kernel.run("!echo ran\n%tyme\n1");
    expect(reply).toMatchObject({ status: "error", evalue: expect.stringContaining("the nearest is %time") });
    expect(text).toBe("");
  });

  test("cells that hide globals do not break magics", async () => {
    const own = await startKernel(node);
    await own.run(
      "const process = 1, Object = 2, Map = 3, JSON = 4, Promise = 5, setTimeout = 6, Buffer = 7, Error = 8;",
    );
    expect((await own.run("%time\n%env A=b\n%env A\n!echo c")).text).toMatch(/^A=b\nc\ntime: /);
    expect((await own.run("%%writefile x\ny")).text).toBe("wrote 2 bytes to x\n");
    expect((await own.run("%who")).reply.status).toBe("ok");
    await own.stop();
  });

  test("%install takes a package from a folder, without its scripts, and the next import finds it", async () => {
    const own = await startKernel(node);
    const source = join(own.folder, "made", "tiny-thing");
    mkdirSync(source, { recursive: true });
    const scripts = { postinstall: "touch ../../ran" };
    writeFileSync(
      join(source, "package.json"),
      JSON.stringify({ name: "tiny-thing", version: "1.2.3", main: "main.js", scripts }),
    );
    writeFileSync(join(source, "main.js"), "exports.answer = 42;");
    const before = await own.run("import { answer } from 'tiny-thing'");
    expect(before.reply.evalue).toBe("the package tiny-thing is not installed; type %install tiny-thing");
    const { reply, outputs } = await own.run("%install ./made/tiny-thing\nimport { answer } from 'tiny-thing'; answer");
    expect(reply.status, String(reply.evalue)).toBe("ok");
    const first = outputs[0]!.content.data as Record<string, string>;
    expect(first["text/plain"]).toMatch(/^installing \.\/made\/tiny-thing with npm: downloads into .*node_modules$/);
    const updates = outputs.filter(({ type }) => type === "update_display_data");
    expect((updates.at(-1)!.content.data as Record<string, string>)["text/plain"]).toMatch(
      /^installed .* package\.json made/,
    );
    expect(outputs.at(-1)).toMatchObject({ type: "execute_result", content: { data: { "text/plain": "42" } } });
    expect(await own.value("require('tiny-thing').answer")).toBe("42");
    expect(existsSync(join(own.folder, "ran"))).toBe(false);
    await own.stop();
  });

  test("%install without a network says so, and leaves no package.json behind", async () => {
    const own = await startKernel(node);
    await own.run("%env npm_config_registry=http://127.0.0.1:9\n%env npm_config_fetch_retries=0");
    const { reply } = await own.run("%install left-pad");
    expect(reply.evalue).toMatch(/^the package registry cannot be reached; left-pad is not installed\n.*ECONNREFUSED/);
    expect(existsSync(join(own.folder, "package.json"))).toBe(false);
    await own.stop();
  });

  test.each([
    ["%install", "expected names of npm packages"],
    ["%install --global x", "got --global"],
    ["%install a;b", "got a;b"],
    ["%install ./no-such-folder", /npm could not install \.\/no-such-folder\n.*(ENOENT|not find|no such file)/s],
  ])("%s says what is wrong", async (code, message) => {
    const { reply } = await kernel.run(code);
    expect(reply).toMatchObject({ status: "error", evalue: expect.stringMatching(message) });
  });
});
