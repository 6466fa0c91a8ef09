/**
 * Where a graph keeps the variables of a run: most optimizers' end to end, as one.
 *
 * An update is a dozen operations for each variable, and a mobile network has eighty: what a step then costs is not arithmetic but the
 * thousand nodes. Most rules treat every number by itself, so weights laid end to end are updated by one dozen of operations, with the
 * same result to the last bit. The model reads its weights as parts of the long variable.
 */
import { attribute, dataType, type Graph } from "../../backend/graph/index.ts";
import { tf } from "../../backend/tf.ts";
import type { RuleOptimizer } from "../../optim/rule-optimizer.ts";

/** A variable of the graph: one variable of the run, or several laid end to end. */
export interface Store {
  readonly name: string;
  readonly members: readonly tf.Variable[];
  /** Of the variable in the graph; one dimension where several are laid end to end. */
  readonly shape: readonly number[];
  readonly laid: boolean;
  /** Whether a run that failed goes back to what it was. */
  readonly judged: boolean;
}

/** Stores that an update takes together. */
export interface Row {
  readonly value: Store;
  readonly slots: readonly Store[];
}

export interface Layout {
  readonly stores: readonly Store[];
  /** What the optimizer updates as one; empty where each variable is updated by itself. */
  readonly rows: readonly Row[];
}

/** The layout of these variables; `rows` as the optimizer gives them. */
export function layOut(
  variables: readonly tf.Variable[],
  judged: ReadonlySet<tf.Variable>,
  rows: RuleOptimizer["rows"] = [],
): Layout {
  const stores: Store[] = [];
  const store = (members: readonly tf.Variable[], laid: boolean): Store => {
    const shape = laid ? [members.reduce((sum, { size }) => sum + size, 0)] : members[0]!.shape;
    const made = { name: `v${stores.length}`, members, shape, laid, judged: judged.has(members[0]!) };
    stores.push(made);
    return made;
  };
  const laid = rows.map((row) => ({
    value: store(
      row.map(({ variable }) => variable),
      true,
    ),
    slots: row[0]!.state.map((_, slot) =>
      store(
        row.map(({ state }) => state[slot]!),
        true,
      ),
    ),
  }));
  const placed = new Set(stores.flatMap(({ members }) => members));
  for (const variable of variables) if (!placed.has(variable)) store([variable], false);
  return { stores, rows: laid };
}

/** The name of a member's value in the graph, without its output. */
export const memberName = ({ name }: Store, place: number) => `${name}/member${place}`;

/** Adds a store's variable, and the members of a laid one as parts of it. */
export function addStore(graph: Graph, store: Store): void {
  graph.variable(store.name, store.shape);
  if (!store.laid) return;
  const T = attribute.type(dataType.float32);
  const int32 = (name: string, shape: readonly number[], values: readonly number[]) =>
    graph.constant(`${store.name}/${name}`, dataType.int32, shape, Int32Array.from(values));
  const sizes = store.members.map(({ size }) => size);
  const parts = [`${store.name}/read:0`, int32("sizes", [sizes.length], sizes), int32("axis", [], [0])];
  const index = attribute.type(dataType.int32);
  graph.node(`${store.name}/parts`, "SplitV", parts, { T, Tlen: index, num_split: attribute.int(sizes.length) });
  store.members.forEach(({ shape }, place) => {
    const dimensions = int32(`shape${place}`, [shape.length], shape);
    const part = `${store.name}/parts:${place}`;
    graph.node(memberName(store, place), "Reshape", [part, dimensions], { T, Tshape: index });
  });
}

/** What a store's variable holds, as a tensor. Runs inside `tf.tidy`. */
export function gather({ members, laid }: Store): tf.Tensor {
  return laid ? tf.concat(members.map((member) => tf.reshape(member, [-1]))) : members[0]!;
}

/** Gives the members what the store's variable holds. */
export function scatter({ members, laid }: Store, value: tf.Tensor): void {
  tf.tidy(() => {
    const sizes = members.map(({ size }) => size);
    const parts = laid ? tf.split(value as tf.Tensor1D, sizes) : [value];
    members.forEach((member, place) => {
      member.assign(tf.reshape(parts[place]!, member.shape));
    });
  });
}
