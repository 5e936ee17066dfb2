import type { ExtensionDeclaration } from "../api/extension.ts";
import type { ByteView } from "../lib/bytes/byte-view.ts";
import type { Connection } from "./connection.ts";
import type { Verdict } from "./verdict.ts";

/** Reads one connection. Both directions are called from one thread, never at the same time: state needs no locks. */
export interface Parser {
  /**
   * Called with all undecided bytes of one direction; called again after every verdict until `more`, `nop` or `error`.
   *
   * @param reply false: bytes from the client (original direction); true: from the server.
   * @param endStream No bytes will follow those in `data`. Bytes that are not passed then are never sent on.
   * @param data May be empty: at the end of the stream, after a wake-up, and behind the last byte of a chunk.
   * @returns A promise pauses this direction until it settles; the other one goes on. A rejection closes the connection.
   */
  onData(reply: boolean, endStream: boolean, data: ByteView): Verdict | Promise<Verdict>;
  /**
   * Asked when a connection that was observed is to be enforced.
   *
   * @returns false: something passed of which the parser is not sure that the server read it as it did, so that later
   * requests could be judged wrongly. The connection is reset then. Without this method: true.
   */
  mayEnforce?(): boolean;
  /** The connection has ended: nothing is called any more, and nothing has an effect. For parsers with timers. */
  closed?(): void;
  /**
   * All that the parser remembers of its connection, so that another one can go on in its place, between two calls and with
   * no promise pending: after the process of the extension was started again. Asked after calls, so it must be cheap; at
   * most 64 KiB; empty where nothing is remembered. Without this method, connections end with the process.
   */
  snapshot?(): Uint8Array;
}

/** An extension: what it declares, and how to make a parser for a connection. */
export interface Extension extends ExtensionDeclaration {
  /** undefined: the extension refuses the connection, which is reset. */
  create(connection: Connection): Parser | undefined;
  /**
   * Makes a parser that goes on where another one of the same extension and version was when its `snapshot` gave
   * `state`. Both directions are called soon, each with the bytes from the first one on that was not decided (perhaps
   * none): so wake-ups need not be remembered. undefined: it cannot; the connection is closed.
   */
  restore?(connection: Connection, state: Uint8Array): Parser | undefined;
}

/** Types an extension; its module exports the result as default. */
export function defineExtension(extension: Extension): Extension {
  return extension;
}
