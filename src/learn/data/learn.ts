/**
 * `learnDataParams`: what the data is, from the data.
 *
 * Labels are read in full, images in a sample, since their range shows in a few hundred. Every field comes with its reason.
 */
import { Dataset } from "../../data/index.ts";
import { CellwrightError } from "../../errors.ts";
import { checkParams } from "../params/definition.ts";
import { learnt } from "../params/shown.ts";
import { areBoxes, boxFields } from "./boxes.ts";
import { type ImageFields, imageFields } from "./images.ts";
import { countIndices, type LabelFields, labelFields } from "./labels.ts";
import { AmbiguousDataError, type DataQuestion, Findings } from "./questions.ts";
import { type DataParams, dataParams } from "./schema.ts";
import { flatten, type NumericArray, type RawData } from "./source.ts";

const SAMPLED_IMAGES = 256;

/** Options of `learnDataParams`: answers that need not be asked for. */
export interface DataOptions
  extends Partial<Pick<DataParams, "task" | "labelStructure" | "imageRange" | "channelsLast">> {
  readonly boundingBoxFormat?: NonNullable<DataParams["boundingBoxFormat"]>;
  /** Names of the classes; their number is the number of classes. Default: the data set's, else "0", "1"… */
  readonly classNames?: readonly string[];
  /** What to do where the data fits two readings: "ask" throws the questions, "assume" takes the likelier reading and lists them in the report. Default: "ask". */
  readonly whenAmbiguous?: "ask" | "assume";
}

/** How the params came about. */
export interface DataReport {
  /** What had to be assumed; empty unless `whenAmbiguous` is "assume". */
  readonly questions: readonly DataQuestion[];
}

/**
 * The task that a data set poses and the form that it has: classes, shapes, ranges, label structure, box format.
 *
 * @param data a Dataset, or `{ images, labels }` as tensors, nested lists or typed arrays
 * @throws CW_AMBIGUOUS_DATA (an `AmbiguousDataError` with `questions`) where the data fits two readings and no option decides
 * @throws CW_EMPTY_DATASET, CW_ONE_CLASS, CW_LABELS, CW_LABEL_RANGE, CW_LENGTH_MISMATCH, CW_ARRAY_SHAPE, CW_IMAGE_NAN, CW_BOX for data that fits none
 * @example
 * const { params } = await learnDataParams((await digits()).split().train);
 * params.task; // "multiClass"
 * params.reasons.imageRange; // "values from 0 to 1: fractions"
 */
export async function learnDataParams(
  data: Dataset | RawData,
  options: DataOptions = {},
): Promise<{ params: DataParams; report: DataReport }> {
  const findings = new Findings(options);
  const found = data instanceof Dataset ? ofDataset(data, options, findings) : await ofRawData(data, options, findings);
  const { numClasses, classCounts, task } = found;
  if (task !== "detection") checkClasses(classCounts);
  const classNames =
    options.classNames ??
    (data instanceof Dataset ? data.classNames : Array.from({ length: numClasses }, (_, k) => `${k}`));
  if (classNames.length !== numClasses) {
    throw new CellwrightError(
      "CW_LABEL_RANGE",
      `expected ${numClasses} class names, one a class; got ${classNames.length}`,
    );
  }
  if (findings.questions.length > 0 && options.whenAmbiguous !== "assume")
    throw new AmbiguousDataError(findings.questions);
  const params = {
    kind: dataParams.kind,
    version: dataParams.version,
    ...found,
    classNames: [...classNames],
    reasons: findings.reasons,
  };
  return learnt(checkParams(dataParams, params, "learnDataParams"), { questions: findings.questions });
}

function checkClasses(counts: readonly number[]): void {
  const present = counts.filter((count) => count > 0).length;
  if (present >= 2) return;
  throw new CellwrightError(
    "CW_ONE_CLASS",
    `expected images of at least two classes; ${present === 0 ? "none has a label" : `all labels are class ${counts.findIndex((count) => count > 0)}`}: there is nothing to tell apart`,
  );
}

