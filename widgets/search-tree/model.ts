/**
 * A search as it runs: every node with its score, its reason and its difference to its parent; history, waterfall, parallel coordinates and importances of the same nodes.
 *
 * It listens to the metalearner, to the optimizers' race and to any study that tells its nodes. What a person does on the page (stop, prune, enqueue) comes back as a signal and as
 * requests; a study that cannot honour one does not get its button.
 */
import type { OptimizationEvent, RegularizationEvent, SearchNode, SearchTree } from "../../src/learn/index.ts";
import type { MimeBundle } from "../core/widget.ts";
import { LinkedWidget } from "../selection/linked-widget.ts";
import {
  isSearchNode,
  nodeOfCandidate,
  nodeOfSearch,
  nodeOfTrial,
  nodesOfTree,
  regularizationStudy,
  type SearchEvent,
  type StudyDescription,
  type StudyEvent,
} from "./events.ts";
import { studyFallback } from "./fallback.ts";
import { readNode } from "./node.ts";
import type { SearchTreeOptions } from "./options.ts";
import { mostPictures, picturesOf } from "./pictures.ts";
import { RequestQueue, type StudyRequest } from "./requests.ts";
import { type StudyNode, type StudyNodeState, schema } from "./state.ts";
import { ranked, winnerOf } from "./study.ts";

/** Milliseconds between two updates of the page; a thousandth of a second more for each node. */
const interval = 100;
const chosenPictures = 24;
const unanswered = "asked for";

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
      case "candidate":
        this.#put(nodeOfCandidate(event as Extract<RegularizationEvent, { type: "candidate" }>));
        break;
      case "answer": {
        const { request, answer } = event as Extract<StudyEvent, { type: "answer" }>;
        this.#say(request, answer);
        return;
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
        for (const { id, state } of this.nodes) {
          if (state === "waiting" || state === "running")
            this.#put({ id, state: "pruned", reason: "not reached before the search ended" });
        }
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
      for (const request of this.#queue?.end() ?? []) this.#say(request, "not read: the search has ended");
      this.#queue = undefined;
      const { onPrune, onEnqueue } = this.#options;
      this.set({ canPrune: onPrune !== undefined, canEnqueue: onEnqueue !== undefined });
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
   * What a person asks on the page, for a study that reads it between its trials: from this call until the end of the search that is followed the page offers prune and enqueue, and then the
   * iterable ends, too. `take()` gives what waits without waiting for more. An event `{ type: "answer", request, answer }` says on the page what became of a request.
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
    return studyFallback(this.get("title"), this.nodes, this.get("direction"));
  }

  get #description(): StudyDescription {
    const { title, scoreName, direction, costUnit } = this.#options;
    return Object.fromEntries(
      Object.entries({ title, scoreName, direction, costUnit }).filter(([, value]) => value !== undefined),
    );
  }

  /** A node that is there already takes over what is told anew. */
  #put(told: StudyNode): void {
    const node = readNode(told, this.#nodes.get(told.id), (id) => this.#places.get(id));
    this.#nodes.set(node.id, node);
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => this.flush(), interval + this.#nodes.size).unref();
  }

  /** Draws the samples of the nodes, and those that are chosen, where they have changed. */
  #picture(): void {
    const { data } = this.#options;
    if (data === undefined) return;
    const indices = new Set(this.sharedSelection.indices.filter((index) => index < data.size).slice(0, chosenPictures));
    for (const { samples } of [...ranked(this.nodes, this.get("direction")), ...this.nodes]) {
      for (const { index } of samples) if (index !== null && indices.size < mostPictures) indices.add(index);
    }
    const key = [...indices].join();
    if (key === this.#pictured) return;
    this.#pictured = key;
    const { pictures, png } = picturesOf(data, [...indices]);
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
    if (handler === undefined && this.#queue === undefined) {
      this.#say(request, "this search does not take requests");
      return;
    }
    this.#say(request, unanswered);
    this.#queue?.add(request);
    if (handler === undefined) return;
    try {
      if (request.type === "prune") await onPrune?.(node);
      else await onEnqueue?.(request.configuration as StudyNodeState["configuration"], node);
      this.#say(request, "done");
    } catch (error) {
      this.#say(request, error instanceof Error ? error.message : String(error));
    }
  }

  /** Answers the first request of its kind that waits for an answer. */
  #say({ type, node }: Pick<StudyRequest, "type" | "node">, answer: string): void {
    const requests = [...this.get("requests")];
    const at = requests.findIndex((own) => own.type === type && own.node === node && own.answer === unanswered);
    requests.splice(at === -1 ? requests.length : at, 1, { type, node, answer });
    this.set({ requests });
  }
}
