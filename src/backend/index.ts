export { type BackendInfo, current, ensureBackend, type UseOptions, use } from "./backend.ts";
export { type BackendCandidate, type BackendName, backendNames, listBackends } from "./candidates.ts";
export { tf } from "./tf.ts";
