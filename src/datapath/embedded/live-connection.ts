import type { RecordVerdict } from "../../api/access-log-record.ts";
import type { RuleOrigin } from "../../api/rule-origin.ts";
import type { ConnectionVerdict } from "../../policy/endpoint-policy.ts";
import type { ConnectionInfo, LogFields } from "../../proxylib/connection.ts";
import type { ConnectionStream, StreamTerms } from "../../proxylib/connection-stream.ts";
import type { ConnectionIo } from "../../proxylib/io.ts";
import { PassStream } from "../../proxylib/pass-stream.ts";
import type { RecordSink } from "../../proxylib/record-sink.ts";
import type { StreamMode } from "../../proxylib/stream-mode.ts";
import { awaitConnect, type Connector } from "./connect.ts";
import type { EmbeddedCounters } from "./counters.ts";
import type { EmbeddedLimits } from "./limits.ts";
import { formatTarget } from "./redirect.ts";
import { Relay } from "./relay.ts";
import type { RelaySocket } from "./relay-socket.ts";
import { resetSocket } from "./socket-end.ts";
import { connectionInfo, isSameSubject, type Subject } from "./subject.ts";

/** The extension library, as far as connections need it. A refusal is on record when `open` returns. */
export interface StreamOpener {
  open(
    info: ConnectionInfo,
    io: ConnectionIo,
    terms: StreamTerms,
  ): { readonly ok: true; readonly stream: ConnectionStream } | { readonly ok: false; readonly reason: string };
}

/** What connections share. */
export interface ConnectionServices {
  readonly opener: StreamOpener;
  readonly records: RecordSink;
  readonly limits: EmbeddedLimits;
  readonly counters: EmbeddedCounters;
  readonly connector: Connector;
  /** Configuration of an extension, by its name. */
  readonly extensionConfig: (extension: string) => Readonly<Record<string, string>>;
  /** Who the two sides are now; with a refusal where they may not talk this way at all. */
  readonly identify: (subject: Subject) => { readonly subject: Subject; readonly refusal?: string };
  /** What the policy in force says. */
  readonly judge: (subject: Subject) => ConnectionVerdict;
}

type State =
  | { readonly kind: "connecting"; readonly giveUp: () => void }
  | {
      readonly kind: "open";
      readonly relay: Relay;
      readonly stream: ConnectionStream;
      readonly parser: string | undefined;
    }
  | { readonly kind: "closed" };

const TCP = "tcp";
const CLOSED: State = { kind: "closed" };

/**
 * One accepted connection that policy has let in: waits for its upstream, is relayed, and is judged again when policy
 * changes or somebody else stands behind one of its addresses.
 */
export class LiveConnection {
  private current: Subject;
  private readonly client: RelaySocket;
  private readonly services: ConnectionServices;
  private readonly onClosed: (connection: LiveConnection) => void;
  private info: ConnectionInfo;
  private state: State = CLOSED;
  private isKeptAlive = false;
  /** Why it would be refused if what is audited were enforced, as far as that is on record. */
  private audit: string | undefined;

  /** @param client Paused: its bytes wait in the kernel until the upstream is there. @param onClosed Called once. */
  constructor(
    subject: Subject,
    client: RelaySocket,
    services: ConnectionServices,
    onClosed: (connection: LiveConnection) => void,
  ) {
    this.current = subject;
    this.client = client;
    this.services = services;
    this.onClosed = onClosed;
    this.info = connectionInfo(subject, TCP);
  }

  /** Who talks to whom, as last found out. */
  get subject(): Subject {
    return this.current;
  }

  /** Connects to the upstream. */
  start(): void {
    const { connector, limits, counters } = this.services;
    const target = this.subject.redirect.upstream;
    const upstream = connector(target);
    const giveUp = awaitConnect(upstream.socket, limits.connectTimeoutMs, (failure) => {
      if (failure === undefined) {
        this.establish(upstream);
        return;
      }
      counters.upstreamFailed++;
      this.record("Error", `the upstream ${formatTarget(target)} cannot be reached: ${failure}`);
      this.refuse();
    });
    this.state = { kind: "connecting", giveUp };
  }

  /**
   * Goes on under the identities and the policy of now, from the next request on; ends where these no longer let the
   * connection be what it is.
   */
  rejudge(): void {
    if (this.state.kind === "closed") return;
    const before = this.subject;
    const refusal = this.identify();
    const verdict = this.services.judge(this.subject);
    const change = remoteChange(before, this.subject);
    const reason = refusal ?? this.objection(verdict);
    if (reason !== undefined) {
      this.end(`${change ?? "the policy has changed"}: ${reason}`, refusal === undefined ? verdict.origin : undefined);
      return;
    }
    if (change !== undefined) this.services.counters.reidentified++;
    this.recordChange(verdict, change);
  }

  /** Ends the connection because it is not allowed any more. */
  end(status: string, origin?: RuleOrigin): void {
    if (this.state.kind === "closed") return;
    this.services.counters.resetByPolicy++;
    this.abort("Denied", status, origin);
  }

  /** Called now and then: finds peers that are dead or have gone, which must not hold a connection for ever. */
  lookAfter(): void {
    if (this.state.kind !== "open") return;
    if (!this.isKeptAlive) this.state.relay.keepAlive();
    this.isKeptAlive = true;
    this.state.relay.findGone();
  }

