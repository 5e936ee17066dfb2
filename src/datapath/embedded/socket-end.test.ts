import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { test } from "node:test";
import { DEFAULT_EMBEDDED_LIMITS } from "./limits.ts";
import { flushThenReset, lingerThenClose, resetSocket, resetWhenIdle } from "./socket-end.ts";
import { socketPair } from "./testing/socket-pair.ts";

async function resets(socket: Socket): Promise<void> {
  const [error] = await once(socket, "error");
  assert.equal(error.code, "ECONNRESET");
}

test("resetSocket sends a RST", async (t) => {
  const { near, far } = await socketPair(t);
  const reset = resets(far);
  resetSocket(near);
  await reset;
});

test("resetSocket closes a socket whose FIN is just leaving", async (t) => {
  const { near } = await socketPair(t);
  near.resume();
  near.end();
  const closed = once(near, "close");
  process.nextTick(() => resetSocket(near));
  await closed;
});

test("flushThenReset writes what waits before the RST", async (t) => {
  const { near, far } = await socketPair(t);
  const bytes = 8 * 1_048_576;
  far.pause();
  near.write(Buffer.alloc(bytes));
  assert.ok(near.writableLength > 0, "the kernel takes it all: the test needs more");
  flushThenReset(near, 10_000);
  let read = 0;
  far.on("data", (chunk: Buffer) => {
    read += chunk.length;
  });
  const reset = resets(far);
  far.resume();
  await reset;
  // The kernel throws away what the far side had not read yet; what was still in the process must have left it.
  assert.equal(near.bytesWritten, bytes);
  assert.ok(read > 0);
});

test("flushThenReset does not wait for ever for a side that does not read", async (t) => {
  const { near, far } = await socketPair(t);
  far.pause();
  near.write(Buffer.alloc(8 * 1_048_576));
  flushThenReset(near, 20);
  await once(near, "close");
});

test("resetWhenIdle resets a socket on which nothing moves", async (t) => {
  const { near, far } = await socketPair(t);
  const reset = resets(far);
  resetWhenIdle(near, 10);
  await reset;
});

test("lingerThenClose delivers the answer although the other side still sends", async (t) => {
  const { near, far } = await socketPair(t);
  near.pause();
  far.write(Buffer.alloc(1_000_000));
  near.write("answer");
  lingerThenClose({ socket: near }, DEFAULT_EMBEDDED_LIMITS);
  let answer = "";
  far.setEncoding("utf8").on("data", (text: string) => {
    answer += text;
  });
  await once(far, "end");
  assert.equal(answer, "answer");
  far.end();
  await once(near, "close");
});

test("lingerThenClose reads only so many bytes", async (t) => {
  const { near, far } = await socketPair(t);
  far.on("error", () => undefined);
  const noise = setInterval(() => far.write(Buffer.alloc(65_536)), 1);
  t.after(() => clearInterval(noise));
  lingerThenClose({ socket: near }, { ...DEFAULT_EMBEDDED_LIMITS, lingerTimeoutMs: 60_000, lingerBytesMax: 100_000 });
  await once(near, "close");
});

test("lingerThenClose does not wait for ever for a side that does not read and goes on sending", async (t) => {
  const { near, far } = await socketPair(t);
  far.on("error", () => undefined).pause();
  near.write(Buffer.alloc(16 * 1_048_576));
  assert.ok(near.writableLength > 0, "the kernel takes it all: the test needs more");
  const noise = setInterval(() => far.writableLength === 0 && far.write(Buffer.alloc(1_000)), 1);
  t.after(() => clearInterval(noise));
  lingerThenClose(
    { socket: near },
    { ...DEFAULT_EMBEDDED_LIMITS, lingerTimeoutMs: 60_000, lingerBytesMax: 10_000, flushTimeoutMs: 100 },
  );
  await once(near, "close");
  assert.ok(near.listenerCount("finish") <= 2, `${near.listenerCount("finish")} listeners`);
});
