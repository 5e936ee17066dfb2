import { uint16At, uint32At } from "../../lib/bytes/big-endian.ts";
import type { ByteView } from "../../lib/bytes/byte-view.ts";
import type { Connection } from "../../proxylib/connection.ts";
import { drop, inject, more, nop, ParseError, pass, type Verdict } from "../../proxylib/verdict.ts";
import { answerLength, writeAnswer } from "./binary-answer.ts";
import { HEADER_LENGTH } from "./binary-frame.ts";
import { NOOP } from "./binary-opcode.ts";
import type { Exchange } from "./exchange.ts";
import { RESPONSE_MAGIC } from "./frame.ts";
import { Expected, type ReplyQueue } from "./reply-queue.ts";

/** Answers that leave in one piece. */
const BATCH_MAX = 2_048;

/** The server's direction of a binary connection: counts packets, and puts our answers between them. */
export class BinaryReplies {
  private readonly exchange: Exchange;
  private readonly connection: Connection;
  private readonly queue: ReplyQueue;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
    this.connection = exchange.connection;
    this.queue = exchange.queue;
  }

  onData(data: ByteView): Verdict {
    if (this.queue.kind === Expected.Answer) return this.answer();
    if (data.length === 0) return nop;
    if (data.at(0) !== RESPONSE_MAGIC) {
      const problem = this.queue.kind === Expected.Probe ? "the server does not speak binary" : undefined;
      return this.unexpected(problem ?? "a response does not begin with 0x81");
    }
    if (data.length < HEADER_LENGTH) return more(HEADER_LENGTH - data.length);
    data.gather(HEADER_LENGTH);
    const { buffer, start } = data;
    const opcode = buffer[start + 1] as number;
    const bodyLength = uint32At(buffer, start + 8);
    return this.readPacket(opcode, HEADER_LENGTH + bodyLength, isLastStatistic(buffer, start));
  }

  private readPacket(opcode: number, length: number, last: boolean): Verdict {
    const { queue } = this;
    switch (queue.kind) {
      case Expected.Packet:
      case Expected.Sync:
        return opcode === queue.opcode ? this.complete(length) : this.unexpected();
      case Expected.StatisticsPackets:
        if (opcode !== queue.opcode) return this.unexpected();
        return last ? this.complete(length) : pass(length);
      case Expected.Unknown:
        return opcode === NOOP ? this.readNoop(length) : pass(length);
      case Expected.Probe:
        return opcode === queue.opcode ? this.readProbe(length) : this.unexpected();
      case Expected.Fence:
        return opcode === NOOP ? this.readFence(length) : this.unexpected();
      default:
        return this.unexpected();
    }
  }

  /** All that may or may not have come has come, or never will. */
  private readNoop(length: number): Verdict {
    this.queue.pop();
    if (this.queue.kind === Expected.Sync) return this.complete(length);
    return this.queue.kind === Expected.Fence ? this.readFence(length) : this.unexpected();
  }

  private readFence(length: number): Verdict {
    this.queue.fenceToAnswer();
    return drop(length);
  }

  private readProbe(length: number): Verdict {
    this.queue.pop();
    this.exchange.proven = true;
    this.exchange.replied();
    return drop(length);
  }

  /** All the answers that are due now. */
  private answer(): Verdict {
    const { queue } = this;
    const pieces: Buffer[] = [];
    for (let left = BATCH_MAX; left > 0 && queue.kind === Expected.Answer; ) {
      const { opcode, status, opaque } = queue;
      const count = Math.min(left, queue.count);
      const each = answerLength(status);
      const piece = Buffer.allocUnsafe(count * each);
      for (let index = 0; index < count; index++) writeAnswer(piece, index * each, opcode, status, opaque);
      pieces.push(piece);
      queue.pop(count);
      left -= count;
    }
    const bytes = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
    this.exchange.replied();
    this.connection.inject(true, bytes);
    return inject(bytes.length);
  }

  private complete(length: number): Verdict {
    // Of an observed connection nothing else shows it.
    this.exchange.proven = true;
    this.queue.pop();
    this.exchange.replied();
    return pass(length);
  }

  private unexpected(problem = "a response fits no request"): Verdict {
    return this.connection.fail(ParseError.InvalidFrameType, problem);
  }
}

/** Statistics end with a packet without key, or with an error. */
function isLastStatistic(buffer: Buffer, start: number): boolean {
  const keyLength = uint16At(buffer, start + 2);
  const status = uint16At(buffer, start + 6);
  return keyLength === 0 || status !== 0;
}
