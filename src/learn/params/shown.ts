/** Params in a notebook: each field, its value, and why. */
import { type Displayable, displaySymbol, shownAs } from "../../plot/display.ts";
import { type Fact, factsBundle } from "../../plot/facts.ts";

/** Of a longer value the beginning. */
const LONGEST = 60;

/** The same params, which show themselves as a table. */
export function shownParams<Value extends object>(params: Value): Value {
  return shownAs(params, () => {
    const { kind, version: _, reasons = {}, ...fields } = params as Record<string, unknown>;
    const why = reasons as Readonly<Record<string, string>>;
    const facts = Object.entries(fields).map(([name, value]): Fact => [name, inShort(value), why[name] ?? ""]);
    return factsBundle(facts, String(kind));
  });
}

/** What a learner returns, which shows itself as its params. */
export function learnt<Params extends object, Report>(
  params: Params,
  report: Report,
): { readonly params: Params; readonly report: Report } {
  const shown = shownParams(params);
  return shownAs({ params: shown, report }, () => (shown as unknown as Displayable)[displaySymbol]());
}

function inShort(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
