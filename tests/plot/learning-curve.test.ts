import { displaySymbol, type LearningEvent, learningCurve } from "cellwright/plot";
import sharp from "sharp";
import { describe, expect, test } from "vitest";

/** The events of a run of `epochs` epochs of `perEpoch` steps: the loss is 1/step, the accuracy 1 - 1/step. */
function run(epochs: number, perEpoch: number): LearningEvent[] {
  const steps = epochs * perEpoch;
  const events: LearningEvent[] = [{ type: "start", epochs, steps }];
  for (let step = 1; step <= steps; step++) {
    const epoch = Math.ceil(step / perEpoch);
    events.push({ type: "step", epoch, epochs, step, steps, loss: 1 / step, accuracy: 1 - 1 / step });
    if (step % perEpoch === 0) {
      events.push({
        type: "epoch",
        epoch,
        epochs,
        loss: 0.5,
        accuracy: 0.9,
        validation: { loss: 0.25, accuracy: 0.95 },
      });
    }
  }
  return events;
}

interface Trace {
  readonly name: string;
  readonly x: number[];
  readonly y: (number | null)[];
}

const traces = (events: Parameters<typeof learningCurve>[0]) => learningCurve(events).data as readonly Trace[];

describe("learningCurve", () => {
  test("puts steps and validation on one axis of epochs", () => {
    const [loss, validation, accuracy, validationAccuracy] = traces(run(3, 4));
    expect(loss!.x).toEqual(Array.from({ length: 12 }, (_, k) => ((k + 1) / 12) * 3));
    expect(loss!.y).toEqual(Array.from({ length: 12 }, (_, k) => 1 / (k + 1)));
    expect([validation!.name, validation!.x, validation!.y]).toEqual(["validation", [1, 2, 3], [0.25, 0.25, 0.25]]);
    expect(accuracy!.y[11]).toBeCloseTo(1 - 1 / 12, 12);
    expect(validationAccuracy!.y).toEqual([0.95, 0.95, 0.95]);
  });

  test("takes rows made by hand, the history of an end event, and a history without accuracies", () => {
    const rows = [
      { epoch: 1, loss: 1, validationLoss: 2 },
      { epoch: 2, loss: 0.5, validationLoss: 1.5 },
    ];
    expect(traces(rows).map(({ name, x, y }) => [name, x, y])).toEqual([
      ["training", [1, 2], [1, 0.5]],
      ["validation", [1, 2], [2, 1.5]],
    ]);
    expect(traces([{ type: "end", history: rows }])).toEqual(traces(rows));
    expect(learningCurve(rows).toSVG()).not.toContain("Accuracy");
    expect(
      traces([
        { step: 10, loss: 1 },
        { step: 20, loss: 0.5 },
      ])[0]!.x,
    ).toEqual([10, 20]);
  });

  test("many steps are thinned to means: the drawing does not grow, the mean and the extremes stay", () => {
    const few = learningCurve(run(1, 1000));
    const many = learningCurve(run(1, 20_000));
    expect(many.toSVG().length).toBeLessThan(few.toSVG().length * 1.3);
    const [loss] = many.data as Trace[];
    expect(loss!.y.length).toBeLessThanOrEqual(100);
    const mean = Array.from({ length: 20_000 }, (_, k) => 1 / (k + 1)).reduce((sum, value) => sum + value, 0) / 20_000;
    expect(loss!.y.reduce<number>((sum, value) => sum + value!, 0) / loss!.y.length).toBeCloseTo(mean, 10);
  });

  test("nothing, one point, equal points and values that are not finite are drawn without NaN", () => {
    for (const history of [
      [],
      [{ epoch: 1, loss: 0.5 }],
      [
        { epoch: 1, loss: 0, accuracy: 1 },
        { epoch: 2, loss: 0, accuracy: 1 },
      ],
      [{ epoch: 1, loss: 1e30, accuracy: 0 }],
      [
        { epoch: 1, loss: -3 },
        { epoch: 2, loss: -4 },
      ],
      [
        { epoch: 1, loss: 1 },
        { epoch: 2, loss: Number.NaN },
        { epoch: 3, loss: Number.POSITIVE_INFINITY },
        { epoch: 4, loss: 2 },
      ],
    ]) {
      const figure = learningCurve(history);
      const numbers = figure
        .toSVG()
        .replaceAll(/<text[^>]*>[^<]*<\/text>|<title>[^<]*<\/title>|aria-label="[^"]*"/g, "");
      expect(numbers, JSON.stringify(history)).not.toMatch(/NaN|Infinity|undefined|null/);
      expect(JSON.parse(JSON.stringify(figure)).data.length).toBe(figure.data.length);
    }
    const broken = traces([
      { epoch: 1, loss: 1 },
      { epoch: 2, loss: Number.NaN },
      { epoch: 3, loss: 2 },
    ]);
    expect(broken[0]!.y).toEqual([1, null, 2]);
    expect(learningCurve([{ epoch: 1, loss: Number.NaN }]).toText()).toContain("training loss NaN");
  });

  test("refuses what is no history, and sizes out of range", () => {
    const code = (run: () => unknown) => {
      try {
        run();
        return "none";
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(code(() => learningCurve([{ epoch: 1 }]))).toBe("CW_HISTORY");
    expect(code(() => learningCurve([null as never]))).toBe("CW_HISTORY");
    expect(code(() => learningCurve([], { width: 10 }))).toBe("CW_OPTION");
    expect(code(() => learningCurve([], { height: Number.NaN }))).toBe("CW_OPTION");
  });

  test("the text twin is a table and a line of blocks", () => {
    expect(
      learningCurve([
        { epoch: 1, loss: 4, accuracy: 0.5 },
        { epoch: 2, loss: 2, accuracy: 0.75 },
        { epoch: 3, loss: 0, accuracy: 1 },
      ]).toText(),
    ).toBe(
      [
        "learning curves: training loss 0.000, training accuracy 100.0%",
        "loss █▅▁",
        "epoch   loss  accuracy",
        "    1  4.000     50.0%",
        "    2  2.000     75.0%",
        "    3  0.000    100.0%",
      ].join("\n"),
    );
  });

  test("shows itself in four ways when it is done, and in two, at once, while it is live", async () => {
    const done = await learningCurve(run(2, 5))[displaySymbol]();
    expect(Object.keys(done).sort()).toEqual([
      "application/vnd.plotly.v1+json",
      "image/png",
      "image/svg+xml",
      "text/plain",
    ]);
    expect(done["application/vnd.plotly.v1+json"]).toMatchObject({
      config: { showSendToCloud: false, displaylogo: false },
    });
    const png = Buffer.from(done["image/png"] as string, "base64");
    expect(await sharp(png).metadata()).toMatchObject({ format: "png", width: 720, height: 290 });

    const live = learningCurve(run(2, 5), { live: true })[displaySymbol]();
    expect(Object.keys(live).sort()).toEqual(["image/svg+xml", "text/plain"]);
    expect(live).toMatchObject({ "image/svg+xml": done["image/svg+xml"] });
  });
});
