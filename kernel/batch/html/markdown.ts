// Markdown cells as HTML. Raw HTML in them is allowed, as in Jupyter, and then sanitised with all the rest. Pictures that
// were attached to the cell, or lie beside the notebook, are embedded, so that the report is one file.

import { readFileSync, realpathSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import MarkdownIt from "markdown-it";
import type { MimeBundle } from "../notebook.ts";
import { highlight } from "./highlight.ts";
import { sanitizeMarkdown } from "./sanitize.ts";

export interface Heading {
  readonly level: number;
  readonly text: string;
  readonly id: string;
}

export interface MarkdownContext {
  /** Headings met so far, over all cells; their ids are unique. */
  readonly headings: Heading[];
  /** Where relative pictures are looked for; nowhere without it. */
  readonly folder?: string | undefined;
}

const IMAGE_TYPES: Readonly<Record<string, string>> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".svg": "image/svg+xml",
};

const parser = new MarkdownIt({ html: true, linkify: true, highlight });

/** Renders Markdown and adds its headings to the context. */
export function renderMarkdown(
  source: string,
  context: MarkdownContext,
  attachments: Record<string, MimeBundle> = {},
): string {
  const tokens = parser.parse(source, {});
  for (const [index, token] of tokens.entries()) {
    if (token.type === "heading_open") {
      const inline = tokens[index + 1]!;
      const text = (inline.children ?? [])
        .filter(({ type }) => type === "text" || type === "code_inline")
        .map(({ content }) => content)
        .join("");
      const id = uniqueId(text, context.headings);
      token.attrSet("id", id);
      context.headings.push({ level: Number(token.tag.slice(1)), text, id });
    }
    for (const child of token.children ?? []) {
      if (child.type !== "image") continue;
      child.attrSet("src", embed(child.attrGet("src") ?? "", attachments, context.folder));
    }
  }
  return sanitizeMarkdown(parser.renderer.render(tokens, parser.options, {}));
}

/** Jupyter's own ids, so that links inside a notebook work: the text with `-` for each space. */
function uniqueId(text: string, headings: readonly Heading[]): string {
  const base = text.trim().replace(/\s/g, "-") || "section";
  let id = base;
  for (let copy = 2; headings.some((heading) => heading.id === id); copy += 1) id = `${base}-${copy}`;
  return id;
}

function embed(source: string, attachments: Record<string, MimeBundle>, folder: string | undefined): string {
  if (source.startsWith("attachment:")) {
    const bundle = attachments[decode(source.slice("attachment:".length))] ?? {};
    const [type, value] = Object.entries(bundle).find(([each]) => each.startsWith("image/")) ?? [];
    return type === undefined ? source : `data:${type};base64,${String(value).replace(/\s/g, "")}`;
  }
  const type = IMAGE_TYPES[extname(source).toLowerCase()];
  if (folder === undefined || type === undefined || /^[a-z][a-z0-9+.-]*:|^\//i.test(source)) return source;
  try {
    // Only pictures in the notebook's own folder: a notebook from elsewhere must not collect files by their path.
    const root = realpathSync(folder);
    const path = realpathSync(join(root, decode(source)));
    const inside = relative(root, path);
    if (inside.startsWith("..") || inside.startsWith(sep)) return source;
    return `data:${type};base64,${readFileSync(path).toString("base64")}`;
  } catch {
    return source;
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
