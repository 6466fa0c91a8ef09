/** The page's half of the training monitor: a card for each run, and the curves of all runs in two charts. */
import { float32 } from "../page/binary.ts";
import { h } from "../page/elements.ts";
import { watchesKernel } from "../page/kernel-watch.ts";
import { loadPlotly, type Plotly, plotlyConfig, plotlyText } from "../page/plotly.ts";
import { tableTwin } from "../page/table-twin.ts";
import { classColor, onThemeChange, plotlyLayout, themeOf } from "../page/theme.ts";
import { hasKernel, type Model, type View } from "../page/view-type.ts";
import type { RunState } from "./state.ts";

const statusWords: Readonly<Record<RunState["status"], string>> = {
  starting: "starting",
  running: "running",
  stopping: "stopping after this step",
  completed: "completed",
  stopped: "stopped early: no improvement any more",
  aborted: "stopped by hand",
  failed: "failed",
};

const view: View = {
  render({ model, el, signal }) {
    const cards = h("div", { class: "cw-runs" });
    const charts = (["loss", "accuracy"] as const).map((metric) => ({
      metric,
      place: h(
        "div",
        {
          class: "cw-chart",
          role: "figure",
          "aria-label": `${metric} over epochs; the table below has its numbers`,
        },
        h("p", { class: "cw-muted" }, "The chart is not there yet; the table has its numbers."),
      ),
    }));
    const twin = tableTwin(() => tableOf(runsOf(model)));
    el.classList.add("cw", "cw-monitor");
    const figures = h("div", { class: "cw-charts" }, ...charts.map(({ place }) => place));
    el.append(cards, figures, twin.element);
    let plotly: Plotly | undefined;
    const draw = () => {
      renderCards(cards, model);
      if (plotly) for (const { metric, place } of charts) void drawChart(plotly, place, metric, model, el);
      twin.update();
    };
    let frame = 0;
    const soon = () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        draw();
      });
    };
    model.on("change:runs", soon);
    model.on("change:curves", soon);
    onThemeChange(soon, signal);
    draw();
    loadPlotly(model).then(
      (loaded) => {
        plotly = loaded;
        for (const { place } of charts) place.replaceChildren();
        if (!signal.aborted) draw();
      },
      () => {}, // the charts keep saying that they are waited for
    );
    // A host may lay the view into its page only now: before that an element has no colours.
    const laid = new ResizeObserver(() => {
      laid.disconnect();
      soon();
    });
    if (!el.isConnected) laid.observe(el);
    return () => {
      cancelAnimationFrame(frame);
      laid.disconnect();
      for (const { place } of charts) plotly?.purge(place);
    };
  },
};
export default watchesKernel(view);

const runsOf = (model: Model): readonly RunState[] => model.get("runs");

function renderCards(place: HTMLElement, model: Model): void {
  const runs = runsOf(model);
  if (runs.length === 0) {
    place.replaceChildren(h("p", { class: "cw-muted" }, "no training yet"));
    return;
  }
  // Cards that are there stay, so that the button that has the focus keeps it.
  for (const [index, run] of runs.entries()) {
    const card = place.children[index] as HTMLElement | undefined;
    if (card?.classList.contains("cw-run")) updateCard(card, run);
    else {
      if (index === 0) place.replaceChildren();
      place.append(newCard(index, run, model));
    }
  }
}

function newCard(index: number, run: RunState, model: Model): HTMLElement {
  const stop = h(
    "button",
    {
      type: "button",
      class: "cw-stop",
      "aria-label": `Stop, keep best weights of ${run.name}`,
      onclick: () => model.send({ type: "stop", run: index }),
    },
    "Stop, keep best",
  );
  const card = h(
    "section",
    { class: "cw-run", "aria-label": run.name, style: `border-left-color: ${classColor(index)}` },
    h(
      "div",
      { class: "cw-toolbar" },
      h("strong", {}, run.name),
      h("span", { class: "cw-status", role: "status" }),
      ...(hasKernel(model) ? [stop] : []),
    ),
    h("progress", { max: 1, value: 0, "aria-label": `progress of ${run.name}` }),
    h("div", { class: "cw-facts cw-muted" }),
  );
  updateCard(card, run);
  return card;
}

