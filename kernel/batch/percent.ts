// Scripts as notebooks: `// %%` begins a cell. Source: the percent format of jupytext (and of VS Code, Spyder, Hydrogen),
// which is read as jupytext writes it: `// %% a title [markdown] tags=["parameters"]`, markdown as comments, and a YAML
// header between `// ---` lines that may name the kernel. Python's `# %%` is the same with its own comments.

import { extname } from "node:path";
import type { Cell, Metadata, Notebook } from "./notebook.ts";
import { codeCell, createNotebook, markdownCell } from "./notebook.ts";
import { parseParameters } from "./parameters/yaml.ts";

const COMMENTS: Readonly<Record<string, string>> = { ".ts": "//", ".mts": "//", ".js": "//", ".mjs": "//", ".py": "#" };

/** True for a path whose file is a script. */
export function isScript(path: string): boolean {
  return extname(path) in COMMENTS;
}

/** The notebook that a script is; what stands before the first `// %%` is a cell of its own. */
export function parseScript(text: string, path: string): Notebook {
  const comment = COMMENTS[extname(path)]!;
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/);
  const metadata = readHeader(lines, comment, path);
  const marker = new RegExp(`^${comment}\\s*%%+(?!\\w)(.*)$`);
  const cells: Cell[] = [];
  let head = "";
  let body: string[] = [];
  const end = () => {
    const source = body.join("\n").replace(/^(?:[ \t]*\n)+|\s+$/g, "");
    if (source !== "" || head !== "") cells.push(cellOf(head, source, comment));
    body = [];
  };
  for (const line of lines) {
    const found = marker.exec(line);
    if (found === null) {
      body.push(line);
      continue;
    }
    end();
    head = ` ${found[1]!.trim()}`;
  }
  end();
  if (metadata.kernelspec === undefined && comment === "#") {
    metadata.kernelspec = { name: "python3", display_name: "Python 3", language: "python" };
  }
  return createNotebook(cells, metadata);
}

function cellOf(head: string, source: string, comment: string): Cell {
  const metadata: Metadata = {};
  const title = head
    .replace(/\[(markdown|md)\]/, "")
    .replace(/(\w+)=(\[[^\]]*\]|"[^"]*"|\S+)/g, (whole, name: string, value: string) => {
      try {
        metadata[name] = JSON.parse(value);
        return "";
      } catch {
        return whole;
      }
    })
    .trim();
  if (title !== "") metadata.title = title;
  if (!/\[(markdown|md)\]/.test(head)) return codeCell(source, metadata);
  const uncommented = source.split("\n").map((line) => line.replace(new RegExp(`^\\s*${comment} ?`), ""));
  return markdownCell(uncommented.join("\n"), metadata);
}

/** Takes jupytext's header off; gives the notebook's metadata that it holds. */
function readHeader(lines: string[], comment: string, path: string): Metadata {
  const fence = `${comment} ---`;
  const start = lines[0]?.startsWith("#!") ? 1 : 0;
  if (lines[start]?.trim() !== fence) return {};
  const end = lines.findIndex((line, index) => index > start && line.trim() === fence);
  if (end === -1) return {};
  const header = lines.splice(0, end + 1).slice(start + 1, -1);
  const yaml = header.map((line) => line.replace(new RegExp(`^${comment} ?`), "")).join("\n");
  const { jupyter } = parseParameters(yaml, path) as { jupyter?: Metadata };
  return jupyter?.kernelspec === undefined ? {} : { kernelspec: jupyter.kernelspec };
}
