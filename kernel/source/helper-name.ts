/** The global through which rewritten cells reach the evaluator. Cells cannot redeclare it. */
export const HELPER = "__cellwright";
