// The part of the Debug Adapter Protocol (Microsoft) that a notebook speaks, and Jupyter's additions to it ("Debug request"
// in the messaging documentation). Lines and columns count from 1.

import type { JsonObject } from "../protocol/message.ts";

export interface DebugRequest {
  readonly seq: number;
  readonly command: string;
  readonly arguments: JsonObject;
}

export interface Source {
  readonly name: string;
  readonly path: string;
}

export interface StackFrame {
  readonly id: number;
  readonly name: string;
  readonly source: Source;
  readonly line: number;
  readonly column: number;
  readonly presentationHint?: "subtle" | "label";
}

export interface Scope {
  readonly name: string;
  readonly presentationHint?: "locals" | "globals";
  readonly variablesReference: number;
  readonly expensive: boolean;
}

export interface Variable {
  readonly name: string;
  readonly value: string;
  readonly type?: string | undefined;
  readonly evaluateName?: string | undefined;
  /** 0 where there is nothing inside. */
  readonly variablesReference: number;
  readonly indexedVariables?: number | undefined;
  readonly presentationHint?: { readonly kind?: string; readonly attributes?: readonly string[] };
}

export interface WantedBreakpoint {
  readonly line: number;
  readonly condition?: string | undefined;
  readonly logMessage?: string | undefined;
}

export interface Breakpoint {
  readonly id?: number;
  readonly verified: boolean;
  readonly line: number;
  readonly source: { readonly path: string };
  readonly message?: string;
}

/** The only thread that runs cells. */
export const THREAD = 1;

/** A request that cannot be answered; its message goes to the client. */
export class DebugError extends Error {}
