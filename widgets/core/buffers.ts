/**
 * Binary values leave the state and travel as frames of their own, each with the path to its place: removed from objects, `null` in
 * arrays, at any depth. The other direction puts them back.
 *
 * Source: "Jupyter widget messaging protocol, version 2.1", section "buffer_paths".
 */

/** The way to a value: keys of objects and indices of arrays. */
export type BufferPath = readonly (string | number)[];

export interface SplitState {
  readonly state: Record<string, unknown>;
  readonly bufferPaths: readonly BufferPath[];
  readonly buffers: readonly Uint8Array[];
}

/** Takes the binary values out of a state. The state itself stays as it is. */
export function splitBuffers(state: Readonly<Record<string, unknown>>): SplitState {
  const bufferPaths: BufferPath[] = [];
  const buffers: Uint8Array[] = [];
  const take = (value: unknown, path: BufferPath): unknown => {
    const bytes = bytesOf(value);
    if (bytes !== undefined) {
      bufferPaths.push(path);
      buffers.push(bytes);
      return undefined;
    }
    if (Array.isArray(value)) return value.map((item, index) => take(item, [...path, index]) ?? null);
    if (!isPlain(value)) return value;
    const kept: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(value)) {
      const left = take(item, [...path, key]);
      if (left !== undefined) kept[key] = left;
    }
    return kept;
  };
  return { state: take(state, []) as Record<string, unknown>, bufferPaths, buffers };
}

/**
 * Puts binary values back to their places, as `Uint8Array`s, in a copy of what they change.
 *
 * What a path does not reach (a page may send anything) is left out.
 */
export function joinBuffers(
  state: Readonly<Record<string, unknown>>,
  bufferPaths: unknown,
  buffers: readonly Uint8Array[],
): Record<string, unknown> {
  if (!Array.isArray(bufferPaths) || bufferPaths.length === 0) return { ...state };
  const joined = structuredClone(state) as Record<string, unknown>;
  for (const [index, path] of bufferPaths.entries()) {
    const bytes = buffers[index];
    if (bytes === undefined || !Array.isArray(path) || path.length === 0) continue;
    let place: unknown = joined;
    for (const key of path.slice(0, -1)) {
      place =
        place !== null && typeof place === "object" && Object.hasOwn(place, key) ? Reflect.get(place, key) : undefined;
    }
    const last = path.at(-1) as string | number;
    if (place === null || typeof place !== "object" || last === "__proto__") continue;
    Reflect.set(place, last, bytes);
  }
  return joined;
}

/** The bytes of a buffer or of a view, without a copy. */
function bytesOf(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) return new Uint8Array(value);
  return undefined;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
