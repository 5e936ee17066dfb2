/** Which way bytes go: original = from the client to the server, reply = back. Also the index of per-direction state. */
export const Direction = { Original: 0, Reply: 1 } as const;
export type Direction = (typeof Direction)[keyof typeof Direction];

/** Why the engine ends a connection. */
export interface CloseReason {
  readonly kind: "protocol-error" | "parser-error" | "limit" | "refused";
  /** For logs: what was wrong. Safe to print after escaping. */
  readonly message: string;
}

/**
 * What the owner of the sockets does for the engine: the I/O seam. `node:net`, a native core, Envoy's shim and the test
 * kit stand behind it alike.
 */
export interface ConnectionIo {
  /**
   * Sends bytes on in a direction, behind all that was sent before.
   *
   * @param bytes The receiver may keep them; nobody changes them later (chunks given to `receive` included).
   * @returns false: the receiver is congested. The engine then stops deciding injected answers for that direction's
   * sake until `drained` is called; the owner stops reading the other side.
   */
  send(direction: Direction, bytes: Uint8Array): boolean;
  /** No further bytes will be sent in this direction (half-close). */
  end(direction: Direction): void;
  /**
   * Stop (or go on) giving bytes of this direction to `receive`: the parser waits for a promise, holds many bytes for
   * the other direction's sake, or is shown what is here little by little. Bytes given all the same are kept.
   */
  setPaused(direction: Direction, paused: boolean): void;
  /**
   * Asked within `receive`, about its chunk: nobody changes the chunk's memory before the next `receive` of the direction
   * has returned. So what is held while nothing is read needs no copy.
   *
   * @returns false, as where it is left out: the memory is used again after the call.
   */
  keepChunk?(direction: Direction): boolean;
  /** Sends what is left, then closes both sides. Nothing is called afterwards. */
  close(reason: CloseReason): void;
}
