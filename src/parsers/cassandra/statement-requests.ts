import { int32At, uint16At } from "../../lib/bytes/big-endian.ts";
import type { ByteView } from "../../lib/bytes/byte-view.ts";
import type { Connection } from "../../proxylib/connection.ts";
import { nop, pass, type Verdict } from "../../proxylib/verdict.ts";
import { BatchChildren } from "./batch-children.ts";
import { readBatch } from "./batch-message.ts";
import { nameAsWritten } from "./cql/name.ts";
import { parseStatement } from "./cql/parse-statement.ts";
import { ErrorCode, errorText } from "./error-frame.ts";
import { type FrameHeader, Opcode } from "./frame.ts";
import { Judge } from "./judge.ts";
import { BATCH_STATEMENTS_MAX, JUDGED_BYTES_MAX, PREPARED_NEEDS_MAX } from "./limits.ts";
import { MALFORMED, messageStart } from "./message-start.ts";
import type { Refusal } from "./refusal.ts";
import { behindString, keyspaceParameter, PARAMETERS_LENGTH_MIN, QueryFlag } from "./request.ts";
import { type Asked, Form, inBatch, markersOf, ResolvedStatement, type Sent } from "./resolved-statement.ts";
import type { Session } from "./session.ts";

const KIBIBYTE = 1_024;
const TOO_LONG = `a request of which more than ${JUDGED_BYTES_MAX / KIBIBYTE} KiB would have to be read`;
const TOO_MANY = `a batch of more than ${BATCH_STATEMENTS_MAX} statements`;
const NO_KEYSPACE = "the request names a keyspace that no server has";
/** Servers look for its names when they execute it, in the keyspace that is in force then. */
const LATE = "a prepared DESCRIBE that does not name its keyspace";
const NOT_PREPARED = { status: "nobody has prepared the statement here" };
const UNPREPARED = { error: errorText(ErrorCode.Unprepared), ...NOT_PREPARED };

/** Requests that hold statements, or the ids of prepared ones. */
export class StatementRequests {
  private readonly session: Session;
  private readonly connection: Connection;
  private readonly refusal: Refusal;
  private readonly judge: Judge;

  constructor(session: Session, refusal: Refusal) {
    this.session = session;
    this.connection = session.connection;
    this.refusal = refusal;
    this.judge = new Judge(session.connection);
  }

  /** @param header Of the frame at the front of `data`, and without fault. */
  onRequest(header: FrameHeader, endStream: boolean, data: ByteView): Verdict {
    const { frameLength } = header;
    // What lies beyond the limit is not looked at, even if it is here: the outcome is the same however the frame arrives.
    const available = Math.min(data.contiguousLength, JUDGED_BYTES_MAX);
    const at = messageStart(header.flags, false, data.buffer, data.start, available, frameLength);
    if (at === MALFORMED) return this.malformed(header);
    const needed = header.opcode === Opcode.Batch ? frameLength : at + 4;
    if (needed > JUDGED_BYTES_MAX) return this.notUnderstood(header, formOf(header.opcode), TOO_LONG);
    // What was contiguous may not have been all.
    if (Math.min(needed, frameLength) > data.contiguousLength) return this.require(needed, header, endStream, data);
    switch (header.opcode) {
      case Opcode.Query:
        return this.onQuery(at, header, endStream, data);
      case Opcode.Prepare:
        return this.onPrepare(at, header, endStream, data);
      case Opcode.Execute:
        return this.onExecute(at, header, endStream, data);
      default:
        return this.onBatch(at, header, data);
    }
  }

  private onQuery(at: number, header: FrameHeader, endStream: boolean, data: ByteView): Verdict {
    const { frameLength } = header;
    const textEnd = at + 4 + int32At(data.buffer, data.start + at);
    const needed = textEnd + PARAMETERS_LENGTH_MIN;
    if (textEnd < at + 4 || needed > frameLength) return this.malformed(header);
    if (needed > JUDGED_BYTES_MAX) return this.notUnderstood(header, Form.Query, TOO_LONG);
    if (needed > data.contiguousLength) return this.require(needed, header, endStream, data);
    const { buffer, start } = data;
    const flags = buffer[start + needed - 1] as number;
    if ((flags & QueryFlag.Keyspace) !== 0) return this.onQueryInKeyspace(at, textEnd, header, endStream, data);
    const statement = parseStatement(buffer, start + at + 4, start + textEnd);
    if (!statement.understood) return this.notUnderstood(header, Form.Query, statement.reason);
    if (statement.needs.length > BATCH_STATEMENTS_MAX) return this.notUnderstood(header, Form.Query, TOO_MANY);
    const { resolver, keyspaces } = this.session;
    return this.decide(resolver.resolve(statement, keyspaces), Form.Query, header);
  }

