/**
 * Keys pressed in a widget are the widget's. A notebook has commands of a single key, which listen behind everything else on the page: with
 * a button of a widget in focus, "d d" would delete its cell and an arrow would leave it. What is pressed together with Ctrl, Alt or
 * Cmd, Escape, and Shift+Enter stay the notebook's: saving, running, and the way out.
 *
 * JupyterLab listens behind the page's own listeners since 4.1.
 */
export function keepKeys(element: HTMLElement, signal: AbortSignal): void {
  const keep = (event: KeyboardEvent) => {
    const { key, ctrlKey, altKey, metaKey, shiftKey } = event;
    if (ctrlKey || altKey || metaKey || key === "Escape" || (shiftKey && key === "Enter")) return;
    event.stopPropagation();
  };
  element.addEventListener("keydown", keep, { signal });
}
