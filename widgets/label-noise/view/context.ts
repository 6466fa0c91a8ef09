/** What the parts of the page share: the state as it is now, read once a change, and the ways to change it. */
import { className } from "../../core/class-name.ts";
import { int32 } from "../../page/binary.ts";
import type { Model } from "../../page/view-type.ts";
import { decisionsOf, type Log } from "../decisions.ts";
import { shownRows } from "../rows.ts";
import type { Filter, Joint, List, ListName, LogEntry, Sort } from "../state.ts";

export interface Part {
  readonly element: HTMLElement;
  /** Fields whose change it shows; `chosen` is the shared selection. */
  readonly fields: readonly string[];
  update(): void;
}

/** The state in the page's terms. Lists are read when they change, rows are sorted out when something that decides on them has. */
export class Noise {
  readonly model: Model;
  readonly classNames: readonly string[];
  readonly ids: readonly string[];
  readonly labels: Int32Array;
  /** The shared selection: set by the view. */
  chosen: ReadonlySet<number> = new Set();
  choose: (indices: readonly number[]) => void = () => {};
  #lists: readonly List[] | undefined;
  #decisions: ReadonlyMap<number, number> | undefined;
  #rows: Int32Array | undefined;
  #places: Map<number, number> | undefined;

  constructor(model: Model) {
    this.model = model;
    this.classNames = model.get("classNames");
    this.ids = model.get("ids");
    this.labels = int32(model.get("labels"));
  }

  get lists(): readonly List[] {
    this.#lists ??= (this.model.get("lists") as Record<keyof List, unknown>[]).map((list) => ({
      name: list.name as ListName,
      index: int32(list.index),
      given: int32(list.given),
      suggested: int32(list.suggested),
      other: int32(list.other),
      confidence: new Float32Array(int32(list.confidence).buffer),
      score: new Float32Array(int32(list.score).buffer),
    }));
    return this.#lists;
  }

  get list(): List | undefined {
    return this.lists.find(({ name }) => name === this.model.get("tab")) ?? this.lists[0];
  }

  get joint(): Joint {
    return this.model.get("joint");
  }

  get filter(): Filter {
    return this.model.get("filter");
  }

  get sort(): Sort {
    return this.model.get("sort");
  }

  get log(): Log {
    return { log: this.model.get("log") as LogEntry[], done: this.model.get("done") };
  }

  get decisions(): ReadonlyMap<number, number> {
    this.#decisions ??= decisionsOf(this.log);
    return this.#decisions;
  }

  /** The rows that are shown: places in the list. */
  get rows(): Int32Array {
    this.#rows ??= this.list === undefined ? new Int32Array(0) : shownRows(this.list, this.filter, this.sort, this);
    return this.#rows;
  }

  /** Where the cursor is among the rows; the first where it is on none of them, -1 without rows. */
  get cursor(): number {
    const { list, rows } = this;
    if (list === undefined || rows.length === 0) return -1;
    // An image may be in several pairs: of these the one that was moved to.
    const [row, index] = [this.#cursorRow, this.model.get("current") as number];
    if (row !== undefined && rows[row] !== undefined && list.index[rows[row]!] === index) return row;
    this.#places ??= new Map([...rows].map((own, at): [number, number] => [list.index[own]!, at]).reverse());
    return this.#places.get(index) ?? 0;
  }

  #cursorRow: number | undefined;

  /** Moves the cursor to a row that is shown. */
  moveTo(row: number): number | undefined {
    const at = Math.min(Math.max(row, 0), this.rows.length - 1);
    if (at < 0) return undefined;
    const index = this.list!.index[this.rows[at]!]!;
    this.#cursorRow = at;
    this.set({ current: index });
    return index;
  }

  /** The images that a decision is about: the chosen rows if the cursor is on one of them, else the row of the cursor. */
  get targets(): readonly number[] {
    const { cursor, rows, list } = this;
    if (cursor < 0) return [];
    const index = list!.index[rows[cursor]!]!;
    if (this.chosen.size < 2 || !this.chosen.has(index)) return [index];
    const shown = new Set<number>();
    for (const row of rows) if (this.chosen.has(list!.index[row]!)) shown.add(list!.index[row]!);
    return [...shown];
  }

  set(changes: Readonly<Record<string, unknown>>): void {
    for (const [key, value] of Object.entries(changes)) this.model.set(key, value);
    this.model.save_changes();
  }

  filterBy(changes: Partial<Filter>): void {
    this.set({ filter: { ...this.filter, ...changes } });
  }

  /** What was read from a field is read again. */
  forget(field: string): void {
    if (field === "lists") this.#lists = undefined;
    if (field === "log" || field === "done") this.#decisions = undefined;
    const decides = ["log", "done"].includes(field);
    if (decides && this.filter.status === "" && this.sort.by !== "status") return;
    if (decides || ["lists", "tab", "filter", "sort"].includes(field)) {
      this.#rows = undefined;
      this.#places = undefined;
    }
  }

  className(label: number): string {
    return className(label, this.classNames);
  }
}