  /** Resets both sides, with a record. */
  abort(verdict: RecordVerdict, status: string, origin?: RuleOrigin): void {
    const state = this.state;
    if (state.kind === "closed") return;
    this.write(verdict, origin, { status });
    if (state.kind === "open") {
      state.relay.reset();
      return;
    }
    state.giveUp();
    this.refuse();
  }

  private objection(verdict: ConnectionVerdict): string | undefined {
    if (verdict.kind === "denied") return verdict.reason;
    if (this.state.kind !== "open") return undefined;
    const { parser, stream } = this.state;
    // A parser may stay where none is asked for any more: it is told that every request is allowed.
    if (verdict.kind === "allowed" || verdict.mode === "observe") return stream.setMode("observe");
    if (parser === undefined) return `its requests are to be judged by "${verdict.parser}" now`;
    if (verdict.parser !== parser)
      return `its requests are to be judged by "${verdict.parser}" now, not by "${parser}"`;
    const undecided = stream.setMode("enforce");
    return undecided && `its requests are to be judged by "${parser}" now, but ${undecided}`;
  }

  /** Finds out anew who the two sides are. @returns Why they may not talk this way. */
  private identify(): string | undefined {
    const { subject, refusal } = this.services.identify(this.subject);
    if (isSameSubject(this.subject, subject)) return refusal;
    this.current = subject;
    this.info = connectionInfo(subject, this.info.proto, this.info.config);
    if (this.state.kind === "open") this.state.stream.identify(this.info);
    return refusal;
  }

  /** What a connection that goes on has to tell. */
  private recordChange(verdict: ConnectionVerdict, change: string | undefined): void {
    const audit = verdict.kind === "denied" ? undefined : verdict.audit;
    const isNew = audit !== this.audit;
    this.audit = audit;
    if (audit !== undefined && (isNew || change !== undefined)) {
      this.write("Audit", verdict.origin, { status: `${change ?? "the policy has changed"}: ${audit}` });
    } else if (change !== undefined) {
      this.write("Forwarded", verdict.origin, { status: change });
    }
  }

  private establish(upstream: RelaySocket): void {
    const { counters, limits, judge } = this.services;
    // Policy may have changed since the connection was accepted, and so may who is who.
    const refusal = this.identify();
    const verdict = judge(this.subject);
    const reason = refusal ?? (verdict.kind === "denied" ? verdict.reason : undefined);
    if (reason !== undefined || this.client.socket.destroyed) {
      if (reason !== undefined) {
        counters.denied++;
        this.write("Denied", refusal === undefined ? verdict.origin : undefined, { status: reason });
      }
      resetSocket(upstream.socket);
      this.refuse();
      return;
    }
    const relay = new Relay(this.client, upstream, {
      limits,
      counters,
      onFault: (error) => this.record("Error", `internal error: ${String(error)}`),
      onClosed: () => this.close(),
    });
    const parser = verdict.kind === "l7" ? verdict.parser : undefined;
    if (parser !== undefined) {
      this.info = connectionInfo(this.subject, parser, this.services.extensionConfig(parser));
    }
    this.recordOpened(verdict);
    const stream = verdict.kind === "l7" ? this.parse(relay, verdict.mode) : new PassStream(relay);
    if (stream === undefined) {
      relay.reset();
      return;
    }
    this.state = { kind: "open", relay, stream, parser };
    counters.opened++;
    relay.start(stream);
  }

  /** Requests that are judged have records of their own; a connection that is let through as a whole has one itself. */
  private recordOpened(verdict: ConnectionVerdict): void {
    const { counters } = this.services;
    if (verdict.kind === "l7") {
      if (verdict.mode === "enforce") return;
      counters.observed++;
    }
    this.audit = verdict.kind === "denied" ? undefined : verdict.audit;
    if (this.audit === undefined) {
      this.write("Forwarded", verdict.origin, {});
      return;
    }
    counters.audited++;
    this.write("Audit", verdict.origin, { status: this.audit });
  }

  private parse(relay: Relay, mode: StreamMode): ConnectionStream | undefined {
    const { counters, opener } = this.services;
    const result = opener.open(this.info, relay, {
      mode,
      onUnread: () => {
        counters.unread++;
      },
    });
    return result.ok ? result.stream : undefined;
  }

  /** Resets the client before there was a relay. */
  private refuse(): void {
    resetSocket(this.client.socket);
    this.close();
  }

  private close(): void {
    if (this.state.kind === "closed") return;
    this.state = CLOSED;
    this.onClosed(this);
  }

  private record(verdict: RecordVerdict, status: string): void {
    this.write(verdict, undefined, { status });
  }

  private write(verdict: RecordVerdict, origin: RuleOrigin | undefined, fields: LogFields): void {
    this.services.records.record(this.info, "Connection", verdict, origin, fields);
  }
}

/** What has become of the side that policy judges; undefined: nothing. */
function remoteChange(before: Subject, now: Subject): string | undefined {
  if (before.remote === now.remote) return undefined;
  const side = now.redirect.direction === "ingress" ? "source" : "destination";
  return `the identity of the ${side} has changed from ${before.remote} to ${now.remote}`;
}
