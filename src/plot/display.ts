/**
 * How a figure shows itself in a notebook: the method `Symbol.for("Jupyter.display")` returns a MIME bundle. This is
 * the convention of Deno's kernel; nothing here knows of Jupyter beyond the symbol.
 */

/** MIME type to data: text, base64 for binary types, an object for JSON types. */
export type MimeBundle = Readonly<Record<string, unknown>>;

/** The name of the display method. */
export const displaySymbol: unique symbol = Symbol.for("Jupyter.display") as never;

/** A value that shows itself. */
export interface Displayable {
  [displaySymbol](): MimeBundle | Promise<MimeBundle>;
}

/**
 * The same value, which now shows itself in a notebook: as a line, a table or a picture instead of all its numbers.
 *
 * The method is hidden: copies, JSON and comparisons know nothing of it, and a changed copy shows itself as what it is.
 */
export function shownAs<Value extends object>(value: Value, show: () => MimeBundle | Promise<MimeBundle>): Value {
  return Object.defineProperty(value, displaySymbol, { value: show, configurable: true });
}
