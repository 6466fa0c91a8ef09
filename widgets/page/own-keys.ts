/**
 * Keys pressed in a widget are the widget's. A notebook has commands of a single key: with a button of a widget in focus, "d d" would delete
 * its cell and an arrow would leave it. What saves, runs, opens the palette and leads out stays the notebook's.
 *
 * Lumino, on which JupyterLab and Notebook 7 stand, leaves alone what is pressed on an element with this attribute. It looks when the key
 * comes to the document, on its way in or out, so the attribute is set before: at the window.
 */
const suppressed = "data-lm-suppress-shortcuts";

export function keepKeys(element: HTMLElement, signal: AbortSignal): void {
  const mark = (event: KeyboardEvent) => {
    const { target } = event;
    if (!(target instanceof Element && element.contains(target))) return;
    target.toggleAttribute(suppressed, !isOfTheNotebook(event));
  };
  window.addEventListener("keydown", mark, { capture: true, signal });
}

/** Escape, Ctrl+S, Ctrl+Shift+C, and Enter with any other key. */
function isOfTheNotebook({ key, ctrlKey, altKey, metaKey, shiftKey }: KeyboardEvent): boolean {
  const command = ctrlKey || metaKey;
  if (key === "Enter") return command || altKey || shiftKey;
  return key === "Escape" || (command && (shiftKey || key.toLowerCase() === "s"));
}
