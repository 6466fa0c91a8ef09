/** The list's keys. They stay in the list: JupyterLab would move cells by them. */
import { verdict } from "../decisions.ts";
import type { Actions } from "./actions.ts";
import type { Noise } from "./context.ts";
import { between, type ListPart, toggle } from "./list.ts";

export function keyHandler(noise: Noise, list: () => ListPart, actions: () => Actions): (event: KeyboardEvent) => void {
  let anchor = -1;
  const move = (to: number, event: KeyboardEvent) => {
    const from = noise.cursor;
    if (!event.shiftKey) anchor = -1;
    else if (anchor < 0) anchor = from;
    const index = noise.moveTo(to);
    if (index === undefined) return;
    noise.choose(event.shiftKey ? between(noise, anchor, noise.cursor) : [index]);
    list().reveal();
  };
  const current = () => noise.list?.index[noise.rows[noise.cursor]!];
  const moves: Readonly<Record<string, () => number>> = {
    ArrowUp: () => noise.cursor - 1,
    ArrowDown: () => noise.cursor + 1,
    PageUp: () => noise.cursor - list().page(),
    PageDown: () => noise.cursor + list().page(),
    Home: () => 0,
    End: () => noise.rows.length - 1,
  };
  const plain: Readonly<Record<string, () => void>> = {
    Enter: () => actions().suggested(),
    s: () => actions().suggested(),
    l: () => actions().askClass(),
    k: () => actions().decideOn(verdict.keep),
    d: () => actions().decideOn(verdict.drop),
    c: () => actions().decideOn(verdict.undecided),
    u: () => actions().undo(),
    r: () => actions().redo(),
    " ": () => {
      const index = current();
      if (index !== undefined) toggle(noise, index);
    },
    Escape: () => noise.choose([]),
  };
  const controlled: Readonly<Record<string, () => void>> = {
    a: () => noise.choose(between(noise, 0, noise.rows.length - 1)),
    z: () => actions().undo(),
    y: () => actions().redo(),
  };
  return (event) => {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const control = event.ctrlKey || event.metaKey;
    const digit = /^\d$/.test(key) && noise.classNames.length <= 10 && Number(key) < noise.classNames.length;
    const to = moves[key];
    const run = control ? (event.shiftKey && key === "z" ? controlled.y : controlled[key]) : plain[key];
    if (event.altKey || (to === undefined && run === undefined && (!digit || control))) return;
    event.preventDefault();
    event.stopPropagation();
    if (to !== undefined) move(to(), event);
    else if (run !== undefined) run();
    else actions().relabel(Number(key));
  };
}
