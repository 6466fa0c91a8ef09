// What a kernel meets in the wild, all at once: many cells from several clients, interrupts, forged and broken frames; a
// client that sleeps; and noise at the wire codec.

import { readFileSync } from "node:fs";
import { Random } from "cellwright/random";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Dealer, Subscriber } from "zeromq";
import { KernelClient } from "../../kernel/client/index.ts";
import { channelAddress } from "../../kernel/protocol/connection.ts";
import { HeaderFactory } from "../../kernel/protocol/message.ts";
import { Wire, WireError } from "../../kernel/protocol/wire.ts";
import { startKernel, type TestKernel } from "./start.ts";

let kernel: TestKernel;
beforeAll(async () => {
  kernel = await startKernel();
});
afterAll(() => kernel.stop());

const soon = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Resolves when the client hears what is published: what comes before its subscription is not for it. */
async function subscribed(client: KernelClient): Promise<void> {
  let heard = false;
  while (!heard) {
    const { idle } = client.exchange("shell", "kernel_info_request", {});
    heard = await Promise.race([idle.then(() => true), soon(200).then(() => false)]);
  }
}
const residentMegabytes = (pid: number) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1024;

/** Frames of a valid message with one thing wrong, or no message at all. */
function damaged(frames: Uint8Array[], random: Random): Uint8Array[] {
  const copy = frames.map((frame) => Uint8Array.from(frame));
  const which = random.integer(copy.length);
  const frame = copy[which]!;
  switch (random.integer(6)) {
    case 0: // a bit flips
      if (frame.length > 0) frame[random.integer(frame.length)]! ^= 1 << random.integer(8);
      return copy;
    case 1: // cut off
      copy[which] = frame.subarray(0, random.integer(frame.length + 1));
      return copy;
    case 2: // a frame is missing
      return copy.filter((_, index) => index !== which);
    case 3: // a frame twice
      return copy.flatMap((one, index) => (index === which ? [one, one] : [one]));
    case 4: // noise
      return Array.from({ length: 1 + random.integer(8) }, () => randomBytes(random, random.integer(64)));
    default: // noise in place of one
      copy[which] = randomBytes(random, random.integer(200));
      return copy;
  }
}

function randomBytes(random: Random, length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, () => random.integer(256));
}

