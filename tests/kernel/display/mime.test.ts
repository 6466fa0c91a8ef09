import { inspect } from "node:util";
import { fromArrays } from "cellwright/data";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import "../../../kernel/display/kinds.ts";
import type { MimeBundle } from "../../../kernel/display/bundle.ts";
import { toMimeBundle } from "../../../kernel/display/mime.ts";
import { image } from "../../../kernel/display/templates.ts";
import { tf } from "../../../src/backend/tf.ts";

type Bundle = Record<string, string>;
const bundle = (value: unknown) => toMimeBundle(value) as Bundle;
const text = (value: unknown) => bundle(value)["text/plain"]!;
const html = (value: unknown) => bundle(value)["text/html"] ?? "";

describe("what is not of a kind is text as Node shows it", () => {
  test.each([
    [1],
    [-0],
    ["text"],
    [null],
    [true],
    [5n],
    [Symbol("s")],
    [[1, 2]],
    [{ a: 1 }],
    [new Date(0)],
    [/x/g],
    [[]],
    [{}],
  ])("%o", (value) => {
    expect(bundle(value)).toEqual({ "text/plain": inspect(value) });
  });

  test("promises, dates without a time, functions of the engine", () => {
    expect(text(Promise.resolve(5))).toBe("Promise { 5 }");
    expect(text(new Date(Number.NaN))).toBe("Invalid Date");
    expect(bundle(Math.max)).toEqual({ "text/plain": "[Function: max]" });
  });
});

describe("hostile values never break a display, and no getter runs", () => {
  const boom = () => {
    throw new Error("touched");
  };
  const trapped = { get: boom, has: boom, ownKeys: boom, getOwnPropertyDescriptor: boom, getPrototypeOf: boom };
  const cases: readonly (readonly [string, () => unknown])[] = [
    [
      "getters",
      () =>
        Object.defineProperties(
          {},
          Object.fromEntries(
            [
              "data",
              "layout",
              "shape",
              "dtype",
              "dataId",
              "layers",
              "width",
              "height",
              "$schema",
              "mark",
              "encoding",
              "constructor",
              "size",
              "then",
              "pipe",
            ].map((name) => [name, { get: boom, enumerable: true }]),
          ),
        ),
    ],
    ["a proxy", () => new Proxy({}, trapped)],
    ["a proxy of a function", () => new Proxy(() => {}, { ...trapped, apply: boom })],
    ["a proxy as prototype", () => Object.create(new Proxy({}, trapped))],
    ["proxies in a list", () => [new Proxy({}, trapped), new Proxy([], trapped)]],
    ["proxies in a row", () => [{ a: new Proxy({}, trapped) }]],
    ["proxies in a map", () => new Map([[new Proxy({}, trapped), new Proxy([], trapped)]])],
    [
      "toString and inspect",
      () => ({ toString: boom, toJSON: boom, [inspect.custom]: boom, [Symbol.toPrimitive]: boom }),
    ],
    [
      "a display that is a getter",
      () => ({
        get [Symbol.for("Jupyter.display")]() {
          return boom();
        },
      }),
    ],
    ["no prototype", () => Object.create(null)],
    [
      "an error with getters",
      () =>
        Object.defineProperties(new Error("x"), {
          stack: { get: boom },
          message: { get: boom },
          cause: { get: boom },
          name: { get: boom },
        }),
    ],
    ["an error in a proxy", () => new Proxy(new Error("x"), trapped)],
    ["a list with getters", () => Object.defineProperty([{ a: 1 }], 0, { get: boom })],
    ["a row with getters", () => [Object.defineProperty({ a: 1 }, "b", { get: boom, enumerable: true })]],
    ["a class with a static name", () => Object.defineProperty(class {}, "name", { get: boom })],
    ["a map whose methods throw", () => Object.assign(new Map([[1, 2]]), { entries: boom, get: boom, forEach: boom })],
    [
      "a map that is a subclass",
      () =>
        new (class extends Map<number, number> {
          override get size(): number {
            return boom() as never;
          }
          override entries(): never {
            return boom() as never;
          }
        })([[1, 2]]),
    ],
    [
      "a typed array that is a subclass",
      () =>
        new (class extends Float32Array {
          override get length(): number {
            return 2;
          }
        })(4),
    ],
    [
      "a circle",
      () => {
        const a: Record<string, unknown> = {};
        a.self = a;
        return a;
      },
    ],
    ["a fake tensor", () => ({ shape: [2], dtype: "float32", dataId: {}, size: 2, toString: boom, dataSync: boom })],
    ["a fake model", () => ({ countParams: boom, predict: boom, layers: 5 })],
    [
      "a fake element",
      () =>
        new (class {
          get outerHTML() {
            return boom();
          }
        })(),
    ],
    [
      "revoked",
      () => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        return proxy;
      },
    ],
  ];
  test.each(cases)("%s", (_name, make) => {
    const { "text/plain": plain } = bundle(make());
    expect(typeof plain).toBe("string");
    expect(plain).not.toBe("");
  });

  const HOSTILE = "</script><img src=x onerror=alert(1)>\u001b[31m\u202egnp.exe\u0000\u009b&\"'";
  test.each([
    ["a row", [{ [HOSTILE]: HOSTILE }]],
    ["a map", new Map([[HOSTILE, HOSTILE]])],
    ["a set", new Set([HOSTILE])],
    ["an error", new Error(HOSTILE, { cause: new Error(HOSTILE) })],
    ["a function's name", Object.defineProperty((() => HOSTILE) as object, "name", { value: HOSTILE })],
    ["nested", [{ a: { b: [HOSTILE] } }]],
    ["text", HOSTILE],
    ["a key", { [HOSTILE]: 1 }],
    ["a symbol", Symbol(HOSTILE)],
  ])("hostile text in %s is escaped", (_name, value) => {
    const made = bundle(value);
    expect(made["text/html"] ?? "").not.toMatch(/<img|<\/script|onerror=alert\(1\)>/);
    for (const shown of Object.values(made)) expect(shown).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}]/u);
  });
});

