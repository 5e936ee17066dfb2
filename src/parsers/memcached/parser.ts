import type { ByteView } from "../../lib/bytes/byte-view.ts";
import type { Connection } from "../../proxylib/connection.ts";
import type { Extension, Parser } from "../../proxylib/parser.ts";
import { more, nop, ParseError, pass, type Verdict } from "../../proxylib/verdict.ts";
import { BinaryReplies } from "./binary-replies.ts";
import { BinaryRequests } from "./binary-requests.ts";
import { Exchange } from "./exchange.ts";
import { protocolOf } from "./frame.ts";
import { declaration } from "./rule.ts";
import { MALFORMED } from "./text-answer.ts";
import { TextReplies } from "./text-replies.ts";
import { isErrorLine, replyLineLength } from "./text-reply.ts";
import { TextRequests } from "./text-requests.ts";

/** memcached: text (with its meta commands) and binary, told apart by the first byte of the client. */
class MemcachedParser implements Parser {
  private readonly connection: Connection;
  private exchange: Exchange | undefined;
  private requests: TextRequests | BinaryRequests | undefined;
  private replies: TextReplies | BinaryReplies | undefined;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  onData(reply: boolean, endStream: boolean, data: ByteView): Verdict {
    if (reply) return this.replies === undefined ? this.readGreeting(data) : this.replies.onData(data);
    if (this.requests === undefined) {
      if (data.length === 0) return nop;
      if (!this.begin(data.at(0))) {
        if (!this.connection.observed) this.connection.inject(true, MALFORMED);
        return this.connection.fail(ParseError.InvalidFrameType, "the first byte begins no request of memcached");
      }
    }
    return (this.requests as TextRequests | BinaryRequests).onData(endStream, data);
  }

  mayEnforce(): boolean {
    return this.exchange === undefined || !this.exchange.guessed;
  }

  private begin(firstByte: number): boolean {
    const protocol = protocolOf(firstByte);
    if (protocol === undefined) return false;
    const exchange = new Exchange(this.connection);
    this.exchange = exchange;
    const text = protocol === "text";
    this.requests = text ? new TextRequests(exchange) : new BinaryRequests(exchange);
    this.replies = text ? new TextReplies(exchange) : new BinaryReplies(exchange);
    return true;
  }

  /** Before the first request, memcached says nothing but that it takes no more connections. */
  private readGreeting(data: ByteView): Verdict {
    if (data.length === 0) return nop;
    const length = replyLineLength(data);
    if (length === 0) return more(1);
    if (length > 0 && isErrorLine(data)) return pass(length);
    return this.connection.fail(ParseError.InvalidFrameType, "the server speaks before the first request");
  }
}

export const memcache: Extension = { ...declaration, create: (connection) => new MemcachedParser(connection) };
