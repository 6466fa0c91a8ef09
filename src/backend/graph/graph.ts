/**
 * A TensorFlow graph under construction, and its form as a SavedModel.
 *
 * A graph is a list of nodes: name, operation, inputs ("node:output", or "^node" for "after that one") and attributes (graph.proto,
 * node_def.proto, attr_value.proto, tensor.proto of TensorFlow; the field numbers are theirs). A SavedModel with one graph and one
 * tag is all that `loadSavedModel` wants.
 */
import { bytes, float, int } from "./protobuf.ts";

/** An attribute's value, encoded. */
export type Attribute = Uint8Array;

/** TensorFlow's numbers of types (types.proto). */
export const dataType = { float32: 1, int32: 3, bool: 10 } as const;

/** Graphs are read by their producer's rules; this is TensorFlow 2.9's number, which every later release honours. */
const PRODUCER = 1087;

const dimension = (size: number) => bytes(2, int(1, size));
const shapeMessage = (shape: readonly number[]) => Buffer.concat(shape.map(dimension));

/** Encoders of attributes. */
export const attribute = {
  string: (value: string) => bytes(2, value),
  int: (value: number | bigint) => int(3, value),
  float: (value: number) => float(4, value),
  bool: (value: boolean) => int(5, value),
  type: (value: number) => int(6, value),
  shape: (value: readonly number[]) => bytes(7, shapeMessage(value)),
  /** All values alike are written once. */
  tensor: (type: number, shape: readonly number[], values: ArrayBufferView) => bytes(8, tensor(type, shape, values)),
  list: (items: readonly Attribute[]) => bytes(1, Buffer.concat(items)),
};

function tensor(type: number, shape: readonly number[], values: ArrayBufferView): Buffer {
  const head = Buffer.concat([int(1, type), bytes(2, shapeMessage(shape))]);
  if (values instanceof Float32Array && values.length > 1 && values.every((value) => Object.is(value, values[0]))) {
    // A packed list of one value stands for as many as the shape says.
    return Buffer.concat([head, bytes(5, Buffer.from(new Float32Array([values[0]!]).buffer))]);
  }
  return Buffer.concat([head, bytes(4, new Uint8Array(values.buffer, values.byteOffset, values.byteLength))]);
}

/** Collects nodes. */
export class Graph {
  readonly #nodes: Buffer[] = [];

  /** How many nodes there are. */
  get size(): number {
    return this.#nodes.length;
  }

  /** Adds a node with a name of its own and returns its first output. */
  node(
    name: string,
    operation: string,
    inputs: readonly string[] = [],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    // Inputs that only order come last.
    const ordered = [...inputs.filter((input) => input[0] !== "^"), ...inputs.filter((input) => input[0] === "^")];
    const fields = [bytes(1, name), bytes(2, operation), ...ordered.map((input) => bytes(3, input))];
    for (const [key, value] of Object.entries(attributes)) {
      fields.push(bytes(5, Buffer.concat([bytes(1, key), bytes(2, value)])));
    }
    this.#nodes.push(bytes(1, Buffer.concat(fields)));
    return `${name}:0`;
  }

  constant(name: string, type: number, shape: readonly number[], values: ArrayBufferView): string {
    const value = attribute.tensor(type, shape, values);
    return this.node(name, "Const", [], { dtype: attribute.type(type), value });
  }

  placeholder(name: string, type: number, shape: readonly number[]): string {
    return this.node(name, "Placeholder", [], { dtype: attribute.type(type), shape: attribute.shape(shape) });
  }

  /**
   * A float32 variable that stays in the session from run to run: its handle "NAME:0", its value "NAME/read:0", and the pair
   * "NAME/in:0" and "NAME/set:0" that writes it.
   */
  variable(name: string, shape: readonly number[]): void {
    const dtype = attribute.type(dataType.float32);
    const handle = this.node(name, "VarHandleOp", [], {
      dtype,
      shape: attribute.shape(shape),
      shared_name: attribute.string(name),
      container: attribute.string(""),
    });
    this.node(`${name}/read`, "ReadVariableOp", [handle], { dtype });
    const value = this.placeholder(`${name}/in`, dataType.float32, shape);
    this.node(`${name}/assign`, "AssignVariableOp", [handle, value], { dtype });
    this.node(`${name}/set`, "Identity", [value, `^${name}/assign`], { T: dtype });
  }

  /** The bytes of saved_model.pb. */
  savedModel(tag: string): Buffer {
    const graph = Buffer.concat([...this.#nodes, bytes(4, int(1, PRODUCER))]);
    const metaGraph = Buffer.concat([bytes(1, bytes(4, tag)), bytes(2, graph)]);
    return Buffer.concat([int(1, 1), bytes(2, metaGraph)]);
  }
}
