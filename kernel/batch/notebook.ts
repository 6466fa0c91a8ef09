// The notebook as data, checked at the edge. Source: the nbformat 4.5 JSON schema, for which no npm package exists. The
// root and the cells may hold the listed properties only and metadata is open, as the schema says; outputs are checked
// loosely, because a run replaces them. Minor versions 4.0 to 4.4 are raised to 4.5 (each cell gets an id), which is
// all that lies between them; a later minor version of 4 is accepted with properties that 4.5 does not know.

import { randomUUID } from "node:crypto";
import { z } from "zod";
import { CellwrightError } from "../../src/errors.ts";

export type Metadata = Record<string, unknown>;
export type MimeBundle = Record<string, unknown>;

export interface StreamOutput {
  output_type: "stream";
  name: string;
  text: string;
}
export interface DisplayOutput {
  output_type: "display_data";
  data: MimeBundle;
  metadata: Metadata;
}
export interface ResultOutput {
  output_type: "execute_result";
  execution_count: number | null;
  data: MimeBundle;
  metadata: Metadata;
}
export interface ErrorOutput {
  output_type: "error";
  ename: string;
  evalue: string;
  traceback: string[];
}
export type Output = StreamOutput | DisplayOutput | ResultOutput | ErrorOutput;

interface CellBase {
  id: string;
  metadata: Metadata;
  /** Lines joined: the list of lines is a matter of the file. */
  source: string;
}
export interface CodeCell extends CellBase {
  cell_type: "code";
  execution_count: number | null;
  outputs: Output[];
}
export interface TextCell extends CellBase {
  cell_type: "markdown" | "raw";
  attachments?: Record<string, MimeBundle>;
}
export type Cell = CodeCell | TextCell;

export interface Notebook {
  nbformat: 4;
  nbformat_minor: number;
  metadata: Metadata;
  cells: Cell[];
}

const LATEST_MINOR = 5;
const CELL_ID = /^[a-zA-Z0-9-_]{1,64}$/;

const metadata = z.record(z.string(), z.unknown());
const lines = z.union([z.string(), z.array(z.string())], { error: "expected a string or a list of strings" });
const count = z.int().min(0).nullable();
const output = z.discriminatedUnion("output_type", [
  z.looseObject({ output_type: z.literal("stream"), name: z.string(), text: lines }),
  z.looseObject({ output_type: z.literal("display_data"), data: metadata, metadata: metadata.default({}) }),
  z.looseObject({
    output_type: z.literal("execute_result"),
    execution_count: count.default(null),
    data: metadata,
    metadata: metadata.default({}),
  }),
  z.looseObject({
    output_type: z.literal("error"),
    ename: z.string(),
    evalue: z.string(),
    traceback: z.array(z.string()),
  }),
]);

function notebookSchema(minor: number) {
  const object = minor > LATEST_MINOR ? z.looseObject : z.strictObject;
  const cellMetadata = z.looseObject({ tags: z.array(z.string().regex(/^[^,]+$/)).optional() });
  const id = z.string().regex(CELL_ID, { error: "expected 1 to 64 letters, digits, - or _" });
  const shared = { id: id.optional(), metadata: cellMetadata, source: lines };
  const attachments = z.record(z.string(), metadata).optional();
  const cell = z.discriminatedUnion("cell_type", [
    object({ ...shared, cell_type: z.literal("code"), execution_count: count, outputs: z.array(output) }),
    object({ ...shared, cell_type: z.literal("markdown"), attachments }),
    object({ ...shared, cell_type: z.literal("raw"), attachments }),
  ]);
  return object({
    nbformat: z.literal(4),
    nbformat_minor: z.int().min(0),
    metadata,
    cells: z.array(cell),
  });
}

/**
 * Turns the text of an `.ipynb` file into a notebook of format 4.5.
 *
 * Throws CW_NOTEBOOK_JSON (not JSON), CW_NOTEBOOK_VERSION (format 3 or earlier, 5 or later) or CW_NOTEBOOK_SHAPE (the
 * first violation of the schema, with its place). `name` is what the messages call the notebook.
 */
