import { BATCH_RECORDS_MAX, BATCH_VERSION, INSTANCE_LENGTH_MAX } from "./batch-layout.ts";
import { type ByteReader, MalformedBatch } from "./byte-reader.ts";

const INSTANCE = /^[\x21-\x7e]+$/;
const AGAIN_AT = 1;
const TWO_POW_32 = 4_294_967_296;

/** What a batch says of itself. It stands for the records with the numbers from `first` to `first + records + lost - 1`. */
export interface BatchHeader {
  /** Of the host that made the records. */
  readonly instance: string;
  /** Records of an instance are numbered as they are made, from 0. */
  readonly first: number;
  /** So many are in the batch. */
  readonly records: number;
  /** So many more were made, and are in none: there was no room for them, or they could not be told. */
  readonly lost: number;
  /** So many were lost before, since the first. */
  readonly lostBefore: number;
  /** It was sent to an agent before, who may have got it. */
  readonly again: boolean;
}

/** Number of the first record behind a batch. */
export function nextAfter({ first, records, lost }: BatchHeader): number {
  return first + records + lost;
}

/** Throws RangeError where the name can be no instance's. @returns The bytes of every header of this instance. */
export function headerBytes(instance: string): number {
  if (instance.length > INSTANCE_LENGTH_MAX || !INSTANCE.test(instance)) {
    throw new RangeError(`the name of a host's instance has 1 to ${INSTANCE_LENGTH_MAX} characters of ASCII`);
  }
  return 31 + instance.length;
}

/** Writes it to the beginning of a buffer, over what is there. */
export function writeHeader({ instance, first, records, lost, lostBefore, again }: BatchHeader, bytes: Buffer): void {
  bytes[0] = BATCH_VERSION;
  bytes[AGAIN_AT] = again ? 1 : 0;
  bytes[2] = instance.length;
  let at = 3 + bytes.write(instance, 3, "latin1");
  at = writeLong(first, bytes, at);
  at = bytes.writeUInt32BE(records, at);
  at = writeLong(lost, bytes, at);
  writeLong(lostBefore, bytes, at);
}

/** In a batch that is sent once more. */
export function markAgain(batch: Uint8Array): void {
  batch[AGAIN_AT] = 1;
}

/** Throws MalformedBatch. */
export function readHeader(reader: ByteReader): BatchHeader {
  const version = reader.byte();
  if (version !== BATCH_VERSION) throw new MalformedBatch(`a batch of version ${version}`);
  const again = reader.byte();
  if (again > 1) throw new MalformedBatch(`a batch of an unknown kind ${again}`);
  const length = reader.byte();
  const start = reader.skip(length);
  const instance = reader.bytes.toString("latin1", start, start + length);
  if (length > INSTANCE_LENGTH_MAX || !INSTANCE.test(instance)) throw new MalformedBatch("no name of an instance");
  const first = readLong(reader);
  const records = reader.bytes.readUInt32BE(reader.skip(4));
  if (records > BATCH_RECORDS_MAX) throw new MalformedBatch(`a batch of ${records} records`);
  const lost = readLong(reader);
  const lostBefore = readLong(reader);
  const header: BatchHeader = { instance, first, records, lost, lostBefore, again: again === 1 };
  if (!Number.isSafeInteger(nextAfter(header))) throw new MalformedBatch("numbers of records that are too large");
  return header;
}

function writeLong(value: number, bytes: Buffer, at: number): number {
  bytes.writeUInt32BE(Math.floor(value / TWO_POW_32), at);
  return bytes.writeUInt32BE(value % TWO_POW_32, at + 4);
}

function readLong(reader: ByteReader): number {
  const at = reader.skip(8);
  const value = reader.bytes.readUInt32BE(at) * TWO_POW_32 + reader.bytes.readUInt32BE(at + 4);
  if (!Number.isSafeInteger(value)) throw new MalformedBatch("the number of a record is too large");
  return value;
}
