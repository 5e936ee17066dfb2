import { hashOf, randomFrom } from "./random.ts";
import { type Asked, BODY_BYTES_MAX } from "./request.ts";

const OFFSETS = 1 << 20;

/** What stands, again and again, in every body that must never arrive. */
export const DENIED_MARK = "<DENIED-MUST-NOT-PASS>";

const denied = Buffer.alloc(BODY_BYTES_MAX, DENIED_MARK);

/**
 * Bodies of requests and replies: pieces of one random block, each from a place of its own, so that a body is told from
 * every other one, shifted bytes from unshifted ones, and comparing costs a `memcmp`.
 */
export class Bodies {
  private readonly block: Buffer;
  private readonly seed: number;

  constructor(seed: number) {
    this.seed = seed;
    const random = randomFrom(hashOf(seed, 1));
    const words = new Uint32Array((OFFSETS + BODY_BYTES_MAX + 4) >> 2);
    for (let index = 0; index < words.length; index++) words[index] = random() * 2 ** 32;
    this.block = Buffer.from(words.buffer);
  }

  /** Of an allowed request, and of the reply that gives it back. */
  of({ connection, pair, length }: Asked): Buffer {
    const offset = hashOf(this.seed, 2, connection, pair) % OFFSETS;
    return this.block.subarray(offset, offset + length);
  }

  denied(length: number): Buffer {
    return denied.subarray(0, length);
  }
}
