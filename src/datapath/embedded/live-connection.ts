import type { RecordVerdict } from "../../api/access-log-record.ts";
import type { RuleOrigin } from "../../api/rule-origin.ts";
import type { ConnectionVerdict } from "../../policy/endpoint-policy.ts";
import type { ConnectionInfo, LogFields } from "../../proxylib/connection.ts";
import type { ConnectionStream } from "../../proxylib/connection-stream.ts";
import type { ConnectionIo } from "../../proxylib/io.ts";
import type { RecordSink } from "../../proxylib/record-sink.ts";
import { awaitConnect, type Connector } from "./connect.ts";
import type { EmbeddedCounters } from "./counters.ts";
import type { EmbeddedLimits } from "./limits.ts";
import { PassStream } from "./pass-stream.ts";
import { formatTarget } from "./redirect.ts";
import { Relay } from "./relay.ts";
import type { RelaySocket } from "./relay-socket.ts";
import { resetSocket } from "./socket-end.ts";
import { connectionInfo, type Subject } from "./subject.ts";

/** The extension library, as far as connections need it. A refusal is on record when `open` returns. */
export interface StreamOpener {
  open(
    info: ConnectionInfo,
    io: ConnectionIo,
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
  /** What the policy in force says. */
  readonly judge: (subject: Subject) => ConnectionVerdict;
}

type State =
  | { readonly kind: "connecting"; readonly giveUp: () => void }
  | { readonly kind: "open"; readonly relay: Relay; readonly parser: string | undefined }
  | { readonly kind: "closed" };

const TCP = "tcp";
const CLOSED: State = { kind: "closed" };

/** One accepted connection that policy has let in: waits for its upstream, is relayed, is judged again when policy changes. */
export class LiveConnection {
  readonly subject: Subject;
  private readonly client: RelaySocket;
  private readonly services: ConnectionServices;
  private readonly onClosed: (connection: LiveConnection) => void;
  private info: ConnectionInfo;
  private state: State = CLOSED;
  private isKeptAlive = false;

  /** @param client Paused: its bytes wait in the kernel until the upstream is there. @param onClosed Called once. */
  constructor(
    subject: Subject,
    client: RelaySocket,
    services: ConnectionServices,
    onClosed: (connection: LiveConnection) => void,
  ) {
    this.subject = subject;
    this.client = client;
    this.services = services;
    this.onClosed = onClosed;
    this.info = connectionInfo(subject, TCP);
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

  /** Ends the connection where the policy in force no longer lets it be what it is. @returns Whether it did. */
  rejudge(): boolean {
    if (this.state.kind === "closed") return false;
    const verdict = this.services.judge(this.subject);
    const reason = this.objection(verdict);
    if (reason === undefined) return false;
    this.services.counters.resetByPolicy++;
    this.abort("Denied", `the policy has changed: ${reason}`);
    return true;
  }

  /** Called now and then: finds peers that are dead or have gone, which must not hold a connection for ever. */
  lookAfter(): void {
    if (this.state.kind !== "open") return;
    if (!this.isKeptAlive) this.state.relay.keepAlive();
    this.isKeptAlive = true;
    this.state.relay.findGone();
  }

  /** Resets both sides, with a record. */
  abort(verdict: RecordVerdict, status: string): void {
    const state = this.state;
    if (state.kind === "closed") return;
    this.record(verdict, status);
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
    const parser = this.state.parser;
    // A parser may stay where none is asked for any more: it is told that every request is allowed.
    if (verdict.kind === "allowed" || verdict.parser === parser) return undefined;
    return parser === undefined
      ? `its requests are to be judged by "${verdict.parser}" now`
      : `its requests are to be judged by "${verdict.parser}" now, not by "${parser}"`;
  }

  private establish(upstream: RelaySocket): void {
    const { counters, limits, judge } = this.services;
    // Policy may have changed since the connection was accepted.
    const verdict = judge(this.subject);
    if (verdict.kind === "denied" || this.client.socket.destroyed) {
      if (verdict.kind === "denied") {
        counters.denied++;
        this.record("Denied", verdict.reason);
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
    this.state = { kind: "open", relay, parser };
    const stream = parser === undefined ? this.splice(relay, verdict.origin) : this.parse(relay, parser);
    if (stream === undefined) {
      relay.reset();
      return;
    }
    counters.opened++;
    relay.start(stream);
  }

  private splice(relay: Relay, origin: RuleOrigin | undefined): ConnectionStream {
    this.write("Forwarded", origin, {});
    return new PassStream(relay);
  }

  private parse(relay: Relay, parser: string): ConnectionStream | undefined {
    this.info = connectionInfo(this.subject, parser, this.services.extensionConfig(parser));
    const result = this.services.opener.open(this.info, relay);
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
