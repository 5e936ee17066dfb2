import type { NumericIdentity, Port } from "../api/identity.ts";
import type { Request } from "../api/request.ts";
import type { ConnectionVerdict, Decision, RequestMatcher } from "../policy/endpoint-policy.ts";
import { constantMatcher } from "../policy/request/constant-matcher.ts";
import type { Connection, ConnectionInfo, Decided, LogFields, Peer } from "./connection.ts";
import { type CloseReason, Direction } from "./io.ts";
import { KeptRequest, numberOf } from "./kept-request.ts";
import { NOT_ALLOWED, type PolicySource } from "./policy-map.ts";
import type { RecordSink } from "./record-sink.ts";
import { error, type ParseError, type Verdict } from "./verdict.ts";

const NO_FIELDS: LogFields = Object.freeze({});
const NOTHING_MATCHES: RequestMatcher = constantMatcher(NOT_ALLOWED);
/** Before the first question. */
const NOT_ASKED: Decision = Object.freeze({ allowed: true, audited: false, origin: undefined });
const INTERFERENCE = "the extension would drop or inject bytes here; nothing is changed while it only observes";

/** What a parser's calls do to the streams of its connection. */
export interface StreamControl {
  /** Nothing is refused. */
  readonly observed: boolean;
  /** Nothing that the parser does has an effect. */
  readonly detached: boolean;
  inject(direction: Direction, bytes: Uint8Array): void;
  wakeUp(direction: Direction): void;
  /** Within a call whose verdict is `nop`: nothing more of the direction is read before the parser is woken for it. */
  readLater(direction: Direction): void;
  /** As `inject` from outside of any call, whatever is under way. */
  insert(direction: Direction, bytes: Uint8Array): void;
  /** Ends the connection; observed, it goes on unread. */
  abort(kind: CloseReason["kind"], message: string): void;
}

/** The connection as its parser sees it: policy, records and what it may do to the streams. */
export class ParserConnection implements Connection {
  readonly id: number;
  readonly ingress: boolean;
  source: Peer;
  destination: Peer;
  readonly policyName: string;
  readonly port: Port;
  readonly proto: string;
  readonly config: Readonly<Record<string, string>>;

  private info: ConnectionInfo;
  private remote: NumericIdentity;
  private readonly policies: PolicySource;
  private readonly records: RecordSink;
  /** For parsers that are part of weir: the streams themselves. */
  readonly control: StreamControl;

  private generation = -1;
  /** Decides by the policy of that generation. */
  private matcher: RequestMatcher = NOTHING_MATCHES;
  private matcherNumber: number = numberOf(NOTHING_MATCHES);
  /** Of the last question. */
  private decision: Decision = NOT_ASKED;
  private hasInterfered = false;
  /** Reason and fields of the error that the parser is about to return. */
  private failure: { reason: string; fields: LogFields } | undefined;

  constructor(
    info: ConnectionInfo,
    control: StreamControl,
    services: { readonly policies: PolicySource; readonly records: RecordSink },
  ) {
    this.id = info.id;
    this.ingress = info.ingress;
    this.source = info.source;
    this.destination = info.destination;
    this.policyName = info.policyName;
    this.port = info.port;
    this.proto = info.proto;
    this.config = info.config;
    this.info = info;
    this.remote = remoteOf(info);
    this.policies = services.policies;
    this.records = services.records;
    this.control = control;
  }

  /** What decides now. A change of policy makes another one. */
  matcherInForce(): RequestMatcher {
    if (this.policies.generation !== this.generation) this.lookUp();
    return this.matcher;
  }

  matches(request: Request | KeptRequest): boolean {
    if (this.policies.generation !== this.generation) this.lookUp();
    const { matcher } = this;
    const decision =
      request instanceof KeptRequest ? request.decidedBy(matcher, this.matcherNumber) : matcher.match(request);
    this.decision = decision;
    return decision.allowed || this.control.observed;
  }

  get observed(): boolean {
    return this.control.observed;
  }

  get audited(): boolean {
    return this.passesAudited(this.decision);
  }

  get decided(): Decided {
    return decidedOf(this.decision);
  }