test("10,000 damaged messages: the codec refuses or reads each, and never fails otherwise", () => {
  const random = new Random(11);
  const wires = [new Wire("key"), new Wire("")];
  const headers = new HeaderFactory("fuzz", "fuzz");
  let refused = 0;
  for (let n = 0; n < 10_000; n += 1) {
    const wire = wires[n % 2]!;
    const message = { header: headers.create("execute_request"), content: { code: "1" }, buffers: [Buffer.alloc(3)] };
    const frames = wire.encode({ identities: [Buffer.from("peer")], ...message });
    try {
      wire.decode(damaged(frames, random));
    } catch (error) {
      expect(error).toBeInstanceOf(WireError);
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(5_000);
});

test("10,000 damaged messages on three channels never stop the kernel", { timeout: 120_000 }, async () => {
  const random = new Random(3);
  const headers = new HeaderFactory("fuzz", "fuzz");
  const { connection } = kernel.client;
  const wires = [new Wire(connection.key), new Wire("wrong")];
  const sockets = (["shell", "control", "stdin"] as const).map((channel) => {
    const socket = new Dealer({ linger: 1_000, sendHighWaterMark: 0 });
    socket.connect(channelAddress(connection, channel));
    return socket;
  });
  for (let n = 0; n < 10_000; n += 1) {
    const message = { header: headers.create("unknown_request"), content: { code: "1" }, buffers: [Buffer.alloc(3)] };
    await sockets[n % 3]!.send(damaged(wires[random.integer(2)]!.encode({ identities: [], ...message }), random));
    if (n % 1_000 === 0) expect(await kernel.value("6 * 7")).toBe("42");
  }
  expect(await kernel.value("6 * 7")).toBe("42");
  expect((await kernel.client.request("control", "kernel_info_request")).content.status).toBe("ok");
  for (const socket of sockets) socket.close();
});

test("1,000 cells from three clients, with interrupts and broken messages between: every one gets reply and idle", {
  timeout: 120_000,
}, async () => {
  const random = new Random(5);
  const clients = [
    kernel.client,
    new KernelClient(kernel.client.connection),
    new KernelClient(kernel.client.connection),
  ];
  await Promise.all(clients.map(subscribed));
  const vandal = new Dealer({ linger: 0 });
  vandal.connect(channelAddress(kernel.client.connection, "shell"));
  const headers = new HeaderFactory("vandal", "vandal");
  const forged = () => {
    const wire = new Wire(random.integer(2) === 0 ? "wrong" : kernel.client.connection.key);
    const content = { code: "throw new Error('forged')" };
    return damaged(wire.encode({ identities: [], header: headers.create("unknown_request"), content }), random);
  };

  const started: string[] = [];
  const statuses: string[] = [];
  const runs = Array.from({ length: 1_000 }, (_, index) => {
    const loops = index % 50 === 7;
    const code = loops ? `console.log(${index}); for (;;) {}` : `console.log(${index}); ${index}`;
    const client = clients[index % 3]!;
    const onOutput = ({ content }: { content: Record<string, unknown> }) => {
      if (typeof content.text === "string") started.push(...content.text.trim().split("\n"));
      // Once: its error is output, too, and by then another cell runs.
      if (loops && content.name === "stdout") void kernel.client.interrupt();
    };
    return client.execute(code, { stopOnError: false, onOutput }).then((result) => {
      statuses.push(result.status);
      expect(result.idle).not.toBeNull();
      expect(result.status).toBe(loops ? "error" : "ok");
    });
  });
  for (let n = 0; n < 300; n += 1) {
    await vandal.send(forged());
    if (n % 30 === 0) await soon(1);
  }
  await Promise.all(runs);
  vandal.close();
  expect(statuses).toHaveLength(1_000);
  expect(new Set(started).size).toBe(1_000);
  for (const client of clients) {
    const own = started.map(Number).filter((index) => clients[index % 3] === client);
    expect(own).toEqual([...own].sort((a, b) => a - b)); // in the order in which this client sent them
  }
  for (const client of clients.slice(1)) client.close();
  expect(await kernel.value("1 + 1")).toBe("2");
});

test("requests with nonsense in them get a reply, and the kernel lives", { timeout: 60_000 }, async () => {
  const nonsense: Record<string, unknown>[] = [
    {},
    {
      code: 5,
      cursor_pos: "x",
      detail_level: {},
      user_expressions: 7,
      hist_access_type: [],
      pattern: "(",
      session: "a",
    },
    { code: null, cursor_pos: -1, user_expressions: { a: null, b: { c: 1 } }, hist_access_type: "search", pattern: 9 },
    { code: "a".repeat(100_000), cursor_pos: 1e9, command: null, arguments: 3, type: "request", seq: "x" },
    { code: "\ud800", cursor_pos: 1, comm_id: {}, target_name: 3, data: "text", subshell_id: {} },
  ];
  const shell = ["execute", "complete", "inspect", "is_complete", "history", "comm_info", "kernel_info", "connect"];
  const control = ["debug", "create_subshell", "delete_subshell", "list_subshell", "interrupt"];
  for (const content of nonsense) {
    for (const [channel, types] of [
      ["shell", shell],
      ["control", control],
    ] as const) {
      for (const type of types) {
        const { header } = await kernel.client.request(channel, `${type}_request`, content, { timeout: 20_000 });
        expect(header.msg_type).toBe(`${type}_reply`);
      }
    }
    for (const type of ["comm_open", "comm_msg", "comm_close"])
      kernel.client.exchange("shell", type, content).reply.catch(() => {});
  }
  expect(await kernel.value("1 + 1")).toBe("2");
});

test("a client that sleeps while a cell prints 200 MB gets all of it, and the kernel's memory stays bounded", {
  timeout: 120_000,
}, async () => {
  const { connection } = kernel.client;
  const pid = kernel.client.process!.pid!;
  const before = residentMegabytes(pid);
  const sleeper = new Subscriber({ receiveHighWaterMark: 10 });
  sleeper.connect(channelAddress(connection, "iopub"));
  sleeper.subscribe();
  await sleeper.receive(); // the welcome
  let peak = 0;
  const line = "x".repeat(9_999);
  const running = kernel.run(`for (let i = 0; i < 20_000; i++) console.log("${line}")`);
  for (let n = 0; n < 15; n += 1) {
    await soon(100);
    peak = Math.max(peak, residentMegabytes(pid));
  }
  const wire = new Wire(connection.key);
  let received = 0;
  for await (const frames of sleeper) {
    const { header, content } = wire.decode(frames);
    if (header.msg_type === "stream" && content.name === "stdout") received += (content.text as string).length;
    peak = Math.max(peak, residentMegabytes(pid));
    if (header.msg_type === "status" && content.execution_state === "idle" && received > 0) break;
  }
  sleeper.close();
  expect(received).toBe(200_000_000);
  expect((await running).text).toHaveLength(200_000_000);
  expect(peak - before).toBeLessThan(150);
});
