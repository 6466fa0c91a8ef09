/**
 * Protocol buffers, written only: a message is the concatenation of its fields, a field a key (number and wire type) and
 * its value (protobuf.dev, "Encoding"). A dozen lines take the place of a compiler and its runtime.
 *
 * As proto3 has it, a field of value 0 or "" is left out; fields of a `oneof`, whose presence tells which it is, are
 * written with `always`.
 */

const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** The fields of a message, in the order of their numbers, joined. */
export function message(...fields: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(fields);
}

const none = new Uint8Array(0);

/** int32, int64, bool and enum: a whole number from 0 to 2^53 - 1. */
export function integer(field: number, value: number, always = false): Uint8Array {
  return value === 0 && !always ? none : message(key(field, wire.varint), varint(value));
}

/** double. */
export function double(field: number, value: number, always = false): Uint8Array {
  if (Object.is(value, 0) && !always) return none;
  return message(key(field, wire.fixed64), doubles([value]));
}

/** float: `value` rounded to float32. */
export function float(field: number, value: number, always = false): Uint8Array {
  if (Object.is(value, 0) && !always) return none;
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return message(key(field, wire.fixed32), bytes);
}

/** A message or bytes inside another message; always written, since it may be empty and there. */
export function nested(field: number, bytes: Uint8Array): Uint8Array {
  return message(key(field, wire.bytes), varint(bytes.length), bytes);
}

/** string, as UTF-8. */
export function text(field: number, value: string, always = false): Uint8Array {
  return value === "" && !always ? none : nested(field, Buffer.from(value, "utf8"));
}

/** repeated double, packed. */
export function packedDoubles(field: number, values: ArrayLike<number>): Uint8Array {
  return values.length === 0 ? none : nested(field, doubles(values));
}

function key(field: number, type: number): Uint8Array {
  return varint(field * 8 + type);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  // Division instead of shifts: steps may have more than 32 bits.
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function doubles(values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(8 * values.length);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < values.length; index++) view.setFloat64(8 * index, values[index]!, true);
  return bytes;
}
