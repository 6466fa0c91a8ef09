import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { HeaderFactory } from "../../../kernel/protocol/message.ts";
import { Wire, WireError } from "../../../kernel/protocol/wire.ts";

const golden = new URL("../../golden/protocol/signatures.json", import.meta.url);
const cases = JSON.parse(readFileSync(golden, "utf8")) as {
  key: string;
  scheme: string;
  frames: string[];
  signature: string;
}[];
const bytes = (text: string) => Buffer.from(text);
const headers = new HeaderFactory("session", "someone");

describe("signatures equal those of Python's hmac", () => {
  test.each(cases)("$key $scheme $signature", ({ key, scheme, frames, signature }) => {
    const wire = new Wire(key, scheme);
    const message = wire.decode([bytes("<IDS|MSG>"), bytes(signature), ...frames.map(bytes)]);
    expect(message.content).toEqual(JSON.parse(frames[3]!));
    const wrong = signature.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
    expect(() => wire.decode([bytes("<IDS|MSG>"), bytes(wrong), ...frames.map(bytes)])).toThrow(WireError);
  });
});

test("a message comes back as it went, with identities, buffers and content given as JSON", () => {
  const wire = new Wire("key");
  const header = headers.create("comm_msg");
  const frames = wire.encode({
    identities: [Buffer.from([0, 255]), bytes("second")],
    header,
    parentHeader: headers.create("comm_open"),
    content: bytes('{"naïve": "😀"}'),
    buffers: [Buffer.from([1, 2, 3]), Buffer.alloc(0)],
  });
  const message = wire.decode(frames);
  expect(message.identities.map((id) => [...id])).toEqual([[0, 255], [...bytes("second")]]);
  expect(message.header).toEqual(header);
  expect(message.content).toEqual({ naïve: "😀" });
  expect(message.buffers.map((buffer) => [...buffer])).toEqual([[1, 2, 3], []]);
});

test("message ids are unique and the date is UTC", () => {
  const made = Array.from({ length: 1000 }, () => headers.create("status"));
  expect(new Set(made.map((header) => header.msg_id)).size).toBe(1000);
  expect(made[0]!.date).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});

test("what is not a message is refused with a reason", () => {
  const wire = new Wire("");
  const sign = (...body: string[]) => [bytes("<IDS|MSG>"), bytes(""), ...body.map(bytes)];
  expect(() => wire.decode([])).toThrow("delimiter");
  expect(() => wire.decode(sign("{}", "{}"))).toThrow("5 frames");
  expect(() => wire.decode(sign("{", "{}", "{}", "{}"))).toThrow("JSON");
  expect(() => wire.decode(sign("[]", "{}", "{}", "{}"))).toThrow("object");
  expect(() => wire.decode(sign("{}", "{}", "{}", "null"))).toThrow("object");
  expect(() => wire.decode(sign("{}", "{}", "{}", "{}"))).toThrow("msg_id");
  expect(() => new Wire("key", "md5")).toThrow("signature scheme");
  expect(() => new Wire("key", "hmac-nonsense")).toThrow();
});
