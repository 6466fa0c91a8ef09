/** Fields of a state that travel as bytes: typed arrays here, `DataView`s on the page, and typed arrays again when they come back. */
import { z } from "zod";

type Numbers = Float32Array | Int32Array | Uint8Array;

function field<Type extends Numbers>(
  name: string,
  make: (bytes: ArrayBuffer) => Type,
  is: (value: unknown) => boolean,
) {
  const numbers = z.custom<Type>(is, `expected a ${name}`);
  // What comes from the page is a view of whole bytes that may start anywhere.
  return z.preprocess(
    (value) => (value instanceof Uint8Array && !is(value) ? make(value.slice().buffer) : value),
    numbers,
  ) as unknown as z.ZodType<Type, Type>;
}

export const float32Array = () =>
  field<Float32Array>(
    "Float32Array",
    (bytes) => new Float32Array(bytes, 0, bytes.byteLength >> 2),
    (value) => value instanceof Float32Array,
  );

export const int32Array = () =>
  field<Int32Array>(
    "Int32Array",
    (bytes) => new Int32Array(bytes, 0, bytes.byteLength >> 2),
    (value) => value instanceof Int32Array,
  );

export const uint8Array = () =>
  field<Uint8Array>(
    "Uint8Array",
    (bytes) => new Uint8Array(bytes),
    (value) => value instanceof Uint8Array,
  );
