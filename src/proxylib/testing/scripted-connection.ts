import type { RecordType, RecordVerdict } from "../../api/access-log-record.ts";
import type { NumericIdentity, PolicyRevision, Port } from "../../api/identity.ts";
import type { RuleOrigin } from "../../api/rule-origin.ts";
import type { ByteView } from "../../lib/bytes/byte-view.ts";
import type { ConnectionVerdict, DirectionPolicy } from "../../policy/endpoint-policy.ts";
import { auditedMatcher } from "../../policy/request/audited-matcher.ts";
import { compileRequestMatcher } from "../../policy/request/compile.ts";
import type { RequestRule } from "../../policy/request/rule-conditions.ts";
import type { Connection, ConnectionInfo, LogFields } from "../connection.ts";
import type { ConnectionStream } from "../connection-stream.ts";
import { Instance } from "../instance.ts";
import { type CloseReason, type ConnectionIo, Direction } from "../io.ts";
import { DEFAULT_LIMITS, type Limits } from "../limits.ts";
import type { Extension, Parser } from "../parser.ts";
import { PolicyMap } from "../policy-map.ts";
import { ExtensionRegistry } from "../registry.ts";
import type { StreamMode } from "../stream-mode.ts";
import { countOf, Operation, operationOf, type Verdict } from "../verdict.ts";

/** The rules of a policy, as its `l7` list has them. `[{}]` allows every request, `[]` none. */
export type ScriptedRules = readonly Readonly<Record<string, string>>[];

/**
 * `enforce`: what the rules do not allow is refused. `audit`: every request is allowed, and what the rules do not allow
 * is recorded as `Audit`. `observe`: the same, and nothing that the parser does changes the stream.
 */
export type ScriptedMode = "enforce" | "audit" | "observe";

export interface ScriptedOptions {
  /** Default: `[{}]`. */
  readonly l7?: ScriptedRules;
  /** Default: `enforce`. */
  readonly mode?: ScriptedMode;
  readonly limits?: Partial<Limits>;
  readonly ingress?: boolean;
  readonly config?: Readonly<Record<string, string>>;
  readonly policyName?: string;
  /** Where the connection was meant to go, `address:port`. Default: 127.0.2.1:4000. */
  readonly destination?: string;
}

/** A record as the parser wrote it, with the rule that decided (`l7[0]`). */
export interface ScriptedRecord {
  readonly type: RecordType;
  readonly verdict: RecordVerdict;
  readonly rule: string | undefined;
  readonly effect?: NonNullable<RuleOrigin["effect"]>;
  readonly fields: LogFields;
}

const ENDPOINT = "server";
const CLIENT = 1001 as NumericIdentity;
const SERVER = 1002 as NumericIdentity;
const PORT = 4000 as Port;
/** What stands in memory that is used again. */
const FORGOTTEN = 0xee;
const DESTINATION = `127.0.2.1:${PORT}`;
const OPERATION_NAMES = new Map<Operation, string>([
  [Operation.Nop, "NOP"],
  [Operation.More, "MORE"],
  [Operation.Pass, "PASS"],
  [Operation.Drop, "DROP"],
  [Operation.Inject, "INJECT"],
  [Operation.Error, "ERROR"],
  [Operation.Invalid, "INVALID"],
]);

interface ScriptedChunk {
  readonly memory: Buffer;
  kept: boolean;
}

/** `PASS 8`, `MORE 1`, `NOP`. */
export function verdictText(verdict: Verdict): string {
  const name = OPERATION_NAMES.get(operationOf(verdict)) ?? "INVALID";
  return name === "NOP" || name === "INVALID" ? name : `${name} ${countOf(verdict)}`;
}

/**
 * A connection without sockets: chunks in; verdicts, bytes and records out. The engine is the real one.
 *
 *     const connection = new ScriptedConnection(r2d2, { l7: [{ cmd: "READ" }] });
 *     connection.fromClient("READ x\r\nWRITE x\r\n");
 *     connection.takeOps();     // ["PASS 8", "DROP 9", "MORE 1"]
 *     connection.takeToClient() // "ERROR\r\n"
 */