describe("large values are cut, with a count of what was left out", () => {
  test("texts, lists, maps, sets, rows, columns, objects", () => {
    expect(text("x".repeat(25_000))).toMatch(/^'x{10000}'\.\.\. 15000 more characters$/);
    expect(text(Array.from({ length: 1_000 }, (_, i) => i))).toContain("... 900 more items");
    const map = new Map(Array.from({ length: 5_000 }, (_, i) => [i, i]));
    expect(html(map)).toContain("… 4,940 more entries");
    expect(text(map)).toContain("... 4900 more items");
    expect(html(new Set(map.keys()))).toContain("… 4,940 more values");
    const wide = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`c${i}`, i]));
    expect(html(Array.from({ length: 100 }, () => wide))).toContain("… 40 more rows, 10 more columns");
    const many = Object.fromEntries(Array.from({ length: 30_000 }, (_, i) => [`key${i}`, i]));
    expect(text(many)).toMatch(/key999: 999\n\}\n… 29,000 more properties$/);
  });

  test("a text of more than a megabyte", () => {
    const shown = text(Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`k${i}`, "y".repeat(9_000)])));
    expect(shown.length).toBeLessThan(2 ** 20 + 100);
    expect(shown).toMatch(/… [\d,]{7,} more characters$/);
  });

  test("a deep and wide object is shown less deep", () => {
    let value: unknown = 1;
    for (let level = 0; level < 6; level += 1) {
      const below = value;
      value = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`k${i}`, below]));
    }
    const shown = text(value);
    expect(shown.length).toBeLessThan(400_000);
    expect(shown).toContain("[Object]");
  });

  test("long cells of a table", () => {
    expect(html([{ a: "z".repeat(5_000) }])).toMatch(/z{1000}… 4,000 more characters/);
  });

  test("no character is cut in two", () => {
    expect(html([{ a: `${"z".repeat(999)}😀😀` }])).toMatch(/z{999}… 4 more characters/);
  });
});

