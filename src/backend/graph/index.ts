export { type Binding, type NodeBackend, nodeBackend, type OpAttribute } from "./binding.ts";
export { emit } from "./emit.ts";
export { attribute, dataType, Graph } from "./graph.ts";
export { type Feed, type GraphSession, Session } from "./session.ts";
export { ThreadSession } from "./session-thread.ts";
export { type Source, type Trace, trace, Untraceable } from "./trace.ts";
