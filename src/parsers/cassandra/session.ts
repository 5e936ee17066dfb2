import type { Connection, Decided } from "../../proxylib/connection.ts";
import { VERSION_MAX } from "./frame.ts";
import { Keyspaces } from "./keyspaces.ts";
import type { PreparedByUpstream, PreparedStatements } from "./prepared-statements.ts";
import type { Asked } from "./resolved-statement.ts";
import type { StatementResolver } from "./statement-resolver.ts";
import { StreamTable } from "./stream-table.ts";

/**
 * How far a connection is: before STARTUP; STARTUP sent; the server wants authentication; ready for statements
 * (native_protocol_v4.spec, section 4.1.1).
 */
export type Phase = "new" | "starting" | "authenticating" | "ready";

/** What the connections of one extension share. */
export interface Shared {
  readonly prepared: PreparedByUpstream;
  readonly resolver: StatementResolver;
}

/** What both directions of one connection share. */
export class Session {
  readonly connection: Connection;
  readonly resolver: StatementResolver;
  readonly prepared: PreparedStatements;
  readonly streams: StreamTable = new StreamTable();
  readonly keyspaces: Keyspaces = new Keyspaces();
  phase: Phase = "new";
  /** Of the requests; from STARTUP on, and while one is in flight, it does not change. */
  version: number = VERSION_MAX;
  /** Of requests that policy is not asked about. */
  readonly undecided: Decided;
  /**
   * While the connection was only observed, something passed of which we do not know what the server makes of it: until
   * everything is answered, the keyspace in force may be any. Then it is one of those that the answers told.
   */
  guessed = false;
  /** The client's next request waits for answers, see `mustWaitToUse`. */
  waiting = false;
  private inFlight = 0;
  /** Requests in flight whose names are in the keyspace in force. */
  private openCount = 0;

  constructor(connection: Connection, shared: Shared) {
    this.connection = connection;
    this.undecided = connection.decided;
    this.resolver = shared.resolver;
    this.prepared = shared.prepared.of(connection.destination.address);
  }

  /** Whether the next request may be of another version than the last one. */
  get mayChangeVersion(): boolean {
    return this.phase === "new" && this.inFlight === 0;
  }

  /** A request leaves. Its stream is free. */
  begin(stream: number, asked: Asked, decided: Decided): void {
    this.inFlight++;
    if (asked.open) this.openCount++;
    this.streams.begin(stream, asked, decided);
  }

  /** Its answer is here. */
  end(stream: number, asked: Asked): void {
    this.inFlight--;
    if (this.inFlight === 0) this.guessed = false;
    this.streams.end(stream);
    if (!asked.open || --this.openCount > 0 || !this.waiting) return;
    this.waiting = false;
    this.connection.wakeUp(false);
  }

  /** A USE leaves. */
  use(keyspace: string): void {
    // Only where nothing could be held back: the server may come to those in flight before or behind it.
    if (this.openCount > 0) this.guessed = true;
    this.keyspaces.begin(keyspace);
  }

  /**
   * Whether a USE has to wait: a request before it, whose names are in the keyspace in force, is not answered yet, and the
   * server may come to it after the USE. Then the client's direction is woken up when it may go on.
   */
  mustWaitToUse(): boolean {
    this.waiting = this.openCount > 0 && !this.connection.observed;
    return this.waiting;
  }
}
