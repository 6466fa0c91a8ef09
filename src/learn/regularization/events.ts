/** What a search says as it goes: plain objects, one for each decision. A consumer switches on `type`. */
import type { SearchRequest } from "./requests.ts";
import type { MagnitudeEntry, RegularizationSettings } from "./schema.ts";
import type { SearchNode, SearchScore, SearchTree } from "./tree.ts";

/** Where a candidate is that has no scores yet. */
export type CandidateState = "waiting" | "running";

/** Everything that `learnRegularizationParams` tells `onEvent`. */
export type RegularizationEvent =
  /** First. */
  | {
      readonly type: "searchStart";
      /** Updates in one training. */
      readonly trainingSteps: number;
      /** The constant rate of the search. */
      readonly learningRate: number;
      /** Whether earlier results were found on disk. */
      readonly resumed: boolean;
    }
  /** Every now and then: trainings spent, of those that may be. */
  | { readonly type: "searchProgress"; readonly cost: number; readonly budget: number | undefined }
  /** The warm model is there. */
  | { readonly type: "warm"; readonly score: SearchScore }
  /** Pass 1 is done with one transform. */
  | { readonly type: "magnitudes"; readonly transform: string; readonly table: readonly MagnitudeEntry[] }
  /** What the labels bear, transform by transform. */
  | { readonly type: "admission"; readonly transform: string; readonly admitted: boolean; readonly reason: string }
  /** A configuration that will be tried, or is being tried. */
  | {
      readonly type: "candidate";
      readonly id: string;
      readonly parent: string | null;
      readonly title: string;
      readonly configuration: RegularizationSettings;
      readonly state: CandidateState;
    }
  /** What became of something that a person asked for. */
  | {
      readonly type: "answer";
      readonly request: SearchRequest;
      readonly accepted: boolean;
      /** In words. */
      readonly answer: string;
    }
  /** A configuration has been tried, or taken further. */
  | { readonly type: "node"; readonly node: SearchNode }
  /** Last. */
  | {
      readonly type: "searchEnd";
      readonly winner: string | null;
      readonly policyName: string;
      readonly complete: boolean;
      /** The whole search. */
      readonly tree: SearchTree;
    };
