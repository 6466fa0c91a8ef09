/** The policy that a person has put together, as TypeScript to copy and as a policy to train with. */
import { compose, type Policy, type TransformName } from "../../src/augment/index.ts";
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
