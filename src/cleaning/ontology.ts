/**
 * Labels that contradict what is known of the classes: a dog is an animal, day is not night, every image has one season. No model is
 * needed to see that such labels are wrong.
 */
import { CellwrightError } from "../errors.ts";

/** A rule about the classes of one example. */
export type OntologyRule =
  /** Whatever is of `class` is of class `implied` too. */
  | { readonly rule: "implies"; readonly class: number; readonly implied: number }
  /** At most one of `classes`. */
  | { readonly rule: "excludes"; readonly classes: readonly number[] }
  /** Exactly one of `classes`. */
  | { readonly rule: "exactlyOne"; readonly classes: readonly number[] }
  /** At least one of `classes`. */
  | { readonly rule: "atLeastOne"; readonly classes: readonly number[] };

/** An example that breaks a rule. */
export interface OntologyViolation {
  /** The example. */
  readonly index: number;
  /** The rule's place in the list of rules. */
  readonly rule: number;
  /** The classes of the example that the rule is about. */
  readonly classes: number[];
  /** What is wrong, in words. */
  readonly message: string;
}

/**
 * Finds examples whose classes break a rule, in the order of the examples, then of the rules.
 *
 * @param labels the class of each example, or the list of its classes
 * @throws CW_OPTION for a rule that is none, CW_LABEL_RANGE for labels that are no class numbers
 * @example
 * const rules = [{ rule: "implies", class: 0, implied: 1 }, { rule: "excludes", classes: [2, 3] }] as const;
 * ontologyViolations([[0, 1], [0], [2, 3]], rules).map(({ index }) => index); // [1, 2]
 */
export function ontologyViolations(
  labels: ArrayLike<number> | readonly ArrayLike<number>[],
  rules: readonly OntologyRule[],
): OntologyViolation[] {
  rules.forEach(checkRule);
  const violations: OntologyViolation[] = [];
  for (let index = 0; index < labels.length; index++) {
    const has = classesOf(labels[index]!, index);
    for (const [number, rule] of rules.entries()) {
      const named = rule.rule === "implies" ? [rule.class, rule.implied] : rule.classes;
      const classes = named.filter((k) => has.has(k));
      const message = broken(rule, classes);
      if (message) violations.push({ index, rule: number, classes, message });
    }
  }
  return violations;
}

function classesOf(label: number | ArrayLike<number>, index: number): Set<number> {
  const classes = typeof label === "number" ? [label] : Array.from(label ?? [Number.NaN]);
  const wrong = classes.find((k) => !Number.isInteger(k) || k < 0);
  if (wrong === undefined) return new Set(classes);
  throw new CellwrightError("CW_LABEL_RANGE", `labels must be class numbers from 0 on; example ${index} has ${wrong}`);
}

function broken(rule: OntologyRule, present: readonly number[]): string | undefined {
  if (rule.rule === "implies") {
    if (!present.includes(rule.class) || present.includes(rule.implied)) return undefined;
    return `class ${rule.class} without class ${rule.implied}`;
  }
  if (rule.rule !== "atLeastOne" && present.length > 1) return `classes ${present.join(" and ")} together`;
  if (rule.rule !== "excludes" && present.length === 0) return `none of the classes ${rule.classes.join(", ")}`;
  return undefined;
}

function checkRule(rule: OntologyRule, number: number): void {
  const classes = rule?.rule === "implies" ? [rule.class, rule.implied] : rule?.classes;
  const known = ["implies", "excludes", "exactlyOne", "atLeastOne"].includes(rule?.rule);
  if (known && Array.isArray(classes) && classes.length > 0 && classes.every((k) => Number.isInteger(k) && k >= 0))
    return;
  throw new CellwrightError(
    "CW_OPTION",
    `a rule is { rule: "implies", class, implied } or { rule: "excludes" | "exactlyOne" | "atLeastOne", classes } with class numbers; rule ${number} is ${JSON.stringify(rule)}`,
  );
}
