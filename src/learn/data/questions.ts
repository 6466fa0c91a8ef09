/**
 * What the data alone does not say, as questions that a person can answer.
 *
 * A wrong guess about labels or boxes is not noticed until a training has been wasted. So where the data fits two readings, the question is put, with the choices and what would be taken; an option of the same name as the field answers it.
 */
import { CellwrightError } from "../../errors.ts";
import type { DataParams } from "./schema.ts";

/** A question about the data. */
export interface DataQuestion {
  /** The field of DataParams that it decides, and the option of `learnDataParams` that answers it. */
  readonly field: "task" | "labelStructure" | "imageRange" | "channelsLast" | "boundingBoxFormat";
  readonly question: string;
  /** The readings that the data fits, the likeliest first: that one is taken where one is to be assumed. */
  readonly choices: readonly unknown[];
}

/** Thrown where the data fits more than one reading: CW_AMBIGUOUS_DATA, with the questions. */
export class AmbiguousDataError extends CellwrightError {
  readonly questions: readonly DataQuestion[];
  constructor(questions: readonly DataQuestion[]) {
    const lines = questions.map(({ field, question, choices }) => {
      const answers = choices.map((choice) => JSON.stringify(choice)).join(" or ");
      return `${question} Answer with the option ${field}: ${answers}`;
    });
    super("CW_AMBIGUOUS_DATA", `the data fits more than one reading: ${lines.join("; ")}`);
    this.questions = questions;
  }
}

/** What is known so far of the fields, with the reasons, and what had to be asked. */
export class Findings {
  readonly reasons: Record<string, string> = {};
  readonly questions: DataQuestion[] = [];
  readonly #answers: Partial<Record<string, unknown>>;

  constructor(answers: object) {
    this.#answers = answers as Record<string, unknown>;
  }

  /** The caller's answer, where there is one. */
  answered<Field extends keyof DataParams>(field: Field): DataParams[Field] | undefined {
    const answer = this.#answers[field] as DataParams[Field] | undefined;
    if (answer !== undefined) this.reasons[field] = "as the options say";
    return answer;
  }

  /** A field that the data decides. An answer of the caller's goes first. */
  decide<Field extends keyof DataParams>(field: Field, value: DataParams[Field], reason: string): DataParams[Field] {
    const answer = this.answered(field);
    if (answer !== undefined) return answer;
    this.reasons[field] = reason;
    return value;
  }

  /** A field that the data leaves open: the answer, else the first choice, with a question. */
  ask<Field extends keyof DataParams & DataQuestion["field"]>(
    field: Field,
    choices: readonly DataParams[Field][],
    question: string,
  ): DataParams[Field] {
    const answer = this.answered(field);
    if (answer !== undefined) return answer;
    this.questions.push({ field, question, choices });
    this.reasons[field] = `assumed: ${question}`;
    return choices[0]!;
  }
}
