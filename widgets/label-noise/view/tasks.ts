/** What leads away from the list: the corrections as a file, and the kernel's help, where there is one. */
import { h } from "../../page/elements.ts";
import { hasKernel } from "../../page/view-type.ts";
import { correctionsCSV } from "../csv.ts";
import { correctionsOf } from "../decisions.ts";
import type { Task } from "../state.ts";
import type { Noise, Part } from "./context.ts";

export function tasksPart(noise: Noise): Part {
  const { model } = noise;
  const ask = (what: string) => model.send({ ask: what });
  const button = (text: string, run: () => void) => h("button", { type: "button", onclick: run }, text);
  const download = button("Download corrections (CSV)", () => save(noise));
  const rescore = button("Rescore", () => ask("rescore"));
  const retrain = button("Retrain on the corrections", () => ask("retrain"));
  const stop = button("Stop", () => ask("stop"));
  const bar = h("progress", { "aria-label": "progress" });
  const note = h("span", { role: "status", class: "cw-muted" });
  const problem = h("p", { class: "cw-warning", role: "alert" });
  const element = h("div", {}, h("div", { class: "cw-toolbar" }, download, rescore, retrain, stop, bar, note), problem);
  const update = () => {
    const task = model.get("task") as Task;
    const live = hasKernel(model);
    download.disabled = noise.decisions.size === 0;
    rescore.hidden = !live || !model.get("canRescore");
    rescore.disabled = task.running;
    retrain.hidden = !live || !model.get("canRetrain");
    retrain.disabled = task.running;
    stop.hidden = !live || !task.running;
    bar.hidden = !live || !task.running;
    if (task.total > 0) Object.assign(bar, { max: task.total, value: Math.min(task.done, task.total) });
    else bar.removeAttribute("value");
    note.textContent =
      task.total > 0 ? `${task.note}: ${task.done} of ${task.total}` : live || !task.running ? task.note : "";
    problem.textContent = String(model.get("problem"));
    problem.hidden = problem.textContent === "";
  };
  return { element, fields: ["task", "problem", "canRescore", "canRetrain", "log", "done"], update };
}

/** A file made on the page: it works without a kernel, too. */
function save(noise: Noise): void {
  const corrections = correctionsOf(noise.log, noise.ids, noise.labels, noise.classNames.length);
  const blob = new Blob([correctionsCSV(corrections, noise.classNames)], { type: "text/csv;charset=utf-8" });
  const link = h("a", { href: URL.createObjectURL(blob), download: "corrections.csv" });
  link.click();
  // The browser reads the address after the click has ended.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
