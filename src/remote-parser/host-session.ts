import { namedReasonOf } from "../lib/error.ts";
import type { RequestMatcher } from "../policy/endpoint-policy.ts";
import type { ConnectionInfo } from "../proxylib/connection.ts";
import type { Direction } from "../proxylib/io.ts";
import { DEFAULT_LIMITS, type Limits } from "../proxylib/limits.ts";
import type { Extension, Parser } from "../proxylib/parser.ts";
import { BodyReader } from "./body-reader.ts";
import type { DescribedMatcher } from "./described-matcher.ts";
import { FrameReader } from "./frame-reader.ts";
import { HostOutput } from "./host-output.ts";
import { HostedConnection } from "./hosted-connection.ts";
import { hostedMatcher } from "./hosted-rules.ts";
import type { RemoteLink } from "./link.ts";
import {
  DataFlag,
  Frame,
  MAGIC,
  OpenFlag,
  OWNER_FRAME_BYTES_MAX,
  PROTOCOL_VERSION,
  Refusal,
  STATE_BYTES_MAX,
} from "./protocol.ts";
import { declarationOf } from "./ready.ts";
import { ProtocolViolation } from "./violation.ts";

/** RULES, compiled; or why they cannot be. */
type HostedRules = { readonly matcher: RequestMatcher } | { readonly problem: string };

/** A frame that waits until the owner reads. */
interface Waiting {
  readonly type: number;
  readonly connection: number;
  readonly body: Buffer;
}

/** What runs the parsers: frames of the owner in, frames for it out. */
export class HostSession {
  private readonly extensions: ReadonlyMap<string, Extension>;
  private readonly link: RemoteLink;
  private readonly output: HostOutput;
  private readonly reader: FrameReader;
  private readonly waitingBody = new BodyReader();
  private readonly connections = new Map<number, HostedConnection>();
  private readonly rules = new Map<number, HostedRules>();
  private limits: Limits = DEFAULT_LIMITS;
  private greeted = false;
  private broken = false;
  /** What came while the owner did not read. Bounded by the owner, which has its windows. */
  private waiting: Waiting[] = [];

  constructor(extensions: readonly Extension[], link: RemoteLink) {
    this.extensions = new Map(extensions.map((extension) => [extension.name, extension]));
    this.link = link;
    this.output = new HostOutput(link);
    this.reader = new FrameReader(OWNER_FRAME_BYTES_MAX, (type, connection, body) =>
      this.frame(type, connection, body),
    );
  }

  receive(bytes: Uint8Array): void {
    if (this.broken) return;
    this.guard(() => {
      this.reader.receive(bytes);
    });
  }

  drained(): void {
    this.output.congested = false;
    this.guard(() => this.goOn());
  }

