import type { ByteView } from "../../lib/bytes/byte-view.ts";
import type { Connection } from "../../proxylib/connection.ts";
import type { Extension, Parser } from "../../proxylib/parser.ts";
import type { Verdict } from "../../proxylib/verdict.ts";
import { PreparedByUpstream } from "./prepared-statements.ts";
import { Replies } from "./replies.ts";
import { Requests } from "./requests.ts";
import { declaration } from "./rule.ts";
import { Session, type Shared } from "./session.ts";
import { StatementResolver } from "./statement-resolver.ts";

/** Cassandra's native protocol, versions 3 and 4. */
class CassandraParser implements Parser {
  private readonly session: Session;
  private readonly requests: Requests;
  private readonly replies: Replies;

  constructor(connection: Connection, shared: Shared) {
    this.session = new Session(connection, shared);
    this.requests = new Requests(this.session);
    this.replies = new Replies(this.session);
  }

  onData(reply: boolean, endStream: boolean, data: ByteView): Verdict {
    return reply ? this.replies.onData(data) : this.requests.onData(endStream, data);
  }

  mayEnforce(): boolean {
    return !this.session.guessed;
  }
}

/** The extension. Its connections share what their servers have prepared. */
export function cassandra(): Extension {
  const shared: Shared = { prepared: new PreparedByUpstream(), resolver: new StatementResolver() };
  return { ...declaration, create: (connection) => new CassandraParser(connection, shared) };
}
