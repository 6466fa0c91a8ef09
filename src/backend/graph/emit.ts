/**
 * A trace as nodes of a graph.
 *
 * Each operation becomes the node of its name, but for convolutions by single pixels, which become products of matrices.
 *
 * Eager execution infers what a caller leaves out; a graph must say it. Of tfjs-node's kernels only `ExpandDims` leaves anything out.
 */
import type { Binding, OpAttribute } from "./binding.ts";
import { type Attribute, attribute, dataType, type Graph } from "./graph.ts";
import { emitPointwise } from "./pointwise.ts";
import type { Source, Trace, TracedOperation } from "./trace.ts";
import { Untraceable } from "./trace.ts";

/**
 * Adds a trace to a graph; every node's name begins with `prefix`. `inputs` says where an input of the trace comes from, `replaced`
 * which constants are no constants but come from elsewhere. Returns what finds the graph's name for a value of the trace.
 */
export function emit(
  graph: Graph,
  prefix: string,
  trace: Pick<Trace, "operations" | "constants">,
  binding: Binding,
  inputs: ReadonlyMap<string, string>,
  replaced: ReadonlyMap<number, string>,
): (source: Source) => string {
  const constants = new Map<number, string>();
  const nameOf = (source: Source): string => {
    if (source.kind === "input") return inputs.get(source.name)!;
    if (source.kind === "operation") return `${prefix}o${source.index}:${source.output}`;
    const known = replaced.get(source.index) ?? constants.get(source.index);
    if (known !== undefined) return known;
    const { shape, type, values } = trace.constants[source.index]!;
    const name = graph.constant(`${prefix}c${source.index}`, type, shape, values);
    constants.set(source.index, name);
    return name;
  };
  trace.operations.forEach((operation, index) => {
    const sources = operation.inputs.map(nameOf);
    if (emitPointwise(graph, `${prefix}o${index}`, operation, sources)) return;
    const attributes = Object.fromEntries(
      complete(operation, binding).map((each) => [each.name, encode(each, binding)]),
    );
    graph.node(`${prefix}o${index}`, operation.name, sources, attributes);
  });
  return nameOf;
}

function complete({ name, attributes, types }: TracedOperation, binding: Binding): readonly OpAttribute[] {
  if (name !== "ExpandDims" || attributes.length > 0) return attributes;
  const type = binding.TF_ATTR_TYPE;
  return [
    { name: "T", type, value: types[0] },
    { name: "Tdim", type, value: dataType.int32 },
  ];
}

function encode({ name, type, value }: OpAttribute, binding: Binding): Attribute {
  if (Array.isArray(value) && type !== binding.TF_ATTR_SHAPE) {
    return attribute.list(value.map((item) => encode({ name, type, value: item }, binding)));
  }
  switch (type) {
    case binding.TF_ATTR_STRING:
      return attribute.string(value as string);
    case binding.TF_ATTR_INT:
      return attribute.int(value as number);
    case binding.TF_ATTR_FLOAT:
      return attribute.float(value as number);
    case binding.TF_ATTR_BOOL:
      return attribute.bool(Boolean(value));
    case binding.TF_ATTR_TYPE:
      return attribute.type(value as number);
    case binding.TF_ATTR_SHAPE:
      return attribute.shape(value as number[]);
  }
  throw new Untraceable(`its attribute ${name} is of an unknown kind`);
}