export function parseNotebook(text: string, name = "the notebook"): Notebook {
  let value: unknown;
  try {
    value = JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (error) {
    throw new CellwrightError(
      "CW_NOTEBOOK_JSON",
      `${name}: expected a notebook (JSON), got something else: ${(error as Error).message}`,
    );
  }
  const { nbformat, nbformat_minor } = (value ?? {}) as { nbformat?: unknown; nbformat_minor?: unknown };
  if (nbformat === undefined) {
    throw new CellwrightError("CW_NOTEBOOK_SHAPE", `${name}: expected a notebook, got JSON without nbformat`);
  }
  if (nbformat !== 4) {
    const advice =
      typeof nbformat === "number" && nbformat < 4 ? "open and save it in Jupyter to convert it" : "update Cellwright";
    throw new CellwrightError(
      "CW_NOTEBOOK_VERSION",
      `${name}: expected notebook format 4, got ${JSON.stringify(nbformat)}; ${advice}`,
    );
  }
  const checked = notebookSchema(typeof nbformat_minor === "number" ? nbformat_minor : 0).safeParse(value);
  if (!checked.success) {
    const { path, message } = checked.error.issues[0]!;
    throw new CellwrightError("CW_NOTEBOOK_SHAPE", `${name}: ${place(path)}: ${lowerFirst(message)}`);
  }
  return normalize(checked.data as unknown as Notebook);
}

/** A notebook of the latest format with these cells; for programs and tests. */
export function createNotebook(cells: Cell[] = [], notebookMetadata: Metadata = {}): Notebook {
  return { nbformat: 4, nbformat_minor: LATEST_MINOR, metadata: notebookMetadata, cells };
}

export function codeCell(source: string, cellMetadata: Metadata = {}): CodeCell {
  return { id: newId(), cell_type: "code", execution_count: null, metadata: cellMetadata, outputs: [], source };
}

export function markdownCell(source: string, cellMetadata: Metadata = {}): TextCell {
  return { id: newId(), cell_type: "markdown", metadata: cellMetadata, source };
}

/** The tags of a cell. */
export function tagsOf(cell: Cell): readonly string[] {
  return (cell.metadata.tags as string[] | undefined) ?? [];
}

/** Joins lines, gives every cell an id of its own and drops what Jupyter never stores. */
function normalize(notebook: Notebook): Notebook {
  const seen = new Set<string>();
  for (const cell of notebook.cells) {
    // A missing id and a second one of the same name (copied cells) are repaired, not refused, as nbformat does it.
    if (cell.id === undefined || seen.has(cell.id)) cell.id = newId();
    seen.add(cell.id);
    cell.source = join(cell.source);
    delete cell.metadata.trusted;
    if (cell.cell_type === "code") for (const each of cell.outputs) joinOutput(each);
    else for (const bundle of Object.values(cell.attachments ?? {})) joinBundle(bundle);
  }
  for (const key of ["orig_nbformat", "orig_nbformat_minor", "signature"]) delete notebook.metadata[key];
  notebook.nbformat_minor = Math.max(notebook.nbformat_minor, LATEST_MINOR);
  return notebook;
}

function joinOutput(each: Output): void {
  if (each.output_type === "stream") each.text = join(each.text);
  else if (each.output_type !== "error") joinBundle(each.data);
}

/** True for the media types whose value is JSON and not text. */
export function isJsonType(type: string): boolean {
  return type === "application/json" || type.endsWith("+json");
}

function joinBundle(bundle: MimeBundle): void {
  for (const [type, value] of Object.entries(bundle)) {
    if (!isJsonType(type) && Array.isArray(value)) bundle[type] = join(value as string[]);
  }
}

function join(value: string | string[]): string {
  return typeof value === "string" ? value : value.join("");
}

function newId(): string {
  return randomUUID().slice(0, 8);
}

/** `cells[3].source`, as a program would write it. */
function place(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  return text === "" ? "the root" : text.replace(/^\./, "");
}

function lowerFirst(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
