// The file in which a host counts its records, so that an agent can say how many died with it: `weirrec1` · records made
// (8 bytes) · records acknowledged (8) · length of the instance's name (1) · its name, ASCII. The numbers are doubles,
// big-endian, and written by one call.

import { INSTANCE_LENGTH_MAX } from "./batch-layout.ts";

const MAGIC = Buffer.from("weirrec1", "latin1");
/** Where the two numbers are. */
export const TALLY_NUMBERS_AT: number = MAGIC.length;
export const TALLY_NUMBERS_BYTES = 16;
const NAME_AT: number = TALLY_NUMBERS_AT + TALLY_NUMBERS_BYTES;
/** Longest such file. */
export const TALLY_BYTES_MAX: number = NAME_AT + 1 + INSTANCE_LENGTH_MAX;

/** How far a host has come. */
export interface RecordTally {
  readonly instance: string;
  /** Records that it made, up to the end of the last turn of its event loop. */
  readonly made: number;
  /** Number of the first record that no agent has acknowledged. */
  readonly acknowledged: number;
}

export function writeTallyNumbers(made: number, acknowledged: number, bytes: Buffer): void {
  bytes.writeDoubleBE(made, 0);
  bytes.writeDoubleBE(acknowledged, 8);
}

/** The whole file. */
export function tallyBytes({ instance, made, acknowledged }: RecordTally): Buffer {
  const numbers = Buffer.alloc(TALLY_NUMBERS_BYTES);
  writeTallyNumbers(made, acknowledged, numbers);
  return Buffer.concat([MAGIC, numbers, Buffer.of(instance.length), Buffer.from(instance, "latin1")]);
}

/** undefined: it is no such file. */
export function readTally(bytes: Buffer): RecordTally | undefined {
  if (bytes.length <= NAME_AT || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const instance = bytes.toString("latin1", NAME_AT + 1);
  const made = bytes.readDoubleBE(TALLY_NUMBERS_AT);
  const acknowledged = bytes.readDoubleBE(TALLY_NUMBERS_AT + 8);
  const whole = instance.length === bytes[NAME_AT];
  return whole && isCount(made) && isCount(acknowledged) ? { instance, made, acknowledged } : undefined;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
