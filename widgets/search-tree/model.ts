/**
 * A search as it runs: every node with its score, its reason and its difference to its parent; history, waterfall, parallel coordinates and importances of the same nodes.
 *
 * It listens to the metalearner, to the optimizers' race and to any study that tells its nodes. What a person does on the page (stop, prune, enqueue) comes back as a signal and as
 * requests; a study that cannot honour one does not get its button.
 */
import type { Dataset } from "../../src/data/index.ts";
import { CellwrightError } from "../../src/errors.ts";
import type { OptimizationEvent, SearchNode, SearchTree } from "../../src/learn/index.ts";
import { treeFigure } from "../../src/plot/index.ts";
import type { MimeBundle } from "../core/widget.ts";
import { LinkedWidget } from "../selection/linked-widget.ts";
import type { Selection } from "../selection/model.ts";
import {
  isSearchNode,
  nodeOfSearch,
  nodeOfTrial,
  nodesOfTree,
  regularizationStudy,
  type SearchEvent,
  type StudyDescription,
  type StudyEvent,
} from "./events.ts";
import { mostPictures, sheetOf } from "./pictures.ts";
import { RequestQueue, type StudyRequest } from "./requests.ts";
import { type StudyNode, type StudyNodeState, schema, studyNode } from "./state.ts";
import { ranked, winnerOf } from "./study.ts";

export interface SearchTreeOptions extends StudyDescription {
  /** The nodes to begin with: of any study, or of the tree of a finished metalearner's search. */
  readonly nodes?: readonly StudyNode[] | SearchTree;
  /** The images that the search judges by: the samples that decided are then shown, and can be chosen. */
  readonly data?: Dataset;
  /** Called when a person prunes a node; an error that it throws is shown on the page. */
  readonly onPrune?: (node: StudyNodeState) => unknown;
  /** Called when a person enqueues a configuration, made from a node's. */
  readonly onEnqueue?: (configuration: StudyNodeState["configuration"], node: StudyNodeState) => unknown;
  /** A selection that other widgets share. */
  readonly selection?: Selection;
}

/** Milliseconds between two updates of the page; a thousandth of a second more for each node. */
const interval = 100;
const chosenPictures = 24;

/**
 * Shows a search.
 *
 * @example
 * const tree = new SearchTreeWidget({ data: data.validation });
 * display(tree);
 * const { params } = await tree.follow((onEvent, signal) =>
 *   learnRegularizationParams(model, data, { optimization: { epochs: 10 }, onEvent, signal }));
 */
export class SearchTreeWidget extends LinkedWidget<typeof schema> {
  readonly #options: SearchTreeOptions;
  readonly #nodes = new Map<string, StudyNodeState>();
  readonly #places: ReadonlyMap<string, number>;
  #stop: AbortController | undefined;
  #queue: RequestQueue | undefined;
  #timer: NodeJS.Timeout | undefined;
  #pictured = "";