describe("tensors", () => {
  beforeAll(() => tf.setBackend("cpu"));
  const shown = (make: () => tf.Tensor) => {
    const tensor = make();
    const before = tf.memory().numTensors;
    const made = bundle(tensor);
    expect(tf.memory().numTensors).toBe(before);
    tensor.dispose();
    return made;
  };

  test.each<[string, () => tf.Tensor, string]>([
    ["a scalar", () => tf.scalar(3), "Tensor float32 []\n3"],
    ["statistics", () => tf.tensor1d([1, 2, 6]), "Tensor float32 [3]\nmin 1, mean 3, max 6\n[1, 2, 6]"],
    ["integers", () => tf.tensor1d([5, 5], "int32"), "Tensor int32 [2]\nmin 5, mean 5, max 5\n[5, 5]"],
    ["truth", () => tf.tensor1d([true, false], "bool"), "Tensor bool [2]\nmin 0, mean 0.5, max 1\n[true, false]"],
    ["texts", () => tf.tensor1d(["a"]), "Tensor string [1]\n['a']"],
    ["complex numbers", () => tf.complex([1], [2]), "Tensor complex64 [1]\n[1 + 2j]"],
    ["not numbers", () => tf.tensor1d([Number.NaN, Number.NaN]), "Tensor float32 [2]\n2 NaN\n[NaN, NaN]"],
    [
      "infinite",
      () => tf.tensor1d([1, -Infinity, Number.NaN]),
      "Tensor float32 [3]\nmin 1, mean 1, max 1, 1 NaN, 1 infinite\n[1, -Infinity, NaN]",
    ],
    ["empty", () => tf.zeros([0, 3]), "Tensor float32 [0, 3]\nno values"],
    [
      "large",
      () => tf.zeros([2048, 1024]),
      "Tensor float32 [2048, 1024]\n2,097,152 values, not read; tensor.slice(…) shows a part",
    ],
  ])("%s", (_name, make, expected) => {
    expect(shown(make)["text/plain"]).toBe(expected);
  });

  test("disposed, and a variable", () => {
    const gone = tf.scalar(1);
    gone.dispose();
    expect(text(gone)).toBe("Tensor float32 []\ndisposed");
    const variable = tf.variable(tf.tensor1d([1]));
    expect(text(variable)).toMatch(/^Variable float32 \[1\]/);
    tf.disposeVariables();
  });

  const pictures = async (make: () => tf.Tensor) => {
    const sources = [...shown(make)["text/html"]!.matchAll(/src="data:image\/png;base64,([^"]+)"/g)];
    return Promise.all(
      sources.map(async ([, data]) => {
        const { data: pixels, info } = await sharp(Buffer.from(data!, "base64"))
          .raw()
          .toBuffer({ resolveWithObject: true });
        return { pixels, info };
      }),
    );
  };

  test.each<[string, () => tf.Tensor, [number, number, number], number]>([
    ["grey, 0 to 1", () => tf.fill([8, 9, 1], 0.5), [9, 8, 3], 127],
    ["colour, 0 to 255", () => tf.fill([8, 8, 3], 200, "int32"), [8, 8, 3], 200],
    ["colour with alpha", () => tf.fill([8, 8, 4], 1), [8, 8, 4], 255],
    ["truth", () => tf.fill([8, 8, 1], 1, "bool"), [8, 8, 3], 255],
  ])("a picture: %s", async (_name, make, [width, height, channels], value) => {
    const [picture] = await pictures(make);
    expect([picture!.info.width, picture!.info.height]).toEqual([width, height]);
    expect(picture!.info.channels === channels || picture!.info.channels === 1).toBe(true);
    expect(Math.abs(picture!.pixels[0]! - value)).toBeLessThanOrEqual(1);
  });

  test("a batch shows ten and counts the rest; a large one is made small", async () => {
    expect(await pictures(() => tf.zeros([12, 8, 8, 1]))).toHaveLength(10);
    expect(shown(() => tf.zeros([12, 8, 8, 1]))["text/html"]).toContain("… 2 more");
    const [large] = await pictures(() => tf.zeros([500, 300, 3]));
    expect(large!.info).toMatchObject({ width: 75, height: 125 });
  });

  test.each<[string, () => tf.Tensor]>([
    ["negative values", () => tf.fill([8, 8, 3], -1)],
    ["values over 255", () => tf.fill([8, 8, 3], 300)],
    ["not numbers", () => tf.fill([8, 8, 3], Number.NaN)],
    ["two channels", () => tf.zeros([8, 8, 2])],
    ["too small", () => tf.zeros([2, 3, 4])],
    ["a matrix", () => tf.zeros([20, 20])],
  ])("no picture: %s", async (_name, make) => {
    expect(await pictures(make)).toEqual([]);
  });
});

