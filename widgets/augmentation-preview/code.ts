/** The policy that a person has put together, as TypeScript to copy and as a policy to train with. */
import { compose, type Policy, type TransformName } from "../../src/augment/index.ts";
import type { RegularizationParams } from "../../src/learn/index.ts";
import type { PolicyStep } from "./state.ts";

const number = (value: number) => String(Number(value.toPrecision(4)));

/** Source text that makes the same policy. */
export function codeOf(steps: readonly PolicyStep[]): string {
  if (steps.length === 0) return "";
  const lines = steps.map(({ transform, probability, range: [low, high] }) => {
    const odds = probability === 1 ? "" : `, probability: ${number(probability)}`;
    const values = low === high ? `values: [${number(low)}]` : `range: [${number(low)}, ${number(high)}]`;
    return `  { transform: ${JSON.stringify(transform)}${odds}, ${values} },`;
  });
  return `import { compose } from "cellwright/augment";\nconst augment = compose([\n${lines.join("\n")}\n]);\n`;
}

/** Source text that makes the learned policy of `params`, with what was changed about them. */
export function learnedCodeOf(changes: Partial<RegularizationParams>): string {
  const fields = Object.entries(changes).map(([field, value]) => `, ${field}: ${literal(value)}`);
  const params = fields.length === 0 ? "params" : `{ ...params${fields.join("")} }`;
  return `import { trainingRegularizers } from "cellwright/learn";\nconst { augment } = trainingRegularizers(${params});\n`;
}

/** A plain value as one would write it. */
function literal(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, own]) => `${key}: ${literal(own)}`)
    .join(", ")} }`;
}

/** The policy itself. */
export function policyOf(steps: readonly PolicyStep[]): Policy {
  return compose(
    steps.map(({ transform, probability, range: [low, high] }) => ({
      transform: transform as TransformName,
      probability,
      ...(low === high ? { values: [low] } : { range: [low, high] as const }),
    })),
  );
}
