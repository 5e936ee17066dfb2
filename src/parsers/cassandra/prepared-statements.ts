import { uint16At } from "../../lib/bytes/big-endian.ts";
import { asciiText } from "../../lib/bytes/text.ts";
import { LruMap } from "../../lib/lru-map.ts";
import { PREPARED_ID_BYTES_MAX, PREPARED_WEIGHT_MAX, UPSTREAMS_MAX } from "./limits.ts";
import type { ResolvedStatement } from "./resolved-statement.ts";

/** Ids that are told by their bytes, without making text of them. A power of two. */
const RECENT_MAX = 4_096;

interface Recent {
  /** Memory of its own: a part of a pool would keep all of that pool. */
  readonly bytes: Buffer;
  readonly id: string;
}

/**
 * The statements that one server has prepared, by the ids that it gave them. An id stands for text and keyspace on that
 * server, whoever prepared it: all connections to the server share them.
 */
export class PreparedStatements {
  /** By the id's bytes as latin1 text. */
  private readonly byId = new LruMap<string, ResolvedStatement>(PREPARED_WEIGHT_MAX);
  /** Ids that were looked for lately, at places that follow from their bytes. */
  private readonly recent: (Recent | undefined)[] = new Array(RECENT_MAX).fill(undefined);

  /** @param buffer Holds the id in [start, end). */
  get(buffer: Buffer, start: number, end: number): ResolvedStatement | undefined {
    const place = placeOf(buffer, start, end);
    const recent = this.recent[place];
    if (recent !== undefined && equals(recent.bytes, buffer, start, end)) return this.byId.get(recent.id);
    const id = asciiText(buffer, start, end);
    const statement = this.byId.get(id);
    if (statement !== undefined) this.recent[place] = { bytes: copyOf(buffer, start, end), id };
    return statement;
  }

  /** The server has answered that the id stands for the statement. */
  learn(buffer: Buffer, start: number, end: number, statement: ResolvedStatement): void {
    if (end - start > PREPARED_ID_BYTES_MAX) return;
    const id = asciiText(buffer, start, end);
    // Prepared again while the keyspace was not certain: what is known for certain stays.
    if (statement.doubtful && this.byId.get(id) !== undefined) return;
    this.byId.set(id, statement, statement.needs.length);
  }
}

/** Ids are digests, so that any two of their bytes tell nearly all of them apart. */
function placeOf(buffer: Buffer, start: number, end: number): number {
  return end - start < 2 ? 0 : uint16At(buffer, end - 2) & (RECENT_MAX - 1);
}

function copyOf(buffer: Buffer, start: number, end: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(end - start);
  buffer.copy(bytes, 0, start, end);
  return bytes;
}

function equals(bytes: Buffer, buffer: Buffer, start: number, end: number): boolean {
  if (bytes.length !== end - start) return false;
  for (let index = 0; index < bytes.length; index++) {
    if (bytes[index] !== buffer[start + index]) return false;
  }
  return true;
}

/** Those of every server, by `address:port`. */
export class PreparedByUpstream {
  private readonly byUpstream = new LruMap<string, PreparedStatements>(UPSTREAMS_MAX);

  of(upstream: string): PreparedStatements {
    let statements = this.byUpstream.get(upstream);
    if (statements === undefined) {
      statements = new PreparedStatements();
      this.byUpstream.set(upstream, statements);
    }
    return statements;
  }
}