  /** @throws CW_WIDGET_STATE where a node does not fit */
  constructor(options: SearchTreeOptions = {}) {
    const { nodes = [], data, onPrune, onEnqueue, selection, ...description } = options;
    const finished = Array.isArray(nodes) ? undefined : (nodes as SearchTree);
    super(
      { name: "search-tree", schema },
      {
        ...(finished && { ...regularizationStudy, status: "completed" }),
        ...description,
        canPrune: onPrune !== undefined,
        canEnqueue: onEnqueue !== undefined,
      },
      selection,
    );
    this.#options = options;
    this.#places = new Map(data?.ids.map((id, index) => [id, index]));
    for (const node of finished ? nodesOfTree(finished) : (nodes as readonly StudyNode[])) this.#put(node);
    if (finished) this.set({ progress: { cost: finished.cost.total, budget: finished.cost.budget } });
    this.flush();
    this.on("custom", (content) => this.#asked(content as Record<string, unknown>));
  }

  /** Every node so far, in the order in which they were first told. */
  get nodes(): readonly StudyNodeState[] {
    return [...this.#nodes.values()];
  }

  /** The node that is open on the page. */
  get node(): StudyNodeState | undefined {
    return this.#nodes.get(this.get("node"));
  }

  /** The node that the study calls its winner, or else the best one so far. */
  get winner(): StudyNodeState | undefined {
    return winnerOf(this.nodes, this.get("direction"));
  }

  /**
   * Takes in one event of a search. It may be passed on by itself: `learnRegularizationParams(model, data, { …, onEvent: tree.onEvent })`.
   *
   * @throws CW_WIDGET_STATE where a node does not fit
   */
  readonly onEvent = (event: SearchEvent): void => {
    switch (event.type) {
      case "searchStart":
        this.set({ ...regularizationStudy, ...this.#description, status: "running" });
        return;
      case "node": {
        const { node } = event as { node: SearchNode | StudyNode };
        this.#put(isSearchNode(node) ? nodeOfSearch(node) : node);
        break;
      }
      case "trial":
        this.#put(nodeOfTrial(event as Extract<OptimizationEvent, { type: "trial" }>));
        break;
      case "searchProgress": {
        const { cost, budget } = event as Extract<StudyEvent, { type: "searchProgress" }>;
        this.set({ progress: { cost, budget: budget ?? null } });
        return;
      }
      case "searchEnd": {
        const { tree, complete } = event as unknown as { tree: SearchTree; complete: boolean };
        for (const node of nodesOfTree(tree)) this.#put(node);
        this.flush();
        this.set({ status: complete ? "completed" : "stopped" });
        return;
      }
      default:
        return;
    }
    this.#soon();
  };

  /** Runs a search to its end and shows it: `begin` gets what to tell events to, and a signal that the page's stop aborts. */
  async follow<Result>(
    begin: (onEvent: (event: SearchEvent) => void, signal: AbortSignal) => Promise<Result>,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<Result> {
    const stop = new AbortController();
    this.#stop = stop;
    this.set({ status: "running", message: "" });
    try {
      const result = await begin(this.onEvent, signal ? AbortSignal.any([signal, stop.signal]) : stop.signal);
      const stopped = stop.signal.aborted || signal?.aborted;
      if (this.get("status") !== "stopped") this.set({ status: stopped ? "stopped" : "completed" });
      return result;
    } catch (error) {
      const stopped = stop.signal.aborted || signal?.aborted;
      const message = error instanceof Error ? error.message : String(error);
      this.set(stopped ? { status: "stopped" } : { status: "failed", message });
      throw error;
    } finally {
      this.#stop = undefined;
      this.#queue?.end();
      this.flush();
    }
  }

  /** The same for a study that yields its events. The last one, or undefined where there was none. */
  watch<Event extends SearchEvent>(
    begin: (signal: AbortSignal) => AsyncIterable<Event>,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<Event | undefined> {
    return this.follow(async (onEvent, signal) => {
      let last: Event | undefined;
      for await (const event of begin(signal)) {
        onEvent(event);
        last = event;
      }
      return last;
    }, options);
  }

  /** Aborts the signal of the search that is followed. */
  stop(): void {
    if (this.#stop === undefined) return;
    this.set({ status: "stopping" });
    this.#stop.abort();
  }

  /**
   * What a person asks on the page, for a study that reads it between its trials: from this call on the page offers prune and enqueue. The iterable ends with the search that is
   * followed; `take()` gives what waits without waiting for more.
   */
  requests(): AsyncIterable<StudyRequest> & { take(): StudyRequest[] } {
    this.#queue = new RequestQueue();
    this.set({ canPrune: true, canEnqueue: true });
    return this.#queue;
  }

  /** Sends the page what it has not seen yet; otherwise nodes are sent a few times a second. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.set({ nodes: this.nodes as StudyNodeState[] });
    this.#picture();
  }

  override close(): void {
    clearTimeout(this.#timer);
    super.close();
  }

  protected override showSelection(): void {
    this.#picture();
  }

  protected override fallback(): MimeBundle | Promise<MimeBundle> {
    const nodes = this.nodes;
    const winner = this.winner;
    const best = winner ? `; the best: ${winner.name}, ${scoreText(winner)}` : "";
    const text = `${this.get("title")}: ${nodes.length} ${nodes.length === 1 ? "node" : "nodes"}${best}`;
    if (nodes.length === 0) return { "text/plain": text };
    const shown = excerpt(nodes, this.get("direction"));
    const left = nodes.length - shown.length;
    const figure = treeFigure(
      shown.map(({ id, parent, name, state, ...node }) => ({
        id,
        parent: shown.some((other) => other.id === parent) ? parent : null,
        label: name,
        figures: `${scoreText(node)}${state === "failed" ? ", failed" : ""}`,
        state: id === winner?.id ? "winner" : state === "pruned" || state === "failed" ? "pruned" : "kept",
      })),
      { title: left > 0 ? `${this.get("title")}: the best ${shown.length} of ${nodes.length}` : this.get("title") },
    );
    const reasons = shown.map(({ name, state, reason, ...node }) => `${name}: ${state}, ${scoreText(node)}. ${reason}`);
    const described = [text, ...reasons].join("\n");
    return figure.toPNG({ scale: 1 }).then(
      (png) => ({ "image/png": Buffer.from(png).toString("base64"), "text/plain": described }),
      () => ({ "text/plain": described }),
    );
  }

  get #description(): StudyDescription {
    const { title, scoreName, direction, costUnit } = this.#options;
    return Object.fromEntries(
      Object.entries({ title, scoreName, direction, costUnit }).filter(([, value]) => value !== undefined),
    );
  }

  /** A node that is there already takes over what is told anew. */
  #put(told: StudyNode): void {
    const before = this.#nodes.get(told.id);
    const finite = { score: numberOf(told.score), spread: numberOf(told.spread), cost: numberOf(told.cost) };
    const own = Object.fromEntries(Object.entries({ ...told, ...finite }).filter(([, value]) => value !== undefined));
    const result = studyNode.safeParse({ ...before, ...own });
    if (!result.success) {
      const [issue] = result.error.issues;
      const where = issue!.path.join(".") || "id";
      throw new CellwrightError(
        "CW_WIDGET_STATE",
        `search-tree: node ${JSON.stringify(told.id)}: ${where}: ${issue!.message.toLowerCase()}`,
      );
    }
    const node = result.data;
    const samples = node.samples.map((sample) => ({ ...sample, index: sample.index ?? this.#placeOf(sample.id) }));
    this.#nodes.set(node.id, { ...node, name: node.name || node.id, samples });
  }

  #placeOf(id: string): number | null {
    return this.#places.get(id) ?? null;
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => this.flush(), interval + this.#nodes.size).unref();
  }

  /** Draws the samples of the nodes, and those that are chosen, where they have changed. */
  #picture(): void {
    const { data } = this.#options;
    if (data === undefined) return;
    const indices = new Set(this.sharedSelection.indices.filter((index) => index < data.size).slice(0, chosenPictures));
    for (const { samples } of ranked(this.nodes, this.get("direction"))) {
      for (const { index } of samples) if (index !== null && indices.size < mostPictures) indices.add(index);
    }
    const key = [...indices].join();
    if (key === this.#pictured) return;
    this.#pictured = key;
    const { pictures, png } = sheetOf(data, [...indices]);
    this.set({ pictures, _pictures: png });
  }

  async #asked(content: Readonly<Record<string, unknown>>): Promise<void> {
    const node = this.#nodes.get(String(content.node));
    if (content.type === "stop") this.stop();
    else if (content.type === "prune" && node !== undefined) await this.#answer({ type: "prune", node: node.id }, node);
    else if (content.type === "enqueue" && node !== undefined) {
      const result = schema.shape.nodes.unwrap().element.shape.configuration.safeParse(content.configuration);
      if (result.success) await this.#answer({ type: "enqueue", node: node.id, configuration: result.data }, node);
    }
  }

  async #answer(request: StudyRequest, node: StudyNodeState): Promise<void> {
    const { onPrune, onEnqueue } = this.#options;
    const handler = request.type === "prune" ? onPrune : onEnqueue;
    let answer = "asked for";
    try {
      if (handler === undefined && this.#queue === undefined) answer = "this search does not take requests";
      else {
        this.#queue?.add(request);
        if (request.type === "prune") await onPrune?.(node);
        else await onEnqueue?.(request.configuration as StudyNodeState["configuration"], node);
        if (handler !== undefined) answer = "done";
      }
    } catch (error) {
      answer = error instanceof Error ? error.message : String(error);
    }
    this.set({ requests: [...this.get("requests"), { type: request.type, node: node.id, answer }] });
  }
}

/** JSON knows no NaN, and a score that is none is none. */
function numberOf(value: number | null | undefined): number | null | undefined {
  return typeof value === "number" && !Number.isFinite(value) ? null : value;
}

function scoreText({ score, spread }: Pick<StudyNodeState, "score" | "spread">): string {
  if (score === null) return "no score";
  return `${Number(score.toPrecision(5))}${spread === null ? "" : ` ± ${Number(spread.toPrecision(2))}`}`;
}

/** So many nodes as a picture can show: the best, in their order. Parents before children, or the figure would refuse them. */
function excerpt(nodes: readonly StudyNodeState[], direction: "minimize" | "maximize"): StudyNodeState[] {
  const best = new Set(
    ranked(nodes, direction)
      .slice(0, 40)
      .map(({ id }) => id),
  );
  const kept = nodes.length <= 40 ? [...nodes] : nodes.filter(({ id }) => best.has(id));
  const place = new Map(kept.map(({ id }, at) => [id, at]));
  return kept.map((node, at) =>
    (place.get(node.parent ?? "") ?? Number.POSITIVE_INFINITY) < at ? node : { ...node, parent: null },
  );
}