export class ScriptedConnection implements ConnectionIo {
  /** Everything that was recorded so far. */
  readonly records: ScriptedRecord[] = [];
  /** Set when the engine closed the connection. */
  closeReason: CloseReason | undefined;
  /** An observed connection passes without being understood. */
  unread = false;
  /** Set when the connection was not opened. */
  readonly refusal: string | undefined;
  /** Directions whose end was sent on. */
  readonly endSent: { original: boolean; reply: boolean } = { original: false, reply: false };
  /** Directions that the engine paused. */
  readonly paused: { original: boolean; reply: boolean } = { original: false, reply: false };
  /** Memory of chunks that the engine may not look at any more is overwritten, as sockets do that use theirs again. */
  reusesMemory = true;
  /** While true, `send` tells that the receiver is congested. */
  readonly congested: { original: boolean; reply: boolean } = { original: false, reply: false };

  private readonly policies = new PolicyMap();
  private readonly info: ConnectionInfo;
  private mode: ScriptedMode;
  private readonly extension: Extension;
  private readonly stream: ConnectionStream | undefined;
  private readonly sent: [Buffer[], Buffer[]] = [[], []];
  /** By direction: the chunk that is being received, or was left to the engine. */
  private readonly chunks: [ScriptedChunk | undefined, ScriptedChunk | undefined] = [undefined, undefined];
  private ops: string[] = [];
  /** The parser at work, and the connection as it sees it. */
  private parser: Parser | undefined;
  private parserConnection: Connection | undefined;
  private revision = 0;

  constructor(extension: Extension, options: ScriptedOptions = {}) {
    this.extension = extension;
    this.mode = options.mode ?? "enforce";
    this.setPolicy(options.l7 ?? [{}]);
    const extensions = new ExtensionRegistry();
    extensions.add(this.spy(extension));
    const instance = new Instance({
      extensions,
      policies: this.policies,
      records: {
        record: (_connection, type, verdict, origin, fields) =>
          this.records.push({
            type,
            verdict,
            rule: origin?.rule,
            ...(origin?.effect !== undefined && { effect: origin.effect }),
            fields,
          }),
      },
      limits: { ...DEFAULT_LIMITS, ...options.limits },
    });
    this.info = connectionInfo(extension.name, options);
    const opened = instance.open(this.info, this, {
      mode: streamModeOf(this.mode),
      onUnread: () => {
        this.unread = true;
      },
    });
    if (opened.ok) this.stream = opened.stream;
    else this.refusal = opened.reason;
  }

  /**
   * Puts other rules in force: they hold from the next request on.
   *
   * @returns Why the connection cannot go on under the mode, and would be reset; undefined: it goes on.
   */
  setPolicy(l7: ScriptedRules, mode: ScriptedMode = this.mode): string | undefined {
    this.mode = mode;
    const rules: readonly RequestRule[] = l7.map((fields, index) => ({
      fields,
      origin: { policy: "scripted", rule: `l7[${index}]`, labels: [] },
    }));
    const verdict = l7Verdict(this.extension, rules, mode);
    const direction: DirectionPolicy = { enforced: true, lookup: () => verdict };
    this.policies.set({
      endpoint: ENDPOINT,
      identity: SERVER,
      revision: ++this.revision as PolicyRevision,
      ingress: direction,
      egress: direction,
    });
    return this.stream?.setMode(streamModeOf(mode));
  }

  /** Another identity stands behind the client's address. */
  identifyClient(identity: number, labels: readonly string[]): void {
    const source = { ...this.info.source, identity: identity as NumericIdentity, labels };
    this.stream?.identify({ ...this.info, source });
  }

  /** Text is taken as latin1, so that every byte can be written as `\xNN`. */
  fromClient(bytes: string | Uint8Array, endStream = false): void {
    this.receive(Direction.Original, bytes, endStream);
  }

  fromServer(bytes: string | Uint8Array, endStream = false): void {
    this.receive(Direction.Reply, bytes, endStream);
  }

  /** The receiver of a direction takes bytes again; with `again`, it is congested anew by the next ones. */
  drain(direction: "original" | "reply", again = false): void {
    this.congested[direction] = again;
    this.stream?.drained(direction === "original" ? Direction.Original : Direction.Reply);
  }

  /** Both sockets are gone. */
  disconnect(): void {
    this.stream?.closed();
  }

  /**
   * As if the extension's process had been started again, between two calls: another parser goes on from what this one
   * gives as its snapshot, and is called for both directions.
   *
   * @returns false: the extension cannot resume, and the connection would be closed. Nothing has changed then.
   */
  restart(): boolean {
    const { parser, parserConnection: connection } = this;
    const state = parser?.snapshot?.();
    if (state === undefined || connection === undefined) return false;
    // A copy: nothing of the old parser is left in another process.
    const next = this.extension.restore?.(connection, Uint8Array.from(state));
    if (next === undefined) return false;
    this.parser = next;
    connection.wakeUp(false);
    connection.wakeUp(true);
    return true;
  }

