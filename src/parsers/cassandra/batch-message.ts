import { int32At, uint16At } from "../../lib/bytes/big-endian.ts";
import { MALFORMED } from "./message-start.ts";
import { behindString, behindTimes, behindValues, PARAMETERS_LENGTH_MIN, QueryFlag } from "./request.ts";

/** One statement of a BATCH: its text or its id, in [start, end) of the buffer. */
export interface BatchChild {
  readonly kind: "text" | "id";
  readonly start: number;
  readonly end: number;
}

export type BatchMessage =
  | {
      readonly ok: true;
      readonly children: readonly BatchChild[];
      /** Where the keyspace of this request stands as a [string], if it has one. */
      readonly keyspaceAt: number | undefined;
    }
  | {
      readonly ok: false;
      readonly problem: string;
      /** Its statements and values are at odds with its length, so that no server reads it in this way. */
      readonly broken: boolean;
    };

const TYPE_MAX = 2;
const KNOWN_FLAGS = QueryFlag.SerialConsistency | QueryFlag.Timestamp | QueryFlag.Names | QueryFlag.Keyspace;
const KIND_TEXT = 0;
const KIND_ID = 1;

/**
 * Reads a BATCH (native_protocol_v4.spec, section 4.1.7): a type, the statements with their values, the parameters.
 *
 * Whether values have names is said only behind them, so a server can but read them in one way, and Cassandra reads them
 * as if they had none. Only a message that cannot be read so is read with names, for servers that do: in one that can be
 * read in both ways, one reader finds other statements than the other.
 */
export function readBatch(buffer: Buffer, start: number, end: number, version: number): BatchMessage {
  const plain = readAs(false, buffer, start, end, version);
  if (plain.ok || !plain.broken) return plain;
  const named = readAs(true, buffer, start, end, version);
  return named.ok ? named : plain;
}

const BROKEN: BatchMessage = { ok: false, problem: "the BATCH is at odds with its length", broken: true };

function readAs(names: boolean, buffer: Buffer, start: number, end: number, version: number): BatchMessage {
  if (start + 3 > end) return BROKEN;
  if ((buffer[start] as number) > TYPE_MAX) return refused(`a BATCH of type ${buffer[start]}`);
  const children: BatchChild[] = [];
  let at = start + 3;
  for (let left = uint16At(buffer, start + 1); left > 0; left--) {
    if (at < end && (buffer[at] as number) > KIND_ID) {
      return { ok: false, problem: `a BATCH with a statement of kind ${buffer[at]}`, broken: true };
    }
    const child = readChild(buffer, at, end);
    if (child === undefined || child.end + 2 > end) return BROKEN;
    children.push(child);
    at = behindValues(buffer, child.end + 2, end, uint16At(buffer, child.end), names, version);
    if (at === MALFORMED) return BROKEN;
  }
  return readParameters(names, children, buffer, at, end);
}

function readParameters(
  names: boolean,
  children: readonly BatchChild[],
  buffer: Buffer,
  from: number,
  end: number,
): BatchMessage {
  let at = from + PARAMETERS_LENGTH_MIN;
  if (at > end) return refused("a BATCH without consistency and flags");
  const flags = buffer[at - 1] as number;
  if ((flags & ~KNOWN_FLAGS) !== 0) return refused(`a BATCH with flags 0x${flags.toString(16)}`);
  if (((flags & QueryFlag.Names) !== 0) !== names) {
    return refused("the BATCH does not tell rightly whether its values have names");
  }
  at = behindTimes(flags, at, end);
  const keyspaceAt = (flags & QueryFlag.Keyspace) === 0 ? undefined : at;
  if (keyspaceAt !== undefined && at !== MALFORMED) at = behindString(buffer, at, end);
  return at === end ? { ok: true, children, keyspaceAt } : refused("the BATCH is at odds with its length");
}

function refused(problem: string): BatchMessage {
  return { ok: false, problem, broken: false };
}

function readChild(buffer: Buffer, at: number, end: number): BatchChild | undefined {
  const kind = buffer[at];
  if (kind === KIND_TEXT) {
    if (at + 5 > end) return undefined;
    const length = int32At(buffer, at + 1);
    const start = at + 5;
    return length < 0 || start + length > end ? undefined : { kind: "text", start, end: start + length };
  }
  if (kind !== KIND_ID || at + 3 > end) return undefined;
  const start = at + 3;
  const length = uint16At(buffer, at + 1);
  return start + length > end ? undefined : { kind: "id", start, end: start + length };
}
