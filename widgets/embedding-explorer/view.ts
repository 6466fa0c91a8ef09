/** The page's half of the embedding explorer: toolbar, plot, legend, and the panels beside them. */
import { int32 } from "../page/binary.ts";
import { h } from "../page/elements.ts";
import { watchesKernel } from "../page/kernel-watch.ts";
import { sharedSelection } from "../page/selection.ts";
import { tableTwin } from "../page/table-twin.ts";
import { onThemeChange, themeOf } from "../page/theme.ts";
import { hasKernel, type View } from "../page/view-type.ts";
import type { Camera } from "./camera.ts";
import { paletteOf } from "./colors.ts";
import { nearest } from "./neighbors.ts";
import { pixel } from "./raster.ts";
import { combine, invert, type Operation } from "./regions.ts";
import type { Coloring, Pair } from "./state.ts";
import { attachGestures } from "./view/gestures.ts";
import { factsOf, knownOf, nameOf, tableOf, valuesOf } from "./view/known.ts";
import { Legend } from "./view/legend.ts";
import { Grid, type PanelContext, pairList, picture, pointCard, redraw } from "./view/panels.ts";
import { Plot } from "./view/plot.ts";
import { type Invoke, Thumbnails } from "./view/thumbnails.ts";
import { Toolbar } from "./view/toolbar.ts";

