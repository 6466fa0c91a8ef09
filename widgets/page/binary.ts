/** Binary values of a state, as views get them: a `DataView` that may start anywhere, so it is copied before it is read as numbers. */
export function float32(value: unknown): Float32Array {
  return new Float32Array(copied(value));
}

export function int32(value: unknown): Int32Array {
  return new Int32Array(copied(value));
}

export function bytes(value: unknown): Uint8Array<ArrayBuffer> {
  return new Uint8Array(copied(value));
}

function copied(value: unknown): ArrayBuffer {
  if (!ArrayBuffer.isView(value)) return new ArrayBuffer(0);
  return value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength) as ArrayBuffer;
}
