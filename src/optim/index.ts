export type { VariableDescription } from "./decay.ts";
export {
  type CommonOptimizerOptions,
  type OptimizerName,
  type OptimizerOptions,
  optimizer,
  optimizerNames,
} from "./optimizer.ts";
export type { RuleOptimizer } from "./rule-optimizer.ts";
export { type Schedule, type ScheduleName, type ScheduleOptions, schedule, scheduleNames } from "./schedule.ts";