function updateCard(card: HTMLElement, run: RunState): void {
  const running = run.status === "running" || run.status === "starting";
  const why = run.message === "" && hasDiverged(run) ? "the loss is no finite number" : run.message;
  const status = why === "" ? statusWords[run.status] : `${statusWords[run.status]}: ${why}`;
  setText(card.querySelector(".cw-status")!, status);
  const warned = run.status === "failed" || hasDiverged(run);
  card.querySelector(".cw-status")!.classList.toggle("cw-warning", warned);
  card.querySelector("progress")!.value = run.steps > 0 ? run.step / run.steps : 0;
  const stop = card.querySelector<HTMLButtonElement>(".cw-stop");
  if (stop) stop.disabled = !running;
  setText(card.querySelector(".cw-facts")!, factsOf(run).join(" · "));
}

function hasDiverged({ history }: RunState): boolean {
  const last = history.at(-1);
  return last !== undefined && last.loss === null;
}

function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function factsOf({
  epoch,
  epochs,
  step,
  steps,
  history,
  imagesPerSecond,
  timeLeft,
  status,
  seconds,
  bestEpoch,
  backend,
  optimizer,
}: RunState): string[] {
  const last = history.at(-1);
  const judged = last?.validation ?? last;
  return [
    `epoch ${epoch} of ${epochs}`,
    `step ${step} of ${steps}`,
    ...(judged?.accuracy == null
      ? []
      : [`${last?.validation ? "validation " : ""}accuracy ${(100 * judged.accuracy).toFixed(2)} %`]),
    ...(bestEpoch === null ? [] : [`best epoch ${bestEpoch}`]),
    ...(imagesPerSecond === null ? [] : [`${Math.round(imagesPerSecond).toLocaleString("en")} images/s`]),
    status === "running" && timeLeft !== null ? `${duration(timeLeft)} left` : duration(seconds),
    ...(backend === "" ? [] : [`${optimizer} on ${backend}`]),
  ];
}

function duration(seconds: number): string {
  if (seconds < 90) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

async function drawChart(
  plotly: Plotly,
  place: HTMLElement,
  metric: "loss" | "accuracy",
  model: Model,
  el: HTMLElement,
): Promise<void> {
  const column = metric === "loss" ? 1 : 2;
  const curves = model.get("curves") as readonly unknown[];
  const data = runsOf(model).flatMap((run, index) => {
    const rows = float32(curves[index]);
    const count = Math.floor(rows.length / 3);
    const judged = run.history.filter(({ validation }) => validation !== null);
    const color = classColor(index);
    return [
      {
        type: "scatter",
        mode: "lines",
        name: `${plotlyText(run.name)}, training`,
        x: Array.from({ length: count }, (_, at) => rows[3 * at]),
        y: Array.from({ length: count }, (_, at) => rows[3 * at + column]),
        line: { color, width: 1.5 },
        opacity: judged.length > 0 ? 0.55 : 1,
      },
      ...(judged.length === 0
        ? []
        : [
            {
              type: "scatter",
              mode: "lines+markers",
              name: `${plotlyText(run.name)}, validation`,
              x: judged.map(({ epoch }) => epoch),
              y: judged.map(({ validation }) => validation![metric]),
              line: { color, width: 2.5 },
              marker: { color, size: 7, symbol: index % 4 },
            },
          ]),
    ];
  });
  const shown = data.some(({ y }) => y.some((value) => Number.isFinite(value)));
  const title = { text: metric === "loss" ? "Loss" : "Accuracy", x: 0.02, font: { size: 13 } };
  const layout = plotlyLayout(themeOf(el), {
    title,
    height: 260,
    showlegend: metric === "accuracy" && data.length > 1,
    legend: { orientation: "h", x: 1, xanchor: "right", y: 1.02, yanchor: "bottom" },
    xaxis: { title: { text: "epoch" }, rangemode: "tozero" },
    // Without a number to show, an axis of its own choice would end at 400 %.
    yaxis: metric === "loss" ? { rangemode: "tozero" } : { tickformat: ",.0%", ...(shown ? {} : { range: [0, 1] }) },
    uirevision: "kept", // what a person has zoomed stays when new points come
  });
  await plotly.react(place, data, layout, plotlyConfig);
}

function tableOf(runs: readonly RunState[]) {
  const cell = (value: number | null | undefined, digits: number) => (value == null ? "–" : value.toFixed(digits));
  return {
    caption: "Trainings, epoch by epoch",
    columns: ["run", "epoch", "loss", "accuracy", "validation loss", "validation accuracy"],
    rows: runs.flatMap(({ name, history }) =>
      history.map(({ epoch, loss, accuracy, validation }) => [
        name,
        epoch,
        cell(loss, 4),
        cell(accuracy, 4),
        cell(validation?.loss, 4),
        cell(validation?.accuracy, 4),
      ]),
    ),
  };
}
