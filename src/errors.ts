/**
 * The one root of every error that Cellwright throws on purpose.
 *
 * `code` is stable: programs may test it, documentation lists it. `message` is for people: lower case, what was expected,
 * what came, what to do.
 *
 * @example
 * try { data.batch(0); } catch (error) { if (error instanceof CellwrightError) console.log(error.code); }
 */
export class CellwrightError extends Error {
  override readonly name = "CellwrightError";
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Every code is `CW_` and the field's words for what went wrong. */
export type ErrorCode = `CW_${string}`;
