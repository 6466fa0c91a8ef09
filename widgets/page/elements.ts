/** DOM elements in one call. Text is always text: nothing that comes from data is read as HTML. */
type Child = Node | string | number | undefined;
type Properties = Readonly<Record<string, unknown>>;

/**
 * An element with attributes, listeners (`onclick`) and children.
 *
 * @example
 * h("button", { type: "button", onclick: undo, "aria-label": "undo" }, "Undo")
 */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Properties = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  return furnish(document.createElement(name), properties, children);
}

/** The same for SVG. */
export function s<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  properties: Properties = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Name] {
  return furnish(document.createElementNS("http://www.w3.org/2000/svg", name), properties, children);
}

function furnish<Type extends Element>(element: Type, properties: Properties, children: readonly Child[]): Type {
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value as EventListener);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(
    ...children
      .filter((child) => child !== undefined)
      .map((child) => (typeof child === "number" ? String(child) : child)),
  );
  return element;
}