describe("models and data sets", () => {
  test("a model is a table of its layers", () => {
    const model = tf.sequential({
      name: "small<b>",
      layers: [
        tf.layers.dense({ units: 3, inputShape: [4], name: "first" }),
        tf.layers.dense({ units: 2, name: "second", trainable: false }),
      ],
    });
    const before = tf.memory().numTensors;
    const made = bundle(model);
    expect(tf.memory().numTensors).toBe(before);
    expect(made["text/plain"]).toBe(
      [
        "Sequential small<b>: 23 parameters, 15 of them trainable",
        "layer   type   output     parameters",
        "first   Dense  batch × 3          15",
        "second  Dense  batch × 2           8",
      ].join("\n"),
    );
    expect(made["text/html"]).toContain("small&lt;b&gt;");
    model.dispose();
    expect(text(tf.sequential({ name: "empty" }))).toContain("Sequential empty: 0 parameters");
  });

  test("a data set shows sizes, classes, and the first image of each class", () => {
    const data = fromArrays({
      name: "<i>toy",
      images: new Float32Array(6 * 8 * 8).fill(0.5),
      imageShape: [8, 8, 1],
      labels: [0, 1, 1, 0, -1, 1],
      classNames: ["cat", "<b>dog"],
    });
    const made = bundle(data);
    expect(made["text/plain"]).toBe("<i>toy: 6 images of 8 × 8 × 1\n  cat: 2\n  <b>dog: 3\n  (no label): 1");
    expect(made["text/html"]!.match(/<img /g)).toHaveLength(3);
    expect(made["text/html"]).toContain('title="&lt;b&gt;dog"');
    expect(made["text/html"]).not.toContain("<b>dog");
    const failing = data.map(() => {
      throw new Error("no");
    });
    expect(html(failing)).not.toContain("<img ");
    expect(html(data.take(0))).toContain("0 images");
  });
});

describe("pictures", () => {
  test("pixels with a width and a height", async () => {
    const data = Uint8ClampedArray.from({ length: 2 * 3 * 4 }, (_, i) => i * 10);
    const made = bundle({ data, width: 2, height: 3 });
    expect(made["text/plain"]).toBe("picture 2 × 3, 4 channels");
    expect([...(await sharp(Buffer.from(made["image/png"]!, "base64")).raw().toBuffer())]).toEqual([...data]);
    class ImageData {
      get data() {
        return data;
      }
      get width() {
        return 2;
      }
      get height() {
        return 3;
      }
    }
    expect(bundle(new ImageData())["image/png"]).toBe(made["image/png"]);
    expect(Object.keys(bundle({ data, width: 5, height: 5 }))).toEqual(["text/plain"]);
    expect(Object.keys(bundle({ data: [1], width: 1, height: 1 }))).toEqual(["text/plain"]);
  });

  test("sharp: raw output and pipelines", async () => {
    const pipeline = sharp({ create: { width: 2000, height: 10, channels: 3, background: "red" } });
    const shown = (await toMimeBundle(pipeline)) as Bundle;
    expect(shown["text/plain"]).toBe("picture 1024 × 5");
    const raw = await sharp({ create: { width: 4, height: 3, channels: 3, background: "red" } })
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(text(raw)).toBe("picture 4 × 3, 3 channels");
    const broken = sharp(Buffer.from("not a picture"));
    expect(((await toMimeBundle(broken)) as MimeBundle)["text/plain"]).toContain("Sharp");
  });

  test.each(["png", "jpeg", "gif", "webp"] as const)("the bytes of a %s file", async (format) => {
    const bytes = await sharp({ create: { width: 4, height: 3, channels: 3, background: "red" } })
      .toFormat(format)
      .toBuffer();
    const expected = {
      [`image/${format}`]: bytes.toString("base64"),
      "text/plain": `image/${format}, ${bytes.length} bytes`,
    };
    expect(bundle(bytes)).toEqual(expected);
    expect(bundle(new Uint8Array(bytes))).toEqual(expected);
    expect(bundle(image(bytes))).toEqual(expected);
  });

  test("other bytes are bytes", () => {
    expect(bundle(Buffer.from("RIFF1234WAVE"))["text/plain"]).toContain("<Buffer 52 49");
    expect(() => image(Buffer.from("x"))).toThrow("expected the bytes of a PNG, JPEG, GIF or WebP image");
  });
});

