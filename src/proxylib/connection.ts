import type { RecordPeer } from "../api/access-log-record.ts";
import type { Port } from "../api/identity.ts";
import type { Request } from "../api/request.ts";
import type { KeptRequest } from "./kept-request.ts";
import type { ParseError, Verdict } from "./verdict.ts";

/** One side of a connection, as parsers and logs see it. */
export type Peer = RecordPeer;

/** What is known of a connection when it is opened. */
export interface ConnectionInfo {
  /** Unique within the process. */
  readonly id: number;
  /** true: the policy of the destination's endpoint applies and the source is the remote side; false: the other way round. */
  readonly ingress: boolean;
  readonly source: Peer;
  readonly destination: Peer;
  /** Name of the endpoint whose policy applies. */
  readonly policyName: string;
  /** The destination port that policy sees. */
  readonly port: Port;
  /** Name of the extension. */
  readonly proto: string;
  /** Configuration of the extension from the node's configuration. */
  readonly config: Readonly<Record<string, string>>;
}

/** Fields of a log record: free text by name. Escaping is the reader's work; values of users' data do not belong here. */
export type LogFields = Readonly<Record<string, string>>;

/** What a `matches` decided. Opaque; kept as long as one likes. */
export interface Decided {
  readonly __brand: "Decided";
}

/** What a parser can do besides giving verdicts. */
export interface Connection extends ConnectionInfo {
  /**
   * Policy enforces nothing here: `matches` never says no, and what cannot be understood passes unread. A parser must not
   * begin to inject or drop anything of its own then; what it does all the same has no effect on a connection that was
   * observed from its beginning. May change between two requests.
   */
  readonly observed: boolean;
  /**
   * The last `matches` said yes only because what would refuse the request is audited, not enforced. Whoever asks several
   * times for one request asks last for what decided: `log` tells of the last one.
   */
  readonly audited: boolean;
  /** What the last `matches` decided, for a record that is written when others have been asked: see `log`. */
  readonly decided: Decided;
  /** Whether the policy in force now allows the request. The rule that decided goes into the next `log`. */
  matches(request: Request | KeptRequest): boolean;
  /**
   * Writes a record: `Request` and `Response` mean passed on, `Denied` means refused. Its verdict is `Audit` where the
   * last `matches` was `audited`. The object must not change later.
   *
   * @param decided Whose rule and verdict the record tells. Default: those of the last `matches`.
   */
  log(type: "Request" | "Response" | "Denied", fields: LogFields, decided?: Decided): void;
  /**
   * Queues bytes that the parser made. To the other direction they leave at once, or, where that direction is within a
   * frame, behind it. To the direction that is being called they leave where the verdict `inject(n)` puts them; bytes
   * without one close the connection. Never sent in part.
   *
   * @param reply true: toward the client; false: toward the server.
   * @param bytes Must not change afterwards; constants need no copy.
   */
  inject(reply: boolean, bytes: Uint8Array): void;
  /** Calls the parser for that direction soon, with whatever is buffered (also nothing), whatever it asked for with `more`. */
  wakeUp(reply: boolean): void;
  /** Gives the reason for the error that is returned, for the record: `return connection.fail(ParseError.InvalidFrameType, "…")`. */
  fail(code: ParseError, reason: string, fields?: LogFields): Verdict;
}
