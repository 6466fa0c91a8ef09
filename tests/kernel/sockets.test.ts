import { expect, test } from "vitest";
import { Dealer } from "zeromq";
import { channelAddress, createConnection } from "../../kernel/protocol/connection.ts";
import { bindSockets } from "../../kernel/supervisor/sockets.ts";

test("a frame over the bound is refused, and its sender disconnected; others are heard", async () => {
  const info = await createConnection("cellwright");
  const sockets = await bindSockets(info, 100_000);
  const [greedy, modest] = [new Dealer({ linger: 0 }), new Dealer({ linger: 0 })];
  for (const socket of [greedy, modest]) socket.connect(channelAddress(info, "shell"));
  await greedy.send(Buffer.alloc(100_001));
  await modest.send(Buffer.alloc(99_999));
  const [, frame] = await sockets.shell.receive();
  expect(frame!.byteLength).toBe(99_999);
  greedy.close();
  modest.close();
  sockets.close();
});

test("the sockets are bound to loopback only", async () => {
  const info = await createConnection("cellwright");
  const sockets = await bindSockets(info);
  for (const socket of [sockets.shell, sockets.control, sockets.stdin, sockets.iopub, sockets.heartbeat]) {
    expect(socket.lastEndpoint).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/);
  }
  sockets.close();
});
