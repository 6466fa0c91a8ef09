/**
 * TensorBoard's messages (event.proto, summary.proto, tensor.proto and the hparams plugin's plugin_data.proto), as bytes.
 * The numbers are those of the fields in these files.
 *
 * Scalars, images and histograms are written in their first form (`simple_value`, `image`, `histo`), which every reader
 * takes; TensorBoard turns them into the newer tensors as it reads. Texts and hyperparameters exist as tensors only.
 */
import { double, float, integer, message, nested, packedDoubles, text } from "./protobuf.ts";

/** A named value of a summary. */
export type SummaryValue = Uint8Array;

/** The first event of a file: the version of the format, and who wrote it. */
export function versionEvent(wallTime: number): Uint8Array {
  return message(double(1, wallTime), text(3, "brain.Event:2", true), nested(10, text(1, "cellwright")));
}

/** An event that holds values. */
export function summaryEvent(wallTime: number, step: number, values: readonly SummaryValue[]): Uint8Array {
  return message(double(1, wallTime), integer(2, step), nested(5, message(...values.map((value) => nested(1, value)))));
}

/** Says that the run starts (again) at `step`: what an earlier start wrote from there on is void. */
export function startEvent(wallTime: number, step: number): Uint8Array {
  const start = 1;
  return message(double(1, wallTime), integer(2, step), nested(7, integer(1, start)));
}

export function scalarValue(tag: string, value: number): SummaryValue {
  return message(text(1, tag), float(2, value, true));
}

/** A picture in a file's bytes. */
export interface EncodedImage {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA. */
  readonly colorspace: number;
  readonly bytes: Uint8Array;
}

export function imageValue(tag: string, { width, height, colorspace, bytes }: EncodedImage): SummaryValue {
  const image = message(integer(1, height), integer(2, width), integer(3, colorspace), nested(4, bytes));
  return message(text(1, tag), nested(4, image));
}

/** Counts in buckets, each up to its limit. */
export interface Histogram {
  readonly min: number;
  readonly max: number;
  readonly count: number;
  readonly sum: number;
  readonly sumOfSquares: number;
  readonly limits: readonly number[];
  readonly counts: readonly number[];
}

export function histogramValue(tag: string, histogram: Histogram): SummaryValue {
  const histo = message(
    double(1, histogram.min),
    double(2, histogram.max),
    double(3, histogram.count),
    double(4, histogram.sum),
    double(5, histogram.sumOfSquares),
    packedDoubles(6, histogram.limits),
    packedDoubles(7, histogram.counts),
  );
  return message(text(1, tag), nested(5, histo));
}

export function textValue(tag: string, content: string): SummaryValue {
  const stringType = 7;
  const tensor = message(integer(1, stringType), nested(2, message()), text(8, content, true));
  return message(text(1, tag), nested(8, tensor), metadata("text", message()));
}

/** The start of a session of the hparams plugin. Names are sorted, so that equal settings are equal bytes. */
export function sessionStartValue(
  hparams: Readonly<Record<string, string | number | boolean>>,
  group: string,
  startSeconds: number,
): SummaryValue {
  const entries = Object.keys(hparams)
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map((name) => nested(1, message(text(1, name, true), nested(2, structValue(hparams[name]!)))));
  const info = message(...entries, text(4, group), double(5, startSeconds));
  return hparamsValue("_hparams_/session_start_info", nested(3, info));
}

/** The end of a session of the hparams plugin. */
export function sessionEndValue(success: boolean, endSeconds: number): SummaryValue {
  return hparamsValue(
    "_hparams_/session_end_info",
    nested(4, message(integer(1, success ? 1 : 2), double(2, endSeconds))),
  );
}

function hparamsValue(tag: string, data: Uint8Array): SummaryValue {
  const floatType = 1;
  // What the plugin calls its null tensor: float32 of shape [0].
  const tensor = message(integer(1, floatType), nested(2, nested(2, message())));
  return message(text(1, tag), nested(8, tensor), metadata("hparams", data));
}

function metadata(plugin: string, content: Uint8Array): Uint8Array {
  const data = message(text(1, plugin), content.length === 0 ? content : nested(2, content));
  return nested(9, nested(1, data));
}

/** google.protobuf.Value. */
function structValue(value: string | number | boolean): Uint8Array {
  if (typeof value === "number") return double(2, value, true);
  return typeof value === "string" ? text(3, value, true) : integer(4, value ? 1 : 0, true);
}