  private guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error;
      this.broken = true;
      this.link.broken(error.message);
    }
  }

  private frame(type: number, connection: number, body: BodyReader): void {
    if (type === Frame.Credit) {
      this.output.credit += body.u32();
      body.done();
      this.goOn();
      return;
    }
    if (this.output.blocked && this.greeted) {
      this.waiting.push({ type, connection, body: Buffer.from(body.rest()) });
      return;
    }
    this.handle(type, connection, body);
    body.done();
  }

  /** Works on what waited, in order, until the owner stops reading again. */
  private goOn(): void {
    if (this.waiting.length === 0) return;
    const { waiting } = this;
    const body = this.waitingBody;
    let at = 0;
    for (; at < waiting.length && !this.output.blocked; at++) {
      const next = waiting[at] as Waiting;
      body.open(next.body, 0, next.body.length);
      this.handle(next.type, next.connection, body);
      body.done();
    }
    this.waiting = waiting.slice(at);
  }

  private handle(type: number, connection: number, body: BodyReader): void {
    if (!this.greeted) {
      if (type !== Frame.Hello) throw new ProtocolViolation("the first frame must be HELLO");
      this.hello(body);
      return;
    }
    switch (type) {
      case Frame.Data:
        this.data(connection, body);
        return;
      case Frame.Open:
        this.open(connection, body);
        return;
      case Frame.Rules:
        this.compile(body);
        return;
      case Frame.Forget:
        this.rules.delete(body.u32());
        return;
      case Frame.Update:
        this.update(connection, body);
        return;
      case Frame.Close:
        // One that was refused is not known any more.
        this.connections.get(connection)?.closed();
        this.connections.delete(connection);
        return;
      case Frame.Ping:
        this.output.frame(Frame.Pong, 0).u32(body.u32());
        this.output.end();
        return;
      default:
        throw new ProtocolViolation("no type of frame that an owner sends");
    }
  }

  private hello(body: BodyReader): void {
    if (body.u32() !== MAGIC) throw new ProtocolViolation("no owner of connections speaks here");
    const version = body.u16();
    if (version !== PROTOCOL_VERSION) {
      throw new ProtocolViolation(`the owner speaks version ${version}, this host ${PROTOCOL_VERSION}`);
    }
    this.limits = { ...DEFAULT_LIMITS, undecidedBytesMax: body.u32(), injectBytesMax: body.u32() };
    this.output.credit = body.u32();
    this.greeted = true;
    const declarations = [...this.extensions.values()].map((extension) => ({
      ...declarationOf(extension),
      resumes: extension.restore !== undefined,
    }));
    this.output.frame(Frame.Ready, 0).u16(PROTOCOL_VERSION).text(JSON.stringify(declarations));
    this.output.end();
  }

  private compile(body: BodyReader): void {
    const id = body.u32();
    const { extension: name, matcher } = body.json(OWNER_FRAME_BYTES_MAX) as {
      extension: string;
      matcher: DescribedMatcher;
    };
    const extension = this.extensions.get(name);
    try {
      if (extension === undefined) throw new TypeError(`no extension "${name}" is loaded`);
      this.rules.set(id, { matcher: hostedMatcher(id, matcher, extension) });
    } catch (error) {
      this.rules.set(id, { problem: `the rules cannot be used: ${namedReasonOf(error)}` });
    }
  }

  private open(number: number, body: BodyReader): void {
    if (this.connections.has(number)) throw new ProtocolViolation("the connection is open already");
    const flags = body.flags(OpenFlag.Observed | OpenFlag.Resumed);
    const rules = this.rulesOf(body.u32());
    const decided = [body.u64(), body.u64()] as const;
    const state = (flags & OpenFlag.Resumed) === 0 ? undefined : Buffer.from(body.block(STATE_BYTES_MAX));
    const info = body.json(OWNER_FRAME_BYTES_MAX) as ConnectionInfo;
    const extension = this.extensions.get(info.proto);
    if (extension === undefined) {
      this.refuse(number, Refusal.Unknown, `no extension "${info.proto}" is loaded`);
      return;
    }
    if ("problem" in rules) {
      this.refuse(number, Refusal.Threw, rules.problem);
      return;
    }
    const observed = (flags & OpenFlag.Observed) !== 0;
    const connection = new HostedConnection(
      { number, info, observed, matcher: rules.matcher, decided },
      this.output,
      this.limits,
    );
    this.begin(number, connection, extension, state);
  }

  private begin(number: number, connection: HostedConnection, extension: Extension, state: Buffer | undefined): void {
    let parser: Parser | undefined;
    try {
      parser = state === undefined ? extension.create(connection) : extension.restore?.(connection, state);
    } catch (error) {
      this.refuse(number, Refusal.Threw, namedReasonOf(error));
      return;
    }
    if (parser === undefined) {
      this.refuse(number, state === undefined ? Refusal.NoParser : Refusal.CannotResume, "");
      return;
    }
    connection.attach(parser, state);
    this.connections.set(number, connection);
    const resumes = parser.snapshot !== undefined && extension.restore !== undefined;
    this.output.frame(Frame.Opened, number).u8(resumes ? 1 : 0);
    this.output.end();
  }

  private refuse(number: number, why: number, reason: string): void {
    this.output.frame(Frame.Refused, number).u8(why).text(reason);
    this.output.end();
  }

  private data(number: number, body: BodyReader): void {
    const direction = body.u8();
    if (direction > 1) throw new ProtocolViolation(`there is no direction ${direction}`);
    const flags = body.flags(DataFlag.End);
    const offset = body.u64();
    // A connection that was refused may get bytes until the owner knows it.
    const bytes = body.rest();
    this.connections.get(number)?.receive(direction as Direction, offset, bytes, (flags & DataFlag.End) !== 0);
  }

  private update(number: number, body: BodyReader): void {
    const flags = body.flags(OpenFlag.Observed);
    const rules = this.rulesOf(body.u32());
    const peers = body.json(OWNER_FRAME_BYTES_MAX) as Pick<ConnectionInfo, "source" | "destination">;
    const connection = this.connections.get(number);
    if (connection === undefined) return;
    connection.observed = (flags & OpenFlag.Observed) !== 0;
    connection.source = peers.source;
    connection.destination = peers.destination;
    if ("problem" in rules) connection.abort(rules.problem);
    else connection.use(rules.matcher);
  }

  private rulesOf(id: number): HostedRules {
    const rules = this.rules.get(id);
    if (rules === undefined) throw new ProtocolViolation(`there are no rules ${id}`);
    return rules;
  }
}
