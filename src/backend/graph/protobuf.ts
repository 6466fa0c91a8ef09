/**
 * Writing Protocol Buffers' wire format (protobuf.dev, "Encoding"): a message is its fields one after the other, each a key (field
 * number and wire type) and a value. Only what a TensorFlow graph needs.
 */

/** A base-128 number, least group first; a negative one as its 64-bit two's complement. */
export function varint(value: number | bigint): Buffer {
  let rest = BigInt.asUintN(64, BigInt(value));
  const out: number[] = [];
  do {
    const group = Number(rest & 127n);
    rest >>= 7n;
    out.push(rest > 0n ? group | 128 : group);
  } while (rest > 0n);
  return Buffer.from(out);
}

const key = (field: number, wireType: number) => varint((field << 3) | wireType);

/** A field with bytes, a string or a message in it. */
export function bytes(field: number, content: Uint8Array | string): Buffer {
  const body = typeof content === "string" ? Buffer.from(content) : content;
  return Buffer.concat([key(field, 2), varint(body.length), body]);
}

/** A field with a whole number, a truth value or an enumeration. */
export function int(field: number, value: number | bigint | boolean): Buffer {
  return Buffer.concat([key(field, 0), varint(typeof value === "boolean" ? Number(value) : value)]);
}

/** A field with a float32. */
export function float(field: number, value: number): Buffer {
  const body = Buffer.alloc(4);
  body.writeFloatLE(value);
  return Buffer.concat([key(field, 5), body]);
}