const view: View = {
  render({ model, el, signal, experimental }) {
    el.classList.add("cw", "cw-embedding");
    const set = (changes: Readonly<Record<string, unknown>>) => {
      for (const [key, value] of Object.entries(changes)) model.set(key, value);
      model.save_changes();
    };
    const ended = new AbortController();
    signal.addEventListener("abort", () => ended.abort());
    let known = knownOf(model);
    const thumbnails = new Thumbnails(model, experimental.invoke as unknown as Invoke, () => {
      plot.drawOverlay();
      redraw(el, thumbnails);
    });
    const plot = new Plot(
      thumbnails,
      later(300, ended.signal, (camera: Camera | null) => {
        set({ camera: camera && [camera.x, camera.y, camera.scale] });
      }),
    );
    const shared = sharedSelection(model, "embedding-explorer", ended.signal, () => showChosen());
    const count = () => known.points.length >> 1;
    const chosen = () => shared.indices().filter((index) => index < count());
    const focus = (index: number) => set({ focus: index });
    const context: PanelContext = {
      thumbnails,
      name: (index) => nameOf(known, index),
      facts: (index) => factsOf(known, index),
      focus,
      choosePair: ({ first, second }: Pair) => {
        shared.choose([first, second]);
        plot.reveal(first);
        focus(first);
      },
    };

    const toolbar = new Toolbar(model, {
      color: (color) => set({ color }),
      tag: (tag) => set({ tag }),
      invert: () => shared.choose(invert(known.points, chosen())),
      clear: () => shared.choose([]),
      reset: () => plot.reset(),
      thumbnails: (shown) => {
        plot.showThumbnails = shown;
        plot.drawOverlay();
      },
    });
    const legend = new Legend();
    const status = h("p", { class: "cw-status", role: "status" });
    const tip = h("div", { class: "cw-tip", "aria-hidden": "true" });
    tip.hidden = true;
    plot.element.append(tip);
    const card = h("section", { "aria-label": "point" });
    const near = new Grid("nearest neighbours", context);
    const grid = new Grid("chosen points", context);
    const pairs = h("section", { "aria-label": "pairs in one place" });
    const twin = tableTwin(() => tableOf(known, chosen()));
    el.append(
      h("h3", { class: "cw-title" }, String(model.get("title"))),
      toolbar.element,
      h(
        "div",
        { class: "cw-explorer" },
        h("div", { class: "cw-main" }, plot.element, status, legend.element),
        h("div", { class: "cw-side" }, card, near.element, grid.element, pairs),
      ),
      twin.element,
    );
    for (const [name, value] of Object.entries(roles)) plot.overlay.setAttribute(name, value);
    attachGestures(
      plot,
      {
        tool: () => toolbar.tool,
        setTool: (tool) => toolbar.setTool(tool),
        operation: () => toolbar.operation,
        setOperation: (operation) => toolbar.setOperation(operation),
        touched: (indices: Int32Array, operation: Operation) => shared.choose(combine(chosen(), indices, operation)),
        invert: () => shared.choose(invert(known.points, chosen())),
        clear: () => shared.choose([]),
        all: () => shared.choose(invert(known.points, [])),
        focus,
        hover: (index, x, y) => showTip(index, x, y),
      },
      ended.signal,
    );

    function showTip(index: number, x: number, y: number): void {
      tip.hidden = index < 0;
      if (index < 0 || tip.dataset.index === String(index)) return;
      tip.dataset.index = String(index);
      const image = picture(index, thumbnails, 64);
      const lines = factsOf(known, index).map((fact) => h("div", {}, fact));
      tip.replaceChildren(...(image === undefined ? [] : [image]), h("div", {}, ...lines));
      const { width, height } = plot.size;
      tip.style.left = x > width / 2 ? "" : `${x + 14}px`;
      tip.style.right = x > width / 2 ? `${width - x + 14}px` : "";
      tip.style.top = y > height / 2 ? "" : `${y + 10}px`;
      tip.style.bottom = y > height / 2 ? `${height - y + 10}px` : "";
    }

    function showColors(): void {
      const { background, muted, text, accent } = themeOf(el);
      const paper = channelsOf(background);
      const ink = channelsOf(muted);
      const faded = paper.map((value, channel) => Math.round(0.75 * value + 0.25 * ink[channel]!));
      plot.colors = { background: paper, faded, text, accent };
      const color = model.get("color") as Coloring;
      plot.palette = paletteOf(known, color, model.get("tag"));
      legend.update({
        color,
        palette: plot.palette,
        background: pixel(paper),
        choose: ({ style, value }) => {
          const own = valuesOf(known, color);
          const hits = Array.from(plot.palette!.styles.keys()).filter((index) =>
            own === undefined ? plot.palette!.styles[index] === style : Math.max(-1, own[index]!) === value,
          );
          shared.choose(combine(chosen(), hits, toolbar.operation));
        },
      });
      toolbar.update(known);
      plot.draw();
    }

    function showPoints(): void {
      plot.points = known.points as Float32Array<ArrayBuffer>;
      plot.draw();
      showStatus();
    }

    function showChosen(): void {
      const indices = chosen();
      plot.choose(indices);
      const heading = `Chosen: ${indices.length.toLocaleString("en")}`;
      grid.update(heading, indices, count() > 0 ? "nothing: draw around points with the lasso or the box" : "nothing");
      showStatus();
      twin.update();
    }

    function showStatus(): void {
      const all = count();
      const missing = Array.from({ length: all }, (_, i) => known.points[2 * i]!).filter(Number.isNaN).length;
      const progress = model.get("progress") as { iteration: number; iterations: number } | null;
      status.textContent = [
        ...(progress === null ? [] : [`iteration ${progress.iteration} of ${progress.iterations}`]),
        all === 0 ? "no points" : `${all.toLocaleString("en")} ${all === 1 ? "point" : "points"}`,
        ...(missing > 0 ? [`${missing.toLocaleString("en")} without a place left out`] : []),
        `${chosen().length.toLocaleString("en")} chosen`,
      ].join(" · ");
    }

    async function showFocus(): Promise<void> {
      const index = model.get("focus") as number;
      const isPoint = index >= 0 && index < count();
      plot.focus = isPoint ? index : -1;
      plot.neighbors = [];
      near.element.hidden = !isPoint;
      card.replaceChildren(
        ...(isPoint
          ? pointCard(index, context)
          : [h("p", { class: "cw-muted" }, count() > 0 ? "click a point to look at it" : "no points")]),
      );
      if (isPoint) {
        plot.reveal(index);
        const found = await neighborsOf(index);
        if (index !== model.get("focus")) return;
        plot.neighbors = found ?? [];
        const where = model.get("hasFeatures") ? "in the features" : "in the plane";
        near.update(`Nearest ${where}`, plot.neighbors, "needs the kernel");
      }
      plot.drawOverlay();
    }

    async function neighborsOf(index: number): Promise<readonly number[] | undefined> {
      const k = model.get("neighborCount") as number;
      if (!model.get("hasFeatures")) return nearest({ data: known.points, columns: 2 }, index, k);
      const all = int32(model.get("neighbors"));
      if (all.length > 0) return [...all.subarray(index * k, (index + 1) * k)].filter((other) => other >= 0);
      if (!hasKernel(model)) return undefined;
      const ask = experimental.invoke as unknown as Invoke;
      const [answer] = await ask<{ indices?: number[] }>("neighbors", { indices: [index] });
      return answer.indices;
    }

    function showPairs(): void {
      const list = model.get("collisions") as readonly Pair[];
      pairs.replaceChildren(...(list.length > 0 ? [pairList(list, context)] : []));
    }

    const again = (...parts: readonly (() => unknown)[]) => {
      return () => {
        known = knownOf(model);
        for (const part of parts) part();
      };
    };
    const colored = again(showColors, showChosen);
    const handlers: (readonly [string, () => unknown])[] = [
      ["points", again(showPoints, showFocus, twin.update)],
      ...["labels", "predictions", "scores", "losses", "tags", "classNames"].map((field) => [field, colored] as const),
      ["color", showColors],
      ["tag", showColors],
      [
        "sheets",
        again(
          () => thumbnails.read(),
          () => redraw(el, thumbnails),
          () => plot.draw(),
        ),
      ],
      ["focus", showFocus],
      ["neighbors", showFocus],
      ["collisions", showPairs],
      ["progress", showStatus],
    ];
    for (const [field, handler] of handlers) model.on(`change:${field}`, handler);
    onThemeChange(showColors, ended.signal);
    // Lab calls before the element is on the page, where no theme has colours yet.
    const onPage = new ResizeObserver(() => {
      onPage.disconnect();
      showColors();
    });
    onPage.observe(el);
    showPoints();
    showColors();
    showChosen();
    showPairs();
    void showFocus();
    const camera = model.get("camera") as readonly [number, number, number] | null;
    if (camera) plot.restore({ x: camera[0], y: camera[1], scale: camera[2] });
    return () => {
      ended.abort();
      for (const [field, handler] of handlers) model.off(`change:${field}`, handler);
      onPage.disconnect();
      plot.destroy();
      thumbnails.destroy();
    };
  },
};
export default watchesKernel(view);

/** What the plot is for those who do not see it. */
const roles = {
  tabindex: "0",
  role: "application",
  "aria-roledescription": "scatter plot",
  "aria-label":
    "points of the embedding; keys: arrows move, plus and minus zoom, 0 everything, p l b pan lasso box, space sets a corner, enter closes, r a s x replace add subtract intersect, i invert, c clear",
  // Lab's own keys (x cuts the cell) are not for this element.
};

/** Red, green and blue of a computed colour. */
function channelsOf(color: string): number[] {
  const canvas = h("canvas", { width: 1, height: 1 });
  const context = canvas.getContext("2d")!;
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}

/** Calls with the latest value once nothing has come for a while. */
function later<Value>(milliseconds: number, signal: AbortSignal, call: (value: Value) => void): (value: Value) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  signal.addEventListener("abort", () => clearTimeout(timer));
  return (value) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(value), milliseconds);
  };
}
