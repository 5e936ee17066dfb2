import type { LogFields } from "../proxylib/connection.ts";
import { Direction } from "../proxylib/io.ts";
import { DEFAULT_LIMITS } from "../proxylib/limits.ts";
import { decidedOf, type ParserConnection } from "../proxylib/parser-connection.ts";
import { drop, inject, ParseError, pass, type Verdict } from "../proxylib/verdict.ts";
import type { BodyReader } from "./body-reader.ts";
import type { DecidedQueue } from "./decided-queue.ts";
import { skipNoted } from "./noted-operations.ts";
import { FAILURES, FIELDS_BYTES_MAX, INJECT_BYTES_MAX, LogFlag, Op, RECORD_TYPES } from "./protocol.ts";
import type { RulesInUse } from "./rules-in-use.ts";
import { ProtocolViolation } from "./violation.ts";

/** What an operation comes to for the engine. Filled again by every run. */
export interface Carried {
  /** undefined: the first entry of the queue holds no further verdict. */
  verdict: Verdict | undefined;
  /** Bytes that it takes. */
  count: number;
}

/** Why a connection ends is told with whatever belongs to it, up to so many bytes; beyond, with the beginning of the reason. */
const FAILURE_BYTES_MAX = 16_384;
const REASON_CHARACTERS_MAX = 1_024;

/** With the next piece it stays below what the engine lets wait. */
const PLACED_BYTES_MAX: number = DEFAULT_LIMITS.injectBytesMax - INJECT_BYTES_MAX;

/** Carries out what a host has decided. The operations were checked when they came. */
export class DecidedRunner {
  private readonly connection: ParserConnection;
  private readonly queue: DecidedQueue;
  private readonly rules: RulesInUse;
  private readonly carried: Carried = { verdict: undefined, count: 0 };

  constructor(connection: ParserConnection, queue: DecidedQueue, rules: RulesInUse) {
    this.connection = connection;
    this.queue = queue;
    this.rules = rules;
  }

  /**
   * Carries out the first entry of the queue up to and with its next verdict.
   *
   * @param direction Whose call this is, and whose operations these are; undefined: no call's.
   */
  run(direction: Direction | undefined): Carried {
    const { carried } = this;
    const body = this.queue.reader;
    carried.verdict = undefined;
    carried.count = 0;
    let placed = 0;
    for (skipNoted(body); body.left > 0; skipNoted(body)) {
      const op = body.next;
      // What leaves here leaves in one verdict: the engine bounds those that take no byte.
      if (placed > 0 && (op === Op.Pass || op === Op.Drop || op === Op.Fail || placed > PLACED_BYTES_MAX)) break;
      body.u8();
      if (op === Op.Pass || op === Op.Drop) {
        carried.count = body.u64();
        carried.verdict = op === Op.Pass ? pass(carried.count) : drop(carried.count);
        return carried;
      }
      if (op === Op.Inject) placed += this.place(direction === Direction.Reply, body);
      else this.carryOut(op, body);
    }
    if (placed > 0) carried.verdict = inject(placed);
    return carried;
  }

  private place(reply: boolean, body: BodyReader): number {
    // A copy: it may wait for its receiver, and the frame's memory is used again.
    const bytes = Buffer.from(body.block(INJECT_BYTES_MAX));
    this.connection.inject(reply, bytes);
    return bytes.length;
  }

  private carryOut(op: number, body: BodyReader): void {
    switch (op) {
      case Op.Insert: {
        const direction = body.u8() as Direction;
        this.connection.control.insert(direction, Buffer.from(body.block(INJECT_BYTES_MAX)));
        return;
      }
      case Op.Log:
        this.log(body);
        return;
      case Op.Fail:
        this.fail(body);
        return;
      default:
        throw new ProtocolViolation(`operation 0x${op.toString(16)} has no place here`);
    }
  }

  private log(body: BodyReader): void {
    const type = RECORD_TYPES[body.u8()] as (typeof RECORD_TYPES)[number];
    const flags = body.u8();
    const allowed = (flags & LogFlag.Allowed) !== 0;
    const decision = this.rules.decision(body.u32(), body.u32(), allowed, (flags & LogFlag.Audited) !== 0);
    this.connection.log(type, fieldsOf(body.json(FIELDS_BYTES_MAX)), decidedOf(decision));
  }

  private fail(body: BodyReader): void {
    const kind = FAILURES[body.u8()] ?? "parser-error";
    body.u8();
    const before = body.left;
    const told = body.json(FIELDS_BYTES_MAX) as { reason?: unknown; fields?: unknown } | null;
    const isLong = before - body.left > FAILURE_BYTES_MAX;
    const whole = typeof told?.reason === "string" ? told.reason : "no reason that is a text";
    const reason = isLong ? whole.slice(0, REASON_CHARACTERS_MAX) : whole;
    this.connection.fail(ParseError.InvalidOpLength, reason, isLong ? {} : fieldsOf(told?.fields));
    this.connection.control.abort(kind, reason);
  }
}

/** Fields of a record are texts, whatever a host sends. */
function fieldsOf(value: unknown): LogFields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ProtocolViolation("the fields of a record are no object");
  }
  for (const text of Object.values(value)) if (typeof text !== "string") return textsOf(value);
  return value as LogFields;
}

function textsOf(value: object): LogFields {
  return Object.fromEntries(
    Object.entries(value).map(([name, text]) => [name, typeof text === "string" ? text : JSON.stringify(text)]),
  );
}