  /** The keyspace stands behind all the values. A server may use it or not, so that it is one of the possible ones. */
  private onQueryInKeyspace(
    at: number,
    textEnd: number,
    header: FrameHeader,
    endStream: boolean,
    data: ByteView,
  ): Verdict {
    const { frameLength } = header;
    if (frameLength > JUDGED_BYTES_MAX) return this.notUnderstood(header, Form.Query, TOO_LONG);
    if (frameLength > data.contiguousLength) return this.require(frameLength, header, endStream, data);
    const { buffer, start } = data;
    const end = start + frameLength;
    const keyspaceAt = keyspaceParameter(buffer, start + textEnd, end, header.version);
    if (keyspaceAt === MALFORMED || behindString(buffer, keyspaceAt, end) !== end) return this.malformed(header);
    const statement = parseStatement(buffer, start + at + 4, start + textEnd);
    if (!statement.understood) return this.notUnderstood(header, Form.Query, statement.reason);
    if (statement.needs.length > BATCH_STATEMENTS_MAX) return this.notUnderstood(header, Form.Query, TOO_MANY);
    const keyspaces = this.keyspacesOf(keyspaceAt, buffer);
    if (keyspaces === undefined) return this.notUnderstood(header, Form.Query, NO_KEYSPACE);
    return this.decide(new ResolvedStatement(statement, keyspaces), Form.Query, header);
  }

  private onPrepare(at: number, header: FrameHeader, endStream: boolean, data: ByteView): Verdict {
    const { frameLength } = header;
    const textLength = int32At(data.buffer, data.start + at);
    // Nothing may follow the text: in later versions it would say in which keyspace it is.
    if (textLength < 0 || at + 4 + textLength !== frameLength) return this.malformed(header);
    if (frameLength > JUDGED_BYTES_MAX) return this.notUnderstood(header, Form.Prepare, TOO_LONG);
    if (frameLength > data.contiguousLength) return this.require(frameLength, header, endStream, data);
    const { buffer, start } = data;
    const statement = parseStatement(buffer, start + at + 4, start + frameLength);
    if (!statement.understood) return this.notUnderstood(header, Form.Prepare, statement.reason);
    if (statement.needs.length > PREPARED_NEEDS_MAX) {
      return this.notUnderstood(header, Form.Prepare, `a batch of more than ${PREPARED_NEEDS_MAX} statements`);
    }
    const { resolver, keyspaces } = this.session;
    const resolved = resolver.resolve(statement, keyspaces);
    if (resolved.open && statement.needs[0]?.actions[0] === "describe") {
      return this.notUnderstood(header, Form.Prepare, LATE);
    }
    return this.decide(resolved, Form.Prepare, header);
  }

  private onExecute(at: number, header: FrameHeader, endStream: boolean, data: ByteView): Verdict {
    const idStart = at + 2;
    const idEnd = idStart + uint16At(data.buffer, data.start + at);
    if (idEnd > header.frameLength) return this.malformed(header);
    if (idEnd > data.contiguousLength) return this.require(idEnd, header, endStream, data);
    const { buffer, start } = data;
    const prepared = this.session.prepared.get(buffer, start + idStart, start + idEnd);
    if (prepared !== undefined) return this.decide(prepared, Form.Execute, header);
    return this.unknownId(header, Form.Execute, data.copy(idStart, idEnd));
  }

