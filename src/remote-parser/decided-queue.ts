import { BodyReader } from "./body-reader.ts";
import { skipNoted } from "./noted-operations.ts";

interface Entry {
  readonly direction: number;
  readonly body: Buffer;
  /** Its body is the memory of the frame that is being read, and must be copied to be kept. */
  readonly borrowed: boolean;
}

/** What a host has decided and the engine has not carried out yet, in the order in which the parser did it. */
export class DecidedQueue {
  /** At the next operation of the first entry. */
  readonly reader: BodyReader = new BodyReader();
  private entries: Entry[] = [];
  private heldBytes = 0;

  /** Bytes that are kept. */
  get length(): number {
    return this.heldBytes;
  }

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  /** Of the first entry, with operations to be carried out. undefined: there is none. */
  get direction(): number | undefined {
    while (this.entries.length > 0) {
      skipNoted(this.reader);
      if (this.reader.left > 0) break;
      this.shift();
    }
    return this.entries[0]?.direction;
  }

  has(direction: number): boolean {
    return this.entries.some((entry) => entry.direction === direction);
  }

  /** @param body Borrowed: see `keep`. */
  push(direction: number, body: Buffer): void {
    if (this.entries.length > 0) {
      this.entries.push({ direction, body: Buffer.from(body), borrowed: false });
      this.heldBytes += body.length;
      return;
    }
    this.entries.push({ direction, body, borrowed: true });
    this.reader.open(body, 0, body.length);
  }

  /** Copies what is left of a borrowed body. */
  keep(): void {
    if (this.direction === undefined) return;
    const [first] = this.entries;
    if (first === undefined || !first.borrowed) return;
    const body = Buffer.from(this.reader.rest());
    this.entries[0] = { direction: first.direction, body, borrowed: false };
    this.heldBytes += body.length;
    this.reader.open(body, 0, body.length);
  }

  clear(): void {
    this.entries = [];
    this.heldBytes = 0;
  }

  private shift(): void {
    const first = this.entries.shift();
    if (first !== undefined && !first.borrowed) this.heldBytes -= first.body.length;
    const next = this.entries[0];
    if (next !== undefined) this.reader.open(next.body, 0, next.body.length);
  }
}
