// How the two programs of this test speak over a Unix socket: a length of four bytes, and so many bytes.
import type { Socket } from "node:net";

export function frame(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Calls with each whole frame. */
export function readFrames(socket: Socket, take: (bytes: Buffer) => void): void {
  let waiting = Buffer.alloc(0);
  socket.on("data", (piece: Buffer) => {
    waiting = Buffer.concat([waiting, piece]);
    while (waiting.length >= 4 && waiting.length - 4 >= waiting.readUInt32BE(0)) {
      const end = 4 + waiting.readUInt32BE(0);
      take(waiting.subarray(4, end));
      waiting = waiting.subarray(end);
    }
  });
}
