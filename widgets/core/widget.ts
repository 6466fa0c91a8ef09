/**
 * A widget on the kernel's side: a state with a schema, kept equal to that of its views on the page.
 *
 * `set` here shows there, a person's gesture there arrives here; each side tells only what changed. A value of the page that does not
 * fit the schema is answered with the one that stands. The wire is that of Jupyter's widgets (messaging protocol 2.1), the page's half
 * an anywidget (Manz, Abdennur, Gehlenborg 2024, "anywidget: reusable widgets for interactive analysis and visualization").
 */
import { randomUUID } from "node:crypto";
import type { z } from "zod";
import { CellwrightError } from "../../src/errors.ts";
import { assetsOf } from "./assets.ts";
import { joinBuffers, splitBuffers } from "./buffers.ts";
import { type CommMessage, commHost, type WidgetComm } from "./comm-host.ts";
import { announce, withdraw } from "./control.ts";

/** MIME type to data, as a notebook shows it. */
export type MimeBundle = Readonly<Record<string, unknown>>;

const displaySymbol: unique symbol = Symbol.for("Jupyter.display") as never;
const VIEW = "application/vnd.jupyter.widget-view+json";
const PROTOCOL = "2.1.0";

/** Where a change came from. */
export type Origin = "kernel" | "page";
type Observer = (value: never, previous: never, origin: Origin) => void;
type CustomHandler = (content: unknown, buffers: readonly Uint8Array[]) => unknown;
type CommandHandler = (message: unknown, buffers: readonly Uint8Array[]) => CommandAnswer | Promise<CommandAnswer>;

/** What a command answers: a JSON value, or one with buffers. */
export type CommandAnswer = { readonly response: unknown; readonly buffers?: readonly Uint8Array[] };

export interface WidgetOptions<Schema extends z.ZodObject> {
  /** The widget's folder in `widgets/`: the name of its module and style sheet. */
  readonly name: string;
  /** The state: fields with defaults. Typed arrays travel as bytes. */
  readonly schema: Schema;
}

export abstract class Widget<Schema extends z.ZodObject = z.ZodObject> {
  readonly id: string = randomUUID();
  readonly #name: string;
  readonly #schema: Schema;
  #state: z.output<Schema>;
  #comm: WidgetComm | undefined;
  #closed = false;
  readonly #observers = new Map<string, Set<Observer>>();
  readonly #custom = new Set<CustomHandler>();
  readonly #commands = new Map<string, CommandHandler>();

  /** @throws CW_WIDGET_STATE where a field does not fit the schema */
  constructor({ name, schema }: WidgetOptions<Schema>, state: z.input<Schema>) {
    this.#name = name;
    this.#schema = schema;
    this.#state = check(schema, state, name);
  }

  /** A field of the state. Treat it as read only: `set` is what tells the page. */
  get<Key extends keyof z.output<Schema> & string>(key: Key): z.output<Schema>[Key] {
    return this.#state[key];
  }

  /**
   * Changes fields, here and on the page, in one message.
   *
   * @throws CW_WIDGET_STATE where a field does not fit the schema; nothing is changed then
   */
  set(changes: Partial<z.input<Schema>>): void {
    this.#apply(this.#checked(changes), "kernel");
  }

  /** Calls back after each change of a field, whichever side made it. Returns what ends it. */
  observe<Key extends keyof z.output<Schema> & string>(
    key: Key,
    observer: (value: z.output<Schema>[Key], previous: z.output<Schema>[Key], origin: Origin) => void,
  ): () => void {
    const observers = this.#observers.get(key) ?? new Set();
    this.#observers.set(key, observers.add(observer as Observer));
    return () => observers.delete(observer as Observer);
  }

  /** Calls back for each custom message of the page. Returns what ends it. */
  on(_event: "custom", handler: CustomHandler): () => void {
    this.#custom.add(handler);
    return () => this.#custom.delete(handler);
  }

  /** Sends a custom message to every view. */
  send(content: unknown, buffers: readonly Uint8Array[] = []): void {
    this.#comm?.send({ method: "custom", content }, { buffers });
  }

  /** What the page's `invoke(name, message)` gets; an error that is thrown reaches the page as its message. */
  protected command(name: string, handler: CommandHandler): void {
    this.#commands.set(name, handler);
  }

  /** What stands where no widget can: HTML without scripts, a PNG, a text. `text/plain` is always there. */
  protected abstract fallback(): MimeBundle | Promise<MimeBundle>;

  /** Whether the widget is one that others refer to and that has no view of its own. */
  protected get headless(): boolean {
    return false;
  }

  /** The widget as it is now, without a kernel and without scripts: what a notebook can keep for ever. */
  async snapshot(): Promise<{ [displaySymbol](): MimeBundle }> {
    const bundle = await this.fallback();
    return { [displaySymbol]: () => bundle };
  }

