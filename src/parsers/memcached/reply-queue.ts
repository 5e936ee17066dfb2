/** What the next reply is, or stands for. */
export const Expected = {
  /** Text: one line. */
  Line: 0,
  /** Text: VALUE blocks, then END; or an error line. */
  Values: 1,
  /** Text: STAT, ITEM or PREFIX lines, then END; or one other line. */
  Statistics: 2,
  /** Meta: one line, with a value behind `VA`. */
  Meta: 3,
  /** Text: `MN`. Binary: the response to NOOP. Comes after everything that was asked before. */
  Sync: 4,
  /** Text: lines of a crawler dump, then END; or one other line. */
  Dump: 5,
  /** Text: OK and then log lines for ever; or one other line. */
  Watch: 6,
  /** Binary: one packet of this opcode. */
  Packet: 7,
  /** Binary: packets of this opcode up to an empty one; or one with an error. */
  StatisticsPackets: 8,
  /** Any number of replies, of which nobody knows to which request they belong: quiet operations were among them. */
  Unknown: 9,
  /** No reply comes from the server: the answer of ours (a denial) has its place here. */
  Answer: 10,
  /** As Sync, for a request of ours: its reply is dropped and our answer takes its place. */
  Fence: 11,
  /** As Sync, for a request of ours that shows how the server reads: its reply is dropped. */
  Probe: 12,
  /** The error line that a probe for `ms` begins with; a Probe follows. */
  MetaProbe: 13,
} as const;
export type Expected = (typeof Expected)[keyof typeof Expected];

const SIZE_MIN = 16;
const SIZE_KEPT = 1_024;

/**
 * The replies that are outstanding, oldest first; equal neighbours are one entry. Typed arrays: a pipeline of thousands
 * of requests makes no objects.
 */
export class ReplyQueue {
  /** Replies outstanding; those of an `Unknown` entry count as one. */
  outstanding = 0;
  private size = SIZE_MIN;
  private head = 0;
  private length = 0;
  private kinds = new Uint8Array(SIZE_MIN);
  private opcodes = new Uint8Array(SIZE_MIN);
  private statuses = new Uint8Array(SIZE_MIN);
  private opaques = new Uint32Array(SIZE_MIN);
  private counts = new Uint32Array(SIZE_MIN);

  get isEmpty(): boolean {
    return this.length === 0;
  }

  /** Of the front entry; -1: nothing is outstanding. */
  get kind(): Expected | -1 {
    return this.length === 0 ? -1 : (this.kinds[this.head] as Expected);
  }

  get opcode(): number {
    return this.opcodes[this.head] as number;
  }

  get status(): number {
    return this.statuses[this.head] as number;
  }

  get opaque(): number {
    return this.opaques[this.head] as number;
  }

  /** How many replies the front entry stands for. */
  get count(): number {
    return this.counts[this.head] as number;
  }

  /** Behind what is outstanding now, the place of an answer is known only with a fence. */
  get needsFence(): boolean {
    return this.length > 0 && this.kinds[this.tail()] === Expected.Unknown;
  }

  push(kind: Expected, opcode = 0, status = 0, opaque = 0): void {
    if (this.length > 0) {
      const tail = this.tail();
      const tailKind = this.kinds[tail];
      // Behind replies that may or may not come, no other can be told apart until a fence.
      if (tailKind === Expected.Unknown && kind < Expected.Fence && kind !== Expected.Sync) return;
      const equal = tailKind === kind && this.opcodes[tail] === opcode && this.statuses[tail] === status;
      if (equal && this.opaques[tail] === opaque) {
        this.counts[tail] = (this.counts[tail] as number) + 1;
        this.outstanding++;
        return;
      }
    }
    if (this.length === this.size) this.resize(2 * this.size);
    const at = (this.head + this.length) & (this.size - 1);
    this.kinds[at] = kind;
    this.opcodes[at] = opcode;
    this.statuses[at] = status;
    this.opaques[at] = opaque;
    this.counts[at] = 1;
    this.length++;
    this.outstanding++;
  }

  /** Takes `count` replies of the front entry. */
  pop(count = 1): void {
    this.outstanding -= count;
    const left = (this.counts[this.head] as number) - count;
    this.counts[this.head] = left;
    if (left > 0) return;
    this.head = (this.head + 1) & (this.size - 1);
    this.length--;
    if (this.length === 0 && this.size > SIZE_KEPT) this.resize(SIZE_MIN);
  }

  /** Takes one fence from the front: its answer is due now. */
  fenceToAnswer(): void {
    const { opcode, status, opaque } = this;
    this.pop();
    this.unshift(Expected.Answer, opcode, status, opaque);
  }

  private unshift(kind: Expected, opcode: number, status: number, opaque: number): void {
    if (this.length === this.size) this.resize(2 * this.size);
    this.head = (this.head - 1 + this.size) & (this.size - 1);
    this.kinds[this.head] = kind;
    this.opcodes[this.head] = opcode;
    this.statuses[this.head] = status;
    this.opaques[this.head] = opaque;
    this.counts[this.head] = 1;
    this.length++;
    this.outstanding++;
  }

  private tail(): number {
    return (this.head + this.length - 1) & (this.size - 1);
  }

  private resize(size: number): void {
    this.kinds = this.unrolled(this.kinds, new Uint8Array(size));
    this.opcodes = this.unrolled(this.opcodes, new Uint8Array(size));
    this.statuses = this.unrolled(this.statuses, new Uint8Array(size));
    this.opaques = this.unrolled(this.opaques, new Uint32Array(size));
    this.counts = this.unrolled(this.counts, new Uint32Array(size));
    this.head = 0;
    this.size = size;
  }

  private unrolled<T extends Uint8Array | Uint32Array>(from: T, to: T): T {
    for (let index = 0; index < this.length; index++) {
      to[index] = from[(this.head + index) & (this.size - 1)] as number;
    }
    return to;
  }
}