  /** The verdicts since the last call. */
  takeOps(): readonly string[] {
    const ops = this.ops;
    this.ops = [];
    return ops;
  }

  /** The bytes that went to the server since the last call, as latin1. */
  takeToServer(): string {
    return this.take(Direction.Original);
  }

  /** The bytes that went to the client since the last call, as latin1. */
  takeToClient(): string {
    return this.take(Direction.Reply);
  }

  /** Records of a type. */
  count(type: RecordType): number {
    return this.records.filter((record) => record.type === type).length;
  }

  send(direction: Direction, bytes: Uint8Array): boolean {
    // Copied: the caller's chunk may be used again.
    this.sent[direction].push(Buffer.from(bytes));
    return !this.congested[nameOf(direction)];
  }

  end(direction: Direction): void {
    this.endSent[nameOf(direction)] = true;
  }

  setPaused(direction: Direction, paused: boolean): void {
    this.paused[nameOf(direction)] = paused;
  }

  keepChunk(direction: Direction): boolean {
    const chunk = this.chunks[direction];
    if (chunk === undefined) return false;
    chunk.kept = true;
    return true;
  }

  close(reason: CloseReason): void {
    this.closeReason = reason;
  }

  private receive(direction: Direction, bytes: string | Uint8Array, endStream: boolean): void {
    const before = this.chunks[direction];
    const chunk: ScriptedChunk = { memory: toBuffer(bytes), kept: false };
    this.chunks[direction] = chunk;
    this.stream?.receive(direction, chunk.memory, endStream);
    if (before !== undefined) this.forget(before);
    if (chunk.kept) return;
    this.forget(chunk);
    if (this.chunks[direction] === chunk) this.chunks[direction] = undefined;
  }

  private forget(chunk: ScriptedChunk): void {
    if (this.reusesMemory) chunk.memory.fill(FORGOTTEN);
  }

  private take(direction: Direction): string {
    return Buffer.concat(this.sent[direction].splice(0)).toString("latin1");
  }

  /** The extension itself, its verdicts written down. */
  private spy(extension: Extension): Extension {
    const note = (verdict: Verdict): Verdict => {
      this.ops.push(verdictText(verdict));
      return verdict;
    };
    return {
      ...extension,
      create: (connection) => {
        const parser = extension.create(connection);
        if (parser === undefined) return undefined;
        this.parser = parser;
        this.parserConnection = connection;
        return {
          mayEnforce: () => this.parser?.mayEnforce?.() !== false,
          onData: (reply: boolean, endStream: boolean, data: ByteView) => {
            const verdict = (this.parser ?? parser).onData(reply, endStream, data);
            return typeof verdict === "number" ? note(verdict) : verdict.then(note);
          },
          closed: () => this.parser?.closed?.(),
        };
      },
    };
  }
}

function l7Verdict(extension: Extension, rules: readonly RequestRule[], mode: ScriptedMode): ConnectionVerdict {
  const origin: RuleOrigin = { policy: "scripted", rule: "l7", labels: [] };
  const matcher = compileRequestMatcher(extension, rules);
  return {
    kind: "l7",
    parser: extension.name,
    matcher: mode === "enforce" ? matcher : auditedMatcher(undefined, matcher, { ...origin, effect: "missing" }),
    origin,
    mode: streamModeOf(mode),
  };
}

function streamModeOf(mode: ScriptedMode): StreamMode {
  return mode === "observe" ? "observe" : "enforce";
}

function connectionInfo(proto: string, options: ScriptedOptions): ConnectionInfo {
  return {
    id: 1,
    ingress: options.ingress ?? true,
    source: { identity: CLIENT, labels: ["unspec:app=client"], address: "127.0.1.1:40000" },
    destination: {
      identity: SERVER,
      labels: ["unspec:app=server"],
      address: options.destination ?? DESTINATION,
      endpoint: ENDPOINT,
    },
    policyName: options.policyName ?? ENDPOINT,
    port: PORT,
    proto,
    config: options.config ?? {},
  };
}

function nameOf(direction: Direction): "original" | "reply" {
  return direction === Direction.Original ? "original" : "reply";
}

function toBuffer(bytes: string | Uint8Array): Buffer {
  // A copy of its own, which is overwritten afterwards.
  return typeof bytes === "string" ? Buffer.from(bytes, "latin1") : Buffer.from(bytes);
}