function ofDataset(data: Dataset, options: DataOptions, findings: Findings): ImageFields & LabelFields {
  if (data.size === 0) {
    throw new CellwrightError("CW_EMPTY_DATASET", `${data.name} has no images: check the filter or split that made it`);
  }
  const count = Math.min(SAMPLED_IMAGES, data.size);
  const sample = Uint32Array.from({ length: count }, (_, i) => Math.floor((i * data.size) / count));
  const images = { values: data.images(sample), shape: [count, ...data.imageShape], dtype: "float32" as const };
  findings.decide("channelsLast", true, "a Dataset has channels last");
  const fields = imageFields(
    images,
    new Findings({ channelsLast: true, ...(options.imageRange && { imageRange: options.imageRange }) }),
  );
  Object.assign(findings.reasons, {
    imageCount: "the size of the data set",
    imageShape: "the data set's own",
    imageDtype: "a Dataset gives float32",
    imageRange: options.imageRange ? "as the options say" : rangeReason(fields),
  });
  if (data.targets) return { ...fields, imageCount: data.size, ...multiHotFields(data, findings) };
  Object.assign(findings.reasons, {
    labelStructure: "a Dataset has one class index an image",
    labelSparse: "a Dataset has class indices",
  });
  const classCounts = countIndices(data.labels, data.classNames.length, findings);
  const numClasses = classCounts.length;
  const task = findings.decide(
    "task",
    numClasses === 2 ? "binary" : "multiClass",
    `one class of ${numClasses} an image`,
  );
  return {
    ...fields,
    imageCount: data.size,
    task,
    numClasses,
    classCounts,
    labelDtype: "int32",
    labelShape: [],
    labelStructure: "classIndex",
    labelSparse: true,
    boundingBoxFormat: null,
  };
}

/** Where an image may be of several classes. */
function multiHotFields(data: Dataset, findings: Findings): LabelFields {
  const numClasses = data.classNames.length;
  const rows = "the data set's labels are rows of 0 and 1, one a class";
  Object.assign(findings.reasons, {
    labelStructure: rows,
    labelSparse: rows,
    numClasses: `${numClasses}, as the class names say`,
  });
  return {
    task: findings.decide("task", "multiLabel", rows),
    numClasses,
    classCounts: [...data.summary().counts],
    labelDtype: "float32",
    labelShape: [numClasses],
    labelStructure: "multiHot",
    labelSparse: false,
    boundingBoxFormat: null,
  };
}

function rangeReason({ imageRange: [low, high] }: ImageFields): string {
  return low === 0 && high === 1
    ? "a Dataset's values are from 0 to 1"
    : `the values that a sample of the images has lie within ${low} to ${high}`;
}

async function ofRawData(data: RawData, options: DataOptions, findings: Findings): Promise<ImageFields & LabelFields> {
  if (data?.images === undefined || data.labels === undefined) {
    throw new CellwrightError("CW_DATASET", "data must be a Dataset, or { images, labels }");
  }
  const images = imageFields(await flatten(data.images, data.imageShape, "images"), findings);
  const { imageShape, imageCount } = images;
  const classes = options.classNames?.length;
  if (areBoxes(data.labels, imageShape) && (findings.answered("task") ?? "detection") === "detection") {
    if (data.labels.length !== imageCount) {
      throw new CellwrightError(
        "CW_LENGTH_MISMATCH",
        `expected a list of boxes for each of ${imageCount} images; got ${data.labels.length}`,
      );
    }
    return { ...images, ...boxFields(data.labels, imageShape, classes, findings) };
  }
  const labels = await flatten(data.labels as NumericArray, labelShape(data, imageCount), "labels");
  return { ...images, ...labelFields(labels, imageShape, imageCount, classes, findings) };
}

/** Of one label, where labels are a typed array: what divides them evenly among the images. */
function labelShape({ labels }: RawData, images: number): readonly number[] {
  if (!ArrayBuffer.isView(labels)) return [];
  const columns = (labels as Uint8Array).length / images;
  return columns === 1 || !Number.isInteger(columns) ? [] : [columns];
}
