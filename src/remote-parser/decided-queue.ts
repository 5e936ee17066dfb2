import { BodyReader } from "./body-reader.ts";
import { skipNoted } from "./noted-operations.ts";
import { NO_CALL } from "./protocol.ts";

interface Entry {
  readonly direction: number;
  readonly body: Buffer;
  /** Its body is the memory of the frame that is being read, and must be copied to be kept. */
  readonly borrowed: boolean;
}

/** What an entry takes besides its body, roughly. */
const ENTRY_BYTES = 128;
/** Entries that were carried out are given back when there are so many, and more than are left. */
const SPENT_MAX = 1024;

/** What a host has decided and the engine has not carried out yet, in the order in which the parser did it. */
export class DecidedQueue {
  /** At the next operation of the first entry. */
  readonly reader: BodyReader = new BodyReader();
  private entries: Entry[] = [];
  /** Place of the first entry. */
  private first = 0;
  /** Entries by direction. */
  private readonly counts: number[] = Array(NO_CALL + 1).fill(0);
  private heldBytes = 0;

  /** Bytes that are kept, with what keeping them costs. */
  get length(): number {
    return this.heldBytes;
  }

  get isEmpty(): boolean {
    return this.first === this.entries.length;
  }

  /** Of the first entry, with operations to be carried out. undefined: there is none. */
  get direction(): number | undefined {
    while (!this.isEmpty) {
      skipNoted(this.reader);
      if (this.reader.left > 0) break;
      this.shift();
    }
    return this.entries[this.first]?.direction;
  }

  has(direction: number): boolean {
    return (this.counts[direction] as number) > 0;
  }

  /** @param body Borrowed: see `keep`. */
  push(direction: number, body: Buffer): void {
    const borrowed = this.isEmpty;
    this.counts[direction] = (this.counts[direction] as number) + 1;
    this.entries.push({ direction, body: borrowed ? body : Buffer.from(body), borrowed });
    if (borrowed) this.reader.open(body, 0, body.length);
    else this.heldBytes += body.length + ENTRY_BYTES;
  }

  /** Copies what is left of a borrowed body. */
  keep(): void {
    if (this.direction === undefined) return;
    const first = this.entries[this.first];
    if (first === undefined || !first.borrowed) return;
    const body = Buffer.from(this.reader.rest());
    this.entries[this.first] = { direction: first.direction, body, borrowed: false };
    this.heldBytes += body.length + ENTRY_BYTES;
    this.reader.open(body, 0, body.length);
  }

  clear(): void {
    this.entries = [];
    this.first = 0;
    this.counts.fill(0);
    this.heldBytes = 0;
  }

  private shift(): void {
    const spent = this.entries[this.first];
    if (spent === undefined) return;
    this.counts[spent.direction] = (this.counts[spent.direction] as number) - 1;
    if (!spent.borrowed) this.heldBytes -= spent.body.length + ENTRY_BYTES;
    this.first++;
    const next = this.entries[this.first];
    if (next !== undefined) this.reader.open(next.body, 0, next.body.length);
    if (next === undefined || (this.first > SPENT_MAX && this.first * 2 > this.entries.length)) {
      this.entries = this.entries.slice(this.first);
      this.first = 0;
    }
  }
}
