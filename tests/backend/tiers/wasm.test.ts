import { describe } from "vitest";
import { testTier } from "./suite.ts";

describe("wasm", () => testTier("wasm", { updates: 40 }));
