import type { Socket } from "node:net";
import type { EmbeddedLimits } from "./limits.ts";
import type { RelaySocket } from "./relay-socket.ts";

const NOTHING = Buffer.alloc(0);

/** Sends a RST: the other side learns at once that nothing will come, and that what it sent may not have been read. */
export function resetSocket(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket.writableEnded && !socket.writableFinished && socket.writableLength === 0) {
    // The FIN is on its way, and libuv refuses to reset a socket in between; it would stay open for ever.
    socket.once("finish", () => socket.resetAndDestroy());
  } else {
    socket.resetAndDestroy();
  }
}

/** Resets a socket that moves no byte for so long. */
export function resetWhenIdle(socket: Socket, idleMs: number): void {
  if (socket.destroyed) return;
  socket.setTimeout(idleMs);
  socket.once("timeout", () => resetSocket(socket));
}

/** Writes what waits, then closes. */
export function flushThenClose(socket: Socket, idleMs: number): void {
  if (socket.destroyed) return;
  resetWhenIdle(socket, idleMs);
  socket.destroySoon();
}

/** Writes what waits, then resets. */
export function flushThenReset(socket: Socket, idleMs: number): void {
  if (socket.destroyed) return;
  socket.pause();
  if (socket.writableLength === 0) {
    resetSocket(socket);
    return;
  }
  resetWhenIdle(socket, idleMs);
  if (socket.writableEnded) socket.once("finish", () => resetSocket(socket));
  else socket.write(NOTHING, () => resetSocket(socket));
}

/**
 * Writes what waits and a FIN, then throws away what still comes for a bounded time. Closing at once would make the
 * kernel answer those bytes with a RST, and the client might never see the answer that explains the close.
 */
export function lingerThenClose({ socket, reader }: RelaySocket, limits: EmbeddedLimits): void {
  if (socket.destroyed) return;
  if (socket.readableEnded) {
    flushThenClose(socket, limits.flushTimeoutMs);
    return;
  }
  let byteCount = 0;
  let lingers = true;
  const stop = (): void => {
    if (!lingers) return;
    lingers = false;
    clearTimeout(timer);
    // Whoever only sends must not pass for somebody who takes the answer.
    socket.pause();
    flushThenClose(socket, limits.flushTimeoutMs);
  };
  const timer = setTimeout(stop, limits.lingerTimeoutMs);
  socket.once("close", () => clearTimeout(timer));
  const discard = (chunk: Buffer): void => {
    byteCount += chunk.length;
    if (byteCount > limits.lingerBytesMax) stop();
  };
  if (reader === undefined) socket.on("data", discard);
  else reader.attach(discard, []);
  socket.end();
  socket.resume();
}
