/**
 * What a hand does on the plot: with a pointer (drag, wheel, click) and with the keyboard alone, where a cross that the arrows move
 * takes the pointer's part.
 */
import { toData } from "../camera.ts";
import { type Operation, pointAt, pointsInBox, pointsInside } from "../regions.ts";
import type { Plot } from "./plot.ts";

export const tools = ["pan", "lasso", "box"] as const;
export type Tool = (typeof tools)[number];

export interface Hand {
  tool(): Tool;
  setTool(tool: Tool): void;
  operation(): Operation;
  setOperation(operation: Operation): void;
  /** Points were drawn around. */
  touched(indices: Int32Array, operation: Operation): void;
  invert(): void;
  clear(): void;
  all(): void;
  /** A point was clicked; -1 for none. */
  focus(index: number): void;
  /** The pointer is over a point; -1 for none. */
  hover(index: number, x: number, y: number): void;
}

const near = 10; // pixels

export function attachGestures(plot: Plot, hand: Hand, signal: AbortSignal): void {
  const { overlay } = plot;
  const on = <Type extends keyof HTMLElementEventMap>(
    type: Type,
    listener: (event: HTMLElementEventMap[Type]) => void,
  ) => overlay.addEventListener(type, listener, { signal, passive: false });
  const under = (x: number, y: number) => {
    const [dataX, dataY] = toData(plot.camera, plot.size, x, y);
    return pointAt(plot.points, dataX, dataY, near / plot.camera.scale);
  };
  const draw = (outline: readonly number[]) => {
    plot.outline = outline;
    plot.drawOverlay();
  };
  const finish = (outline: readonly number[], operation: Operation) => {
    const corners = outline.map((_, at) =>
      at % 2 === 0
        ? toData(plot.camera, plot.size, outline[at]!, outline[at + 1]!)[0]
        : toData(plot.camera, plot.size, outline[at - 1]!, outline[at]!)[1],
    );
    const isBox = hand.tool() === "box";
    const box = [corners[0]!, corners[1]!, corners[4]!, corners[5]!];
    hand.touched(isBox ? pointsInBox(plot.points, box) : pointsInside(plot.points, corners), operation);
  };

  let from: readonly [number, number] | undefined;
  let moved = false;
  on("pointerdown", (event) => {
    if (event.button !== 0) return;
    overlay.focus();
    overlay.setPointerCapture(event.pointerId);
    plot.cursor = undefined;
    from = [event.offsetX, event.offsetY];
    moved = false;
    if (hand.tool() !== "pan") draw([...from]);
  });
  on("pointermove", (event) => {
    const [x, y] = [event.offsetX, event.offsetY];
    if (from === undefined) {
      hand.hover(under(x, y), x, y);
      return;
    }
    if (!moved && Math.hypot(x - from[0], y - from[1]) < 3) return;
    moved = true;
    hand.hover(-1, x, y);
    if (hand.tool() === "pan") {
      plot.pan(x - from[0], y - from[1]);
      from = [x, y];
    } else draw(hand.tool() === "box" ? rectangle(from, [x, y]) : [...plot.outline, x, y]);
  });
  on("pointerup", (event) => {
    if (from === undefined) return;
    if (!moved) hand.focus(under(event.offsetX, event.offsetY));
    else if (hand.tool() !== "pan") finish(plot.outline, operationOf(event, hand.operation()));
    from = undefined;
    draw([]);
  });
  on("pointercancel", () => {
    from = undefined;
    draw([]);
  });
  on("blur", () => {
    plot.cursor = undefined;
    draw([]);
  });
  on("pointerleave", () => hand.hover(-1, 0, 0));
  on("dblclick", (event) => plot.zoom(2, event.offsetX, event.offsetY));
  on("wheel", (event) => {
    // A page that is being scrolled is not to stop here: the wheel zooms once the plot has been clicked, or with Ctrl.
    if (document.activeElement !== overlay && !isFocused(overlay) && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
    plot.zoom(Math.exp(-Math.max(-200, Math.min(200, pixels)) / 300), event.offsetX, event.offsetY);
  });
  on("keydown", (event) => {
    if (event.key === "Tab" || ((event.ctrlKey || event.metaKey) && event.key !== "a")) return;
    if (press(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
  });

  function press(event: KeyboardEvent): boolean {
    const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (arrow !== undefined) return move(arrow[0]!, arrow[1]!, event.shiftKey ? 2 : 20);
    const action = actions[event.ctrlKey || event.metaKey ? "all" : event.key];
    action?.();
    return action !== undefined;
  }

  function move(right: number, down: number, step: number): boolean {
    if (hand.tool() === "pan") plot.pan(-2 * step * right, -2 * step * down);
    else {
      const { width, height } = plot.size;
      const [x, y] = plot.cursor ?? [width / 2, height / 2];
      plot.cursor = [Math.min(width, Math.max(0, x + step * right)), Math.min(height, Math.max(0, y + step * down))];
      draw(hand.tool() === "box" && plot.outline.length > 0 ? rectangle(plot.outline, plot.cursor) : plot.outline);
      hand.hover(under(...plot.cursor), ...plot.cursor);
    }
    return true;
  }

  /** A corner; the second one ends a box. */
  function corner(): void {
    const { width, height } = plot.size;
    const place = plot.cursor ?? ([width / 2, height / 2] as const);
    plot.cursor = place;
    if (hand.tool() === "box" && plot.outline.length > 2) close();
    else draw([...plot.outline, ...place]);
  }

  function close(): void {
    const outline = plot.outline;
    draw([]);
    if (outline.length >= 6) finish(outline, hand.operation());
    else {
      const { width, height } = plot.size;
      hand.focus(under(...(plot.cursor ?? ([width / 2, height / 2] as const))));
    }
  }

  function cancel(): void {
    if (plot.outline.length > 0 || plot.cursor !== undefined) {
      plot.cursor = undefined;
      from = undefined;
      draw([]);
    } else hand.clear();
  }

  const choose = (tool: Tool) => () => {
    plot.cursor = undefined;
    draw([]);
    hand.setTool(tool);
  };
  const actions: Readonly<Record<string, () => void>> = {
    "+": () => plot.zoom(1.25),
    "=": () => plot.zoom(1.25),
    "-": () => plot.zoom(0.8),
    "0": () => plot.reset(),
    " ": () => (hand.tool() === "pan" ? close() : corner()),
    Enter: close,
    Escape: cancel,
    p: choose("pan"),
    l: choose("lasso"),
    b: choose("box"),
    r: () => hand.setOperation("replace"),
    a: () => hand.setOperation("add"),
    s: () => hand.setOperation("subtract"),
    x: () => hand.setOperation("intersect"),
    i: hand.invert,
    c: hand.clear,
    all: hand.all,
  };
}

/** Lab may put the page into a shadow tree, where the document's active element is its host. */
function isFocused(element: HTMLElement): boolean {
  return element.matches(":focus");
}

function rectangle(from: readonly number[], [x, y]: readonly [number, number]): number[] {
  return [from[0]!, from[1]!, x, from[1]!, x, y, from[0]!, y];
}

/** Shift adds and Alt takes away, whatever the menu says. */
function operationOf(event: PointerEvent, otherwise: Operation): Operation {
  if (event.shiftKey && event.altKey) return "intersect";
  if (event.shiftKey) return "add";
  return event.altKey ? "subtract" : otherwise;
}