  private onBatch(at: number, header: FrameHeader, data: ByteView): Verdict {
    const { buffer, start } = data;
    const batch = readBatch(buffer, start + at, start + header.frameLength, header.version);
    if (!batch.ok) return this.refusal.protocolError(header.stream, batch.problem);
    if (batch.children.length > BATCH_STATEMENTS_MAX) return this.notUnderstood(header, Form.BatchQuery, TOO_MANY);
    const keyspaces = this.keyspacesOf(batch.keyspaceAt, buffer);
    if (keyspaces === undefined) return this.notUnderstood(header, Form.BatchQuery, NO_KEYSPACE);
    const children = new BatchChildren(this.session, keyspaces);
    for (const child of batch.children) children.add(child, buffer);
    const { reason, unknownId, open } = children;
    const sent = this.connection.observed || (reason === undefined && unknownId === undefined);
    const allowed = this.judge.allowsAll(children.known, sent);
    if (reason !== undefined) return this.notUnderstood(header, Form.BatchQuery, reason);
    if (allowed && unknownId !== undefined) return this.unknownId(header, Form.BatchExecute, unknownId);
    if (!allowed) return this.refusal.unauthorized(header);
    const fields = markersOf(Form.BatchQuery);
    return this.forward({ opcode: Opcode.Batch, fields, use: false, open, prepares: undefined }, header);
  }

  private decide(resolved: ResolvedStatement, form: Sent, header: FrameHeader): Verdict {
    const asked = resolved.askedBy(form);
    if (asked.use && this.session.mustWaitToUse()) return nop;
    if (!this.judge.allows(resolved.neededBy(form), resolved.batch ? inBatch(form) : form)) {
      return this.refusal.unauthorized(header);
    }
    if (asked.use) this.session.use(resolved.use as string);
    return this.forward(asked, header);
  }

  private forward(asked: Asked, header: FrameHeader): Verdict {
    this.session.begin(header.stream, asked, this.judge.decided);
    return pass(header.frameLength);
  }

  private notUnderstood(header: FrameHeader, form: Form, reason: string): Verdict {
    this.judge.recordUnjudged(form, { status: `not understood: ${reason}` });
    return this.refuseUnlessObserved(header, form) ?? this.refusal.unauthorized(header);
  }

  private unknownId(header: FrameHeader, form: Form, id: Uint8Array): Verdict {
    // Where it is only observed, the server may know the statement.
    this.judge.recordUnjudged(form, this.connection.observed ? NOT_PREPARED : UNPREPARED);
    return this.refuseUnlessObserved(header, form) ?? this.refusal.unprepared(header, id);
  }

  /** undefined: it is to be refused. */
  private refuseUnlessObserved(header: FrameHeader, form: Form): Verdict | undefined {
    if (!this.connection.observed) return undefined;
    const asked = { opcode: header.opcode, fields: markersOf(form), use: false, open: true, prepares: undefined };
    this.session.begin(header.stream, asked, this.judge.decided);
    return this.refusal.passUnjudged(header);
  }

  /**
   * Those that names of a request may be in; undefined: its own is none that a server has.
   *
   * @param ownAt Where its own keyspace stands, if it has one.
   */
  private keyspacesOf(ownAt: number | undefined, buffer: Buffer): readonly (string | undefined)[] | undefined {
    const { possible } = this.session.keyspaces;
    if (ownAt === undefined) return possible;
    const own = nameAsWritten(buffer, ownAt + 2, ownAt + 2 + uint16At(buffer, ownAt));
    if (own === undefined) return undefined;
    return [own, ...possible.filter((other) => other !== undefined && other !== own)];
  }

  private malformed({ opcode, stream }: FrameHeader): Verdict {
    return this.refusal.protocolError(
      stream,
      `a frame with opcode 0x0${opcode.toString(16)} is at odds with its length`,
    );
  }

  /** Makes so many bytes contiguous, or waits for them. */
  private require(byteCount: number, header: FrameHeader, endStream: boolean, data: ByteView): Verdict {
    const needed = Math.min(byteCount, header.frameLength);
    if (needed > data.length) return this.refusal.waitFor(needed, header, endStream, data);
    // Twice as much as was looked at, for the reason that `waitFor` gives.
    data.gather(Math.min(Math.max(needed, 2 * data.contiguousLength), header.frameLength, data.length));
    return this.onRequest(header, endStream, data);
  }
}

function formOf(opcode: number): Form {
  if (opcode === Opcode.Prepare) return Form.Prepare;
  if (opcode === Opcode.Execute) return Form.Execute;
  return opcode === Opcode.Batch ? Form.BatchQuery : Form.Query;
}