  /** Shows the widget. The page's model is opened when it is first needed. */
  [displaySymbol](): MimeBundle | Promise<MimeBundle> {
    const bundle = this.fallback();
    if (this.#closed || this.headless || !this.open()) return bundle;
    const view = { [VIEW]: { version_major: 2, version_minor: 0, model_id: this.id } };
    return bundle instanceof Promise ? bundle.then((made) => ({ ...view, ...made })) : { ...view, ...bundle };
  }

  /** Opens the model on the page, without showing it. False where there is no page to open it on. */
  open(): boolean {
    if (this.#comm !== undefined) return true;
    const host = commHost();
    if (host === undefined || this.#closed) return false;
    const { state, bufferPaths, buffers } = splitBuffers(this.fullState());
    const metadata = { version: PROTOCOL };
    this.#comm = host.open("jupyter.widget", { state, buffer_paths: bufferPaths }, { id: this.id, metadata, buffers });
    this.#comm.onMessage = (message) => this.#receive(message);
    this.#comm.onClose = () => this.#forget();
    announce(host, this);
    return true;
  }

  /** Takes the widget off the page for good. Its state can still be read. */
  close(): void {
    if (this.#closed) return;
    this.#comm?.close();
    this.#forget();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The state, and the fields that say which module draws it. */
  fullState(): Record<string, unknown> {
    const { module, style } = assetsOf(this.#name);
    return {
      _model_module: "anywidget",
      _model_name: "AnyModel",
      _model_module_version: "0",
      _view_module: this.headless ? null : "anywidget",
      _view_name: this.headless ? null : "AnyView",
      _view_module_version: "0",
      _view_count: null,
      _anywidget_id: `cellwright.${this.#name}`,
      _esm: module,
      _css: style,
      ...this.#state,
    };
  }

  #forget(): void {
    this.#closed = true;
    this.#comm = undefined;
    withdraw(this.id);
  }

  #checked(changes: Readonly<Record<string, unknown>>): Partial<z.output<Schema>> {
    const unknown = Object.keys(changes).find((key) => !Object.hasOwn(this.#schema.shape, key));
    if (unknown !== undefined) {
      throw new CellwrightError(
        "CW_WIDGET_STATE",
        `${this.#name} has no field ${JSON.stringify(unknown)}; its fields are ${Object.keys(this.#schema.shape).join(", ")}`,
      );
    }
    // Field by field: a large array that has not changed is not looked at again.
    const fields = this.#schema
      .partial()
      .pick(Object.fromEntries(Object.keys(changes).map((key) => [key, true])) as never);
    return check(fields, changes, this.#name) as Partial<z.output<Schema>>;
  }

  #apply(changes: Partial<z.output<Schema>>, origin: Origin): void {
    const previous = this.#state;
    const changed = Object.keys(changes).filter((key) => !Object.is(changes[key], previous[key]));
    if (changed.length === 0) return;
    this.#state = { ...previous, ...changes };
    if (origin === "kernel") this.#tell(Object.fromEntries(changed.map((key) => [key, changes[key]])), "update");
    for (const key of changed) {
      for (const observer of [...(this.#observers.get(key) ?? [])]) {
        observer(this.#state[key] as never, previous[key] as never, origin);
      }
    }
  }

  #tell(changes: Readonly<Record<string, unknown>>, method: "update" | "echo_update"): void {
    if (this.#comm === undefined) return;
    const { state, bufferPaths, buffers } = splitBuffers(changes);
    this.#comm.send({ method, state, buffer_paths: bufferPaths }, { buffers });
  }

  #receive({ data, buffers }: CommMessage): unknown {
    if (data.method === "request_state") return this.#tell(this.fullState(), "update");
    if (data.method === "update") return this.#update(data, buffers);
    if (data.method === "custom") return this.#receiveCustom(data.content, buffers);
    return undefined;
  }

  /** Echoed before anything else happens: the page then knows which of its own changes has come back. */
  #update(data: CommMessage["data"], buffers: readonly Uint8Array[]): void {
    const sent = joinBuffers((data.state ?? {}) as Record<string, unknown>, data.buffer_paths, buffers);
    const own = Object.fromEntries(Object.entries(sent).filter(([key]) => Object.hasOwn(this.#schema.shape, key)));
    this.#tell(own, "echo_update");
    let changes: Partial<z.output<Schema>>;
    try {
      changes = this.#checked(own);
    } catch {
      this.#tell(Object.fromEntries(Object.keys(own).map((key) => [key, this.#state[key]])), "update");
      return;
    }
    this.#apply(changes, "page");
  }

  async #receiveCustom(content: unknown, buffers: readonly Uint8Array[]): Promise<void> {
    const { kind, id, name, msg } = (content ?? {}) as { kind?: unknown; id?: unknown; name?: unknown; msg?: unknown };
    if (kind === "anywidget-command") return this.#run(id, String(name), msg, buffers);
    for (const handler of [...this.#custom]) await handler(content, buffers);
  }

  async #run(id: unknown, name: string, message: unknown, buffers: readonly Uint8Array[]): Promise<void> {
    const reply = ({ response, buffers: bytes = [] }: CommandAnswer) =>
      this.#comm?.send(
        { method: "custom", content: { id, kind: "anywidget-command-response", response } },
        { buffers: bytes },
      );
    const handler = this.#commands.get(name);
    try {
      if (handler === undefined)
        throw new CellwrightError("CW_WIDGET_COMMAND", `${this.#name} knows no command ${name}`);
      reply(await handler(message, buffers));
    } catch (error) {
      reply({ response: { error: error instanceof Error ? error.message : String(error) } });
    }
  }
}

function check<Schema extends z.ZodObject>(schema: Schema, state: unknown, name: string): z.output<Schema> {
  const result = schema.safeParse(state);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue!.path.length > 0 ? `field ${issue!.path.join(".")}` : "state";
  throw new CellwrightError("CW_WIDGET_STATE", `${name}: ${field}: ${issue!.message.toLowerCase()}`);
}
