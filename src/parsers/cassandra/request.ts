import { int32At, uint16At } from "../../lib/bytes/big-endian.ts";
import { MALFORMED } from "./message-start.ts";

/** Flags of the parameters of QUERY, EXECUTE and BATCH (native_protocol_v4.spec, sections 4.1.4 and 4.1.7). */
export const QueryFlag = {
  Values: 0x01,
  PageSize: 0x04,
  PagingState: 0x08,
  SerialConsistency: 0x10,
  Timestamp: 0x20,
  Names: 0x40,
  /** Of version 5; servers of today take it in the versions before as well. */
  Keyspace: 0x80,
} as const;

/** Consistency and flags, which every QUERY has behind its text. */
export const PARAMETERS_LENGTH_MIN = 3;

const CONSISTENCY_LENGTH = 2;
const TIMESTAMP_LENGTH = 8;
const VALUE_UNSET = -2;

/** Where a part ends, or MALFORMED. */
type End = number;

/** Where the [string] of the keyspace begins in the parameters from `at`, which have the flag for it; or MALFORMED. */
export function keyspaceParameter(buffer: Buffer, at: number, end: number, version: number): End {
  const flags = buffer[at + CONSISTENCY_LENGTH] as number;
  let next: End = at + PARAMETERS_LENGTH_MIN;
  if ((flags & QueryFlag.Values) !== 0) {
    if (next + 2 > end) return MALFORMED;
    const count = uint16At(buffer, next);
    next = behindValues(buffer, next + 2, end, count, (flags & QueryFlag.Names) !== 0, version);
    if (next === MALFORMED) return MALFORMED;
  }
  if ((flags & QueryFlag.PageSize) !== 0) next += 4;
  if ((flags & QueryFlag.PagingState) !== 0) {
    if (next + 4 > end) return MALFORMED;
    next += 4 + Math.max(0, int32At(buffer, next));
  }
  return behindTimes(flags, next, end);
}

/** Behind serial consistency and timestamp. */
export function behindTimes(flags: number, from: number, end: number): End {
  let at = from;
  if ((flags & QueryFlag.SerialConsistency) !== 0) at += CONSISTENCY_LENGTH;
  if ((flags & QueryFlag.Timestamp) !== 0) at += TIMESTAMP_LENGTH;
  return at > end ? MALFORMED : at;
}

/** Behind a [string]. */
export function behindString(buffer: Buffer, at: number, end: number): End {
  if (at + 2 > end) return MALFORMED;
  const next = at + 2 + uint16At(buffer, at);
  return next > end ? MALFORMED : next;
}

/** Behind so many [value]s, each with its name before it where they have names. */
export function behindValues(
  buffer: Buffer,
  from: number,
  end: number,
  count: number,
  names: boolean,
  version: number,
): End {
  let at = from;
  for (let left = count; left > 0; left--) {
    if (names) {
      at = behindString(buffer, at, end);
      if (at === MALFORMED) return MALFORMED;
    }
    if (at + 4 > end) return MALFORMED;
    const length = int32At(buffer, at);
    // Null and, from version 4 on, unset. Before, every length below 0 is null.
    if (length < VALUE_UNSET && version >= 4) return MALFORMED;
    at += 4 + Math.max(0, length);
    if (at > end) return MALFORMED;
  }
  return at;
}
