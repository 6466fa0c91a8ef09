/**
 * The page's half of `vscode-page.ts`: what VS Code's Jupyter extension does in the webview of a notebook, as far as widgets see it.
 *
 * Its order (read in microsoft/vscode-jupyter, src/webviews/webview-side/ipywidgets): the manager is loaded and hands the three modules of
 * Jupyter's widgets to requirejs; it gets a connection to the kernel and something that finds the modules of widgets; an output is
 * drawn once the kernel's message that shows it has come and its model is there, in an element with a class of the extension's.
 */
import { KernelManager, ServerConnection } from "@jupyterlab/services";

type KernelConnection = Awaited<ReturnType<KernelManager["startNew"]>>;

/** As much of the manager as the extension uses. */
interface Manager {
  get_model(id: string): Promise<unknown>;
  create_view(model: unknown, options: { el: HTMLElement }): Promise<unknown>;
  display_view(message: unknown, view: unknown, options: { node: HTMLElement }): Promise<unknown>;
}

interface ScriptLoader {
  readonly widgetsRegisteredInRequireJs: ReadonlySet<string>;
  loadWidgetScript(name: string, version: string): Promise<void>;
  errorHandler(className: string, name: string, version: string, error: unknown): void;
  successHandler(className: string, name: string, version: string): void;
}

type ManagerClass = new (
  kernel: KernelConnection,
  container: HTMLElement | undefined,
  scripts: ScriptLoader,
  log: (message: string) => void,
) => Manager;

interface Loader {
  load(): void;
}

type Page = typeof globalThis & {
  requirejs: { config(settings: { paths: Readonly<Record<string, string>> }): void };
  vscIPyWidgets7?: Loader;
  vscIPyWidgets8?: Loader;
  vscIPyWidgets?: { readonly WidgetManager: ManagerClass };
  vscode?: Notebook;
};

export interface WebviewOptions {
  /** The Jupyter server's address and token. */
  readonly server: string;
  readonly token: string;
  /** The address of the manager's module. */
  readonly manager: string;
  /** Where modules of widgets are, by their names: those that the extension found in the kernel's environment. */
  readonly modules: Readonly<Record<string, string>>;
  /** Where another one is asked for, as `NAME@VERSION/dist/index.js`. */
  readonly cdn: string;
}

const widgetView = "application/vnd.jupyter.widget-view+json";

/** A notebook's outputs, and the kernel that fills them. */
class Notebook {
  /** What was asked of the CDN. */
  readonly asked: string[] = [];
  readonly #kernel: KernelConnection;
  readonly #manager: Manager;

  constructor(kernel: KernelConnection, Manager: ManagerClass, { modules, cdn }: WebviewOptions) {
    const { requirejs } = globalThis as Page;
    const registered = new Set(Object.keys(modules));
    requirejs.config({ paths: modules });
    this.#kernel = kernel;
    this.#manager = new Manager(
      kernel,
      undefined,
      {
        widgetsRegisteredInRequireJs: registered,
        loadWidgetScript: async (name, version) => {
          this.asked.push(`${name}@${version}`);
          requirejs.config({ paths: { [name]: `${cdn}${name}@${version}/dist/index` } });
          registered.add(name);
        },
        errorHandler: (className, name, version, error) => console.error(`${name}@${version}: ${className}`, error),
        successHandler: () => {},
      },
      () => {},
    );
  }

  static async open(options: WebviewOptions): Promise<Notebook> {
    const page = globalThis as Page;
    const module = (await import(options.manager)) as { activate(): void };
    module.activate();
    (page.vscIPyWidgets7 ?? page.vscIPyWidgets8)!.load();
    const serverSettings = ServerConnection.makeSettings({
      baseUrl: options.server,
      wsUrl: options.server.replace(/^http/, "ws"),
      token: options.token,
      appendToken: true,
    });
    const kernel = await new KernelManager({ serverSettings }).startNew({ name: "cellwright" });
    return new Notebook(kernel, page.vscIPyWidgets!.WidgetManager, options);
  }

  /** Runs code and shows below `cell` what it shows; resolves when it has been sent. */
  run(code: string, cell: HTMLElement): void {
    cell.replaceChildren();
    this.#kernel.requestExecute({ code }).onIOPub = ({ content }) => {
      const { data, text, evalue } = content as { data?: Record<string, unknown>; text?: string; evalue?: string };
      const view = data?.[widgetView] as { model_id: string } | undefined;
      const words = data?.["text/plain"] ?? text ?? evalue;
      if (view === undefined && words === undefined) return;
      const output = cell.appendChild(document.createElement("div"));
      output.className = "output";
      if (view === undefined) output.textContent = String(words);
      else void this.#draw(view, output);
    };
  }

  async #draw(view: { readonly model_id: string }, output: HTMLElement): Promise<void> {
    const element = document.createElement("div");
    output.classList.add("cell-output-ipywidget-background");
    element.className = "cell-output-ipywidget-background";
    element.tabIndex = 0;
    element.setAttribute("role", "region");
    element.setAttribute("aria-label", "Interactive widget output");
    output.append(element);
    const model = await this.#manager.get_model(view.model_id);
    const made = await this.#manager.create_view(model, { el: element });
    await this.#manager.display_view(view, made, { node: element });
  }
}

export type { Notebook };

/** Called by the test: makes the page's notebook. */
export async function open(options: WebviewOptions): Promise<void> {
  (globalThis as Page).vscode = await Notebook.open(options);
}
