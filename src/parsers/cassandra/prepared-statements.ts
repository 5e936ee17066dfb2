import { asciiText } from "../../lib/bytes/text.ts";
import { LruMap } from "../../lib/lru-map.ts";
import { PREPARED_WEIGHT_MAX, UPSTREAMS_MAX } from "./limits.ts";
import type { ResolvedStatement } from "./resolved-statement.ts";

/**
 * The statements that one server has prepared, by the ids that it gave them. An id stands for text and keyspace on that
 * server, whoever prepared it: all connections to the server share them.
 */
export class PreparedStatements {
  private readonly byId = new LruMap<string, ResolvedStatement>(PREPARED_WEIGHT_MAX);

  /** @param buffer Holds the id in [start, end). */
  get(buffer: Buffer, start: number, end: number): ResolvedStatement | undefined {
    return this.byId.get(asciiText(buffer, start, end));
  }

  /** The server has answered that the id stands for the statement. */
  learn(buffer: Buffer, start: number, end: number, statement: ResolvedStatement): void {
    const id = asciiText(buffer, start, end);
    // Prepared again while the keyspace was not certain: what is known for certain stays.
    if (statement.doubtful && this.byId.get(id) !== undefined) return;
    this.byId.set(id, statement, statement.needs.length);
  }
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