  log(type: "Request" | "Response" | "Denied", fields: LogFields, decided: Decided = this.decided): void {
    const decision = decided as unknown as Decision;
    const { allowed, origin } = decision;
    const audited = this.passesAudited(decision);
    const ruledOut = audited || !allowed ? origin : undefined;
    if (type === "Denied" && !this.control.detached) {
      this.records.record(this.info, "Denied", "Denied", ruledOut, fields);
    } else if (type === "Denied" || audited) {
      // It passes, whatever the extension thinks of it.
      this.records.record(this.info, type === "Denied" ? "Request" : type, "Audit", ruledOut, fields);
    } else {
      this.records.record(this.info, type, "Forwarded", allowed ? origin : undefined, fields);
    }
  }

  inject(reply: boolean, bytes: Uint8Array): void {
    // Extensions may be plain JavaScript, where a text has a length too.
    if (!(bytes instanceof Uint8Array)) throw new TypeError("inject takes bytes: use Buffer.from(text)");
    if (bytes.length > 0) this.control.inject(reply ? Direction.Reply : Direction.Original, bytes);
  }

  wakeUp(reply: boolean): void {
    this.control.wakeUp(reply ? Direction.Reply : Direction.Original);
  }

  fail(code: ParseError, reason: string, fields: LogFields = NO_FIELDS): Verdict {
    this.failure = { reason, fields };
    return error(code);
  }

  /** For the engine: other identities stand behind the addresses. */
  identify(info: ConnectionInfo): void {
    this.info = info;
    this.source = info.source;
    this.destination = info.destination;
    this.remote = remoteOf(info);
    this.generation = -1;
  }

  /** For the engine: the parser did what has no effect. Recorded once. */
  recordInterference(): void {
    if (this.hasInterfered) return;
    this.hasInterfered = true;
    this.records.record(this.info, "Connection", "Audit", undefined, { status: INTERFERENCE });
  }

  /** For the engine: an observed connection is not understood, and goes on unread. */
  recordUnread(reason: string): string {
    const { reason: message, fields } = this.failure ?? { reason, fields: NO_FIELDS };
    const status = { ...fields, status: unreadStatus(message) };
    this.records.record(this.info, "Connection", "Error", undefined, status);
    return message;
  }

  /** For the engine: the connection ends because of an error. `reason` where the parser gave none itself. */
  recordFailure(reason: string, kind: CloseReason["kind"]): string {
    const { reason: message, fields } = this.failure ?? { reason, fields: NO_FIELDS };
    const status = { ...fields, status: message };
    this.records.record(this.info, kind === "refused" ? "Connection" : "Denied", "Error", undefined, status);
    return message;
  }

  private passesAudited({ allowed, audited }: Decision): boolean {
    return audited || (!allowed && this.control.observed);
  }

  private lookUp(): void {
    // Read first: a change during the look-up must be seen by the next request.
    this.generation = this.policies.generation;
    const policy = this.policies.get(this.policyName);
    const direction = this.ingress ? policy?.ingress : policy?.egress;
    const verdict = direction?.lookup(this.remote, this.port);
    this.matcher = verdict === undefined ? NOTHING_MATCHES : matcherOf(verdict, this.proto);
    this.matcherNumber = numberOf(this.matcher);
  }
}

/** For records: why nobody reads an observed connection. */
export function unreadStatus(reason: string): string {
  return `${reason}; the rest passes unread`;
}

/** A decision of a policy, as `log` takes it. */
export function decidedOf(decision: Decision): Decided {
  return decision as unknown as Decided;
}

function remoteOf(info: ConnectionInfo): NumericIdentity {
  return info.ingress ? info.source.identity : info.destination.identity;
}

/** What a connection under an extension may do. */
function matcherOf(verdict: ConnectionVerdict, proto: string): RequestMatcher {
  if (verdict.kind === "l7" && verdict.parser === proto) return verdict.matcher;
  // The connection itself is re-judged by its data plane; until it ends, nothing more may pass than policy says now.
  const passes = verdict.kind === "allowed" || (verdict.kind === "l7" && verdict.mode === "observe");
  if (!passes) return NOTHING_MATCHES;
  const audited = verdict.audit !== undefined;
  return constantMatcher({ allowed: true, audited, origin: verdict.origin });
}
