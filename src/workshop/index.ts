export { mislabelledDigits } from "./mislabelled.ts";
export { Progress } from "./progress.ts";
export { Check, workshop } from "./workshop.ts";
