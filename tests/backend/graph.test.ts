import { describe, expect, test } from "vitest";
import { Graph } from "../../src/backend/graph/graph.ts";
import { emitPointwise } from "../../src/backend/graph/pointwise.ts";
import { bytes, float, int, varint } from "../../src/backend/graph/protobuf.ts";

const hex = (buffer: Buffer) => buffer.toString("hex");

// The examples of protobuf.dev, "Encoding".
describe("the wire format", () => {
  test("numbers", () => {
    expect(hex(varint(1))).toBe("01");
    expect(hex(varint(150))).toBe("9601");
    expect(hex(varint(0))).toBe("00");
    expect(hex(varint(-2))).toBe("feffffffffffffffff01");
    expect(hex(int(1, 150))).toBe("089601");
    expect(hex(int(4, true))).toBe("2001");
  });

  test("strings, messages, floats", () => {
    expect(hex(bytes(2, "testing"))).toBe("120774657374696e67");
    expect(hex(bytes(3, int(1, 150)))).toBe("1a03089601");
    expect(hex(float(4, 1.5))).toBe("250000c03f");
  });
});

describe("a graph", () => {
  test("inputs that only order come last, whatever the order they are given in", () => {
    const graph = new Graph();
    graph.node("a", "NoOp");
    expect(graph.node("b", "Identity", ["^a", "x:0"])).toBe("b:0");
    const saved = graph.savedModel("train").toString("latin1");
    expect(saved.indexOf("x:0")).toBeLessThan(saved.indexOf("^a"));
    expect(saved).toContain("train");
    expect(graph.size).toBe(2);
  });

  test("a constant of equal values is written once", () => {
    const [same, other] = [new Graph(), new Graph()];
    same.constant("c", 1, [1000], new Float32Array(1000).fill(0.5));
    other.constant(
      "c",
      1,
      [1000],
      Float32Array.from({ length: 1000 }, (_, i) => i),
    );
    expect(same.savedModel("t").length).toBeLessThan(200);
    expect(other.savedModel("t").length).toBeGreaterThan(4000);
  });
});

describe("a convolution by single pixels", () => {
  const convolution = (filter: number[], strides = [1, 1, 1, 1], padding = "SAME") => ({
    ...{ name: "Conv2D", inputs: [], types: [1], shapes: [[2, 5, 5, filter[3]!]] },
    inputShapes: [[2, 5, 5, filter[2]!], filter],
    attributes: [
      { name: "strides", type: 1, value: strides },
      { name: "padding", type: 0, value: padding },
    ],
  });
  const emitted = (operation: ReturnType<typeof convolution>) => {
    const graph = new Graph();
    return emitPointwise(graph, "o", operation, ["x:0", "w:0"]) ? graph.savedModel("t").toString("latin1") : undefined;
  };

  test("is a product of matrices, under the operation's name", () => {
    const saved = emitted(convolution([1, 1, 3, 4]));
    expect(saved).toContain("MatMul");
    expect(saved).not.toContain("Conv2D");
  });

  test("others are left alone", () => {
    expect(emitted(convolution([3, 3, 3, 4]))).toBeUndefined();
    expect(emitted(convolution([1, 3, 3, 4]))).toBeUndefined();
    expect(emitted(convolution([1, 1, 3, 4], [1, 2, 2, 1]))).toBeUndefined();
    expect(emitted(convolution([1, 1, 3, 4], [1, 1, 1, 1], "EXPLICIT"))).toBeUndefined();
  });
});