describe("typed arrays", () => {
  test("head, statistics and course", () => {
    const wave = Float64Array.from({ length: 1_000 }, (_, i) => i);
    expect(text(wave)).toMatch(
      /^Float64Array\(1000\) \[[\s\S]*\.\.\. 900 more items\n\]\nmin 0, mean 499.5, max 999\n▁{5}▂{5}▃{5}▄{5}▅{5}▆{5}▇{5}█{5}$/,
    );
    expect(html(wave)).toContain("<b>Float64Array, 1,000 values</b>");
    expect(text(new BigInt64Array([1n, 5n]))).toBe("BigInt64Array(2) [ 1n, 5n ]\nmin 1, mean 3, max 5");
    expect(text(new Float32Array([Number.NaN, Infinity]))).toContain("\n1 NaN, 1 infinite");
    expect(text(new Uint8Array(10))).toMatch(/\n▁{10}$/);
  });

  test.each([[new Float32Array(0)], [new Int8Array([7])], [new ArrayBuffer(3)]])("%o is Node's text", (value) => {
    expect(bundle(value)).toEqual({ "text/plain": inspect(value) });
  });
});

describe("errors, functions", () => {
  test("name, code, message, causes, aggregated errors", () => {
    class OwnError extends RangeError {
      override name = "OwnError";
      code = "E_OWN";
    }
    const cause = new TypeError("why", { cause: "a text" });
    expect(text(new OwnError("what", { cause }))).toBe(
      "OwnError [E_OWN]: what\n  cause:\n    TypeError: why\n      cause: a text",
    );
    const many = new AggregateError(
      Array.from({ length: 12 }, (_, i) => new Error(`${i}`)),
      "all",
    );
    expect(text(many)).toMatch(/^AggregateError: all\n {2}error:\n {4}Error: 0\n[\s\S]*… 2 more errors$/);
    const circle = new Error("round");
    circle.cause = circle;
    expect(text(circle)).toBe("Error: round");
  });

  test("the head of the source", () => {
    function small() {
      return 1;
    }
    expect(text(small)).toMatch(/^\[Function: small\]\nfunction small\(\) \{/);
    const long = new Function(Array.from({ length: 50 }, (_, i) => `x${i};`).join("\n"));
    expect(text(long)).toMatch(/… \d\d more lines$/);
    expect(text(class A extends Map {})).toMatch(/^\[class A extends Map\]\nclass A extends Map/);
  });
});

describe("charts", () => {
  test.each<[object, string[], string]>([
    [
      { data: [{ x: [1] }, { type: "bar" }], layout: {} },
      ["application/vnd.plotly.v1+json"],
      "plotly figure: scatter, bar",
    ],
    [{ mark: "bar", encoding: {} }, ["application/vnd.vegalite.v5+json"], "Vega-Lite chart: bar"],
    [{ mark: { type: "line" }, encoding: {} }, ["application/vnd.vegalite.v5+json"], "Vega-Lite chart: line"],
    [
      { $schema: "https://vega.github.io/schema/vega-lite/v4.8.json", layer: [] },
      ["application/vnd.vegalite.v5+json", "application/vnd.vegalite.v4+json"],
      "Vega-Lite chart: layer",
    ],
    [
      { $schema: "https://vega.github.io/schema/vega/v5.json", marks: [] },
      ["application/vnd.vega.v5+json"],
      "Vega chart",
    ],
  ])("%j", (value, types, plain) => {
    const made = bundle(value);
    expect(made["text/plain"]).toBe(plain);
    expect(Object.keys(made)).toEqual([...types, "text/plain"]);
  });

  test.each([
    [{ data: [1], layout: {} }],
    [{ data: [], layout: null }],
    [{ data: {}, layout: {} }],
    [{ mark: "bar" }],
    [{ $schema: "https://json-schema.org/draft/2020-12/schema" }],
  ])("%j is none", (value) => {
    expect(Object.keys(bundle(value))).toEqual(["text/plain"]);
  });
});

describe("drawings", () => {
  const circle = '<svg xmlns="http://www.w3.org/2000/svg"><circle r="5" fill="url(#a)"/><use href="#b"/></svg>';
  test("a text that is a drawing is drawn, also with a head", () => {
    for (const drawing of [circle, `<?xml version="1.0"?>\n<!-- made by hand -->\n${circle}\n`]) {
      expect(bundle(drawing)).toEqual({
        "image/svg+xml": drawing,
        "text/plain": inspect(drawing, { maxStringLength: 10_000 }),
      });
    }
  });

  test.each([
    ['<svg onload="alert(1)"></svg>'],
    ["<svg><script>alert(1)</script></svg>"],
    ["<svg/onload=alert(1)></svg>"],
    ["<svg><a href='javascript:alert(1)'>x</a></svg>"],
    ["<svg><a xlink:href='&#106;avascript:alert(1)'>x</a></svg>"],
    ["<svg><foreignObject><body onload=alert(1)></body></foreignObject></svg>"],
    ["<svg><image href='https://example.org/track.png'/></svg>"],
    ["<svg><animate attributeName='href' values='javascript:alert(1)'/></svg>"],
    ["<svg><style>@import 'https://example.org/x.css'</style></svg>"],
    ["<svg><rect fill='url(https://example.org/x)'/></svg>"],
    ["<!DOCTYPE svg [<!ENTITY x 'y'>]><svg>&x;</svg>"],
    ["<svg></svg><img src=x onerror=alert(1)>"],
    ["say <svg></svg>"],
    ["<svg>"],
  ])("%s is text", (value) => {
    expect(Object.keys(bundle(value))).toEqual(["text/plain"]);
  });

  test("an element of a DOM library", () => {
    class Element {
      readonly markup: string;
      constructor(markup: string) {
        this.markup = markup;
      }
      get outerHTML() {
        return this.markup;
      }
    }
    expect(bundle(new Element("<svg><g/></svg>"))["image/svg+xml"]).toBe(
      '<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>',
    );
    expect(bundle(new Element("<b>x</b>"))).toEqual({ "text/html": "<b>x</b>", "text/plain": "Element, 8 characters" });
  });
});

describe("Jupyter.display", () => {
  const DISPLAY = Symbol.for("Jupyter.display");
  test("comes first, may be a promise, and gets a text twin", async () => {
    expect(bundle({ [DISPLAY]: () => ({ "text/html": "<b>" }), data: [], layout: {} })).toEqual({
      "text/html": "<b>",
      "text/plain": expect.stringContaining("data: []"),
    });
    const later = { [DISPLAY]: async () => ({ "text/plain": "later" }) };
    expect(await toMimeBundle(later)).toEqual({ "text/plain": "later" });
    const callable = Object.assign(() => 1, { [DISPLAY]: () => ({ "text/plain": "callable" }) });
    expect(text(callable)).toBe("callable");
  });

  test.each([[undefined], [null], [5], ["text"]])("a bundle that is %o is the value's text", (made) => {
    expect(text({ a: 1, [DISPLAY]: () => made })).toContain("a: 1");
  });

  test("its own error is the cell's", () => {
    const value = {
      [DISPLAY]: () => {
        throw new Error("own");
      },
    };
    expect(() => toMimeBundle(value)).toThrow("own");
  });
});
