import type { ByteView } from "../../lib/bytes/byte-view.ts";
import { decodeText } from "../../lib/bytes/text.ts";
import type { Connection } from "../../proxylib/connection.ts";
import { drop, inject, more, nop, ParseError, pass, type Verdict } from "../../proxylib/verdict.ts";
import { answer, FENCE, PROBE, Status } from "./binary-answer.ts";
import { HEADER_LENGTH, RequestHeader } from "./binary-frame.ts";
import { NOOP, type Opcode, opcodeOf, STAT, VERSION } from "./binary-opcode.ts";
import type { Exchange } from "./exchange.ts";
import { Expected } from "./reply-queue.ts";
import { Judge, type Keys, NOT_INSPECTED, recordFields } from "./request.ts";

/** One header is read at a time, whatever connection it is of. */
const header: RequestHeader = new RequestHeader();

/** The client's direction of a binary connection. */
export class BinaryRequests {
  private readonly exchange: Exchange;
  private readonly connection: Connection;
  private readonly judge: Judge;
  /** What happens to the request at the front, once a fence has left in its place. */
  private decided: Verdict | undefined;
  private quitting = false;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
    this.connection = exchange.connection;
    this.judge = new Judge(exchange.connection);
  }

  onData(endStream: boolean, data: ByteView): Verdict {
    if (this.decided !== undefined) {
      const verdict = this.decided;
      this.decided = undefined;
      return verdict;
    }
    if (data.length === 0) return nop;
    if (this.quitting) return this.refuse("bytes behind quit");
    if (this.exchange.mustWait()) return nop;
    if (data.length < HEADER_LENGTH) return this.waitFor(HEADER_LENGTH, endStream, data);
    data.gather(HEADER_LENGTH);
    header.read(data.buffer, data.start);
    const form = opcodeOf(header.opcode);
    if (form === undefined) return this.refuse(`opcode 0x${header.opcode.toString(16).padStart(2, "0")} is unknown`);
    const problem = header.problem(form);
    if (problem !== undefined) return this.refuse(`${form.needs.label}: ${problem}`);
    const judged = HEADER_LENGTH + header.extrasLength + header.keyLength;
    if (data.length < judged) return this.waitFor(judged, endStream, data);
    data.gather(judged);
    return this.decide(form, keyOf(form, data));
  }

  private decide(form: Opcode, key: Keys): Verdict {
    const { connection } = this;
    const { queue } = this.exchange;
    const length = HEADER_LENGTH + header.bodyLength;
    if (!this.judge.allows(form.needs, key)) {
      connection.log("Denied", recordFields(form.needs, key));
      return form.quietRead ? drop(length) : this.answerInstead(Status.AccessDenied, length);
    }
    if (form.unimplemented) {
      if (connection.observed) return this.refuse(`${form.needs.label}: memcached does not implement it`);
      connection.log("Denied", { ...recordFields(form.needs, key), status: "memcached does not implement it" });
      return this.answerInstead(Status.UnknownCommand, length);
    }
    const unproven = !this.exchange.proven;
    if (unproven && this.exchange.mustProve()) return this.probe();
    const fields = recordFields(form.needs, key);
    connection.log("Request", unproven ? { ...fields, status: NOT_INSPECTED } : fields);
    this.quitting = form.quits;
    if (header.opcode === NOOP) queue.push(Expected.Sync, NOOP);
    else if (form.quiet) queue.push(Expected.Unknown);
    else queue.push(header.opcode === STAT ? Expected.StatisticsPackets : Expected.Packet, header.opcode);
    return pass(length);
  }

  /** Holds the first request until the server has shown that it speaks binary. See `Exchange.proven`. */
  private probe(): Verdict {
    const { queue } = this.exchange;
    if (!queue.isEmpty) {
      this.exchange.waitForReplies();
      return nop;
    }
    queue.push(Expected.Probe, VERSION);
    this.connection.inject(false, PROBE);
    return inject(PROBE.length);
  }

  /** Drops the request and gives its answer ourselves, in its place among the replies. */
  private answerInstead(status: number, length: number): Verdict {
    const { queue } = this.exchange;
    const { opcode, opaque } = header;
    if (queue.needsFence) {
      queue.push(Expected.Fence, opcode, status, opaque);
      this.connection.inject(false, FENCE);
      this.decided = drop(length);
      return inject(FENCE.length);
    }
    if (queue.isEmpty) this.connection.inject(true, answer(opcode, status, opaque));
    else queue.push(Expected.Answer, opcode, status, opaque);
    return drop(length);
  }

  private waitFor(length: number, endStream: boolean, data: ByteView): Verdict {
    if (!endStream) return more(length - data.length);
    return this.connection.fail(ParseError.InvalidFrameLength, "the stream ends within a request");
  }

  private refuse(problem: string): Verdict {
    if (this.exchange.queue.isEmpty && !this.connection.observed) {
      this.connection.inject(true, answer(header.opcode, Status.InvalidArguments, header.opaque));
    }
    return this.connection.fail(ParseError.InvalidFrameType, problem);
  }
}

/** The key that policy sees. */
function keyOf(form: Opcode, data: ByteView): Keys {
  if (form.key !== "required" || header.keyLength === 0) return undefined;
  const start = data.start + HEADER_LENGTH + header.extrasLength;
  return decodeText(data.buffer, start, start + header.keyLength);
}
