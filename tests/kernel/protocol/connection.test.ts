import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import {
  channelAddress,
  createConnection,
  readConnectionFile,
  writeConnectionFile,
} from "../../../kernel/protocol/connection.ts";

const folder = mkdtempSync(join(tmpdir(), "connection-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a connection file is readable by its owner alone and comes back as it was", async () => {
  const info = await createConnection("cellwright");
  const path = join(folder, "kernel.json");
  writeConnectionFile(path, info);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readConnectionFile(path)).toEqual(info);
  const ports = [info.shell_port, info.iopub_port, info.stdin_port, info.control_port, info.hb_port];
  expect(new Set(ports).size).toBe(5);
  expect(channelAddress(info, "hb")).toBe(`tcp://127.0.0.1:${info.hb_port}`);
  expect(channelAddress({ ...info, transport: "ipc", ip: "/tmp/k" }, "shell")).toBe(`ipc:///tmp/k-${info.shell_port}`);
});

test("a file that would open the kernel to the network, or is no connection file, is refused", async () => {
  const info = await createConnection("cellwright");
  const path = join(folder, "bad.json");
  const refused = (content: unknown, reason: string) => {
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    expect(() => readConnectionFile(path)).toThrow(reason);
  };
  refused({ ...info, ip: "0.0.0.0" }, "loopback");
  refused({ ...info, ip: "192.168.1.7" }, "loopback");
  refused({ ...info, ip: "127.0.0.1.example.org" }, "loopback");
  refused({ ...info, shell_port: 0 }, "shell_port");
  refused({ ...info, hb_port: "5" }, "hb_port");
  refused({ ...info, transport: "udp" }, "transport");
  refused({ ...info, key: 7 }, "key");
  refused("{", "JSON");
  refused("null", "object");
  expect(() => readConnectionFile(join(folder, "missing.json"))).toThrow("missing.json");
});
