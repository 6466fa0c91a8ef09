import { describeWith } from "../../support/requirements.ts";
import { testTier } from "./suite.ts";

// On SwiftShader, where there is no graphics processor: right, and slow.
describeWith(["webgpu"], "webgpu", () => testTier("webgpu", { updates: 6 }));
