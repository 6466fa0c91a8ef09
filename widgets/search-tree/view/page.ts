/** What the parts of the search tree's view share: the nodes, the open one, what is shown and what is chosen. */
import type { Model } from "../../page/view-type.ts";
import type { StudyNodeState } from "../state.ts";
import { type Direction, pathTo, topShare, winnerOf } from "../study.ts";

/** One tab, drawn anew whenever something that it shows has changed. */
export interface Tab {
  readonly name: string;
  readonly element: HTMLElement;
  /** Whether the filters above the tabs (best share, log axis) say something here. */
  readonly filtered: boolean;
  /** @param width of the place, in pixels */
  draw(width: number): void;
}

export class StudyPage {
  readonly model: Model;
  /** The best share that is shown, in percent, and whether scores are drawn on a log axis. */
  top = 100;
  log = false;
  /** What the shared selection holds. */
  chosen: ReadonlySet<number> = new Set();
  choose: (indices: readonly number[]) => void = () => {};
  /** Draws what is in front; several calls in one frame are one. */
  redraw: () => void = () => {};

  constructor(model: Model) {
    this.model = model;
  }

  get nodes(): readonly StudyNodeState[] {
    return this.model.get("nodes");
  }

  get direction(): Direction {
    return this.model.get("direction");
  }

  get scoreName(): string {
    return this.model.get("scoreName");
  }

  get open(): StudyNodeState | undefined {
    const id = this.model.get("node");
    return this.nodes.find((node) => node.id === id);
  }

  get winner(): StudyNodeState | undefined {
    return winnerOf(this.nodes, this.direction);
  }

  get winnersPath(): ReadonlySet<string> {
    return new Set(pathTo(this.nodes, this.winner?.id).map(({ id }) => id));
  }

  /** The nodes with a score that are among the best share, in the order of the study. */
  get shown(): readonly StudyNodeState[] {
    const best = topShare(this.nodes, this.direction, this.top);
    return this.nodes.filter(({ id }) => best.has(id));
  }

  show(id: string): void {
    if (this.model.get("node") === id) return;
    this.model.set("node", id);
    this.model.save_changes();
  }
}

export const stateWords: Readonly<Record<StudyNodeState["state"], string>> = {
  waiting: "waiting",
  running: "running",
  kept: "kept",
  pruned: "pruned",
  failed: "failed",
  winner: "winner",
};

export const stateMarks: Readonly<Record<StudyNodeState["state"], string>> = {
  waiting: "◌",
  running: "▶",
  kept: "●",
  pruned: "○",
  failed: "✕",
  winner: "★",
};

export function number(value: number, digits = 4): string {
  return String(Number(value.toPrecision(digits)));
}

export function scoreText({ score, spread }: Pick<StudyNodeState, "score" | "spread">): string {
  if (score === null) return "no score";
  return spread === null ? number(score) : `${number(score)} ± ${number(spread, 2)}`;
}

export const signed = (value: number) => `${value > 0 ? "+" : ""}${number(value)}`;

/** Words for a screen reader, and for who points at it. */
export function describe(node: StudyNodeState): string {
  return [
    `${node.name}, ${stateWords[node.state]}`,
    scoreText(node),
    ...(node.reason === "" ? [] : [node.reason]),
  ].join("; ");
}

/** So much of a text as fits, in type of 12 pixels. */
export function shorten(text: string, width: number): string {
  const most = Math.max(3, Math.floor(width / 6.6));
  if (text.length <= most) return text;
  // Never half a character, nor a joiner with nothing to join.
  return `${text.slice(0, most - 1).replace(/[\ud800-\udbff\u200d]+$/, "")}…`;
}
