import type { ByteView } from "../../lib/bytes/byte-view.ts";
import type { Connection } from "../../proxylib/connection.ts";
import { drop, inject, more, nop, ParseError, pass, type Verdict } from "../../proxylib/verdict.ts";
import type { Exchange } from "./exchange.ts";
import { Expected, type ReplyQueue } from "./reply-queue.ts";
import { denialBatch, denials, FENCE_REPLY } from "./text-answer.ts";
import {
  announcedByMeta,
  announcedByValue,
  isErrorLine,
  replyLineLength,
  startsWith,
  usualValueBlock,
} from "./text-reply.ts";

const CRLF_LENGTH = 2;
const END = "END\r\n";
const UNAUTHENTICATED = "CLIENT_ERROR unauthenticated";
const E = 0x45;
const N = 0x4e;
const D = 0x44;

/** The server's direction of a text connection: finds the end of each reply, and puts our answers between them. */
export class TextReplies {
  private readonly exchange: Exchange;
  private readonly connection: Connection;
  private readonly queue: ReplyQueue;
  /** The reply to the first part of a probe for `ms` has come. */
  private probesMeta = false;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
    this.connection = exchange.connection;
    this.queue = exchange.queue;
  }

  onData(data: ByteView): Verdict {
    const { kind } = this.queue;
    if (kind === Expected.Answer) return this.answer();
    if (data.length === 0) return nop;
    if (this.exchange.watching) return pass(data.length);
    if (kind === Expected.Values) {
      const block = usualValueBlock(data);
      if (block > 0) {
        this.exchange.proven = true;
        return this.passBlock(data, block);
      }
    }
    const length = replyLineLength(data);
    if (length === 0) return more(1);
    if (length < 0) return this.connection.fail(ParseError.InvalidFrameLength, "a reply line of the server has no end");
    // Whoever is not authenticated gets nothing but such errors.
    if (!this.exchange.proven) this.exchange.proven = kind >= 0 && !startsWith(data, "CLIENT_ERROR");
    switch (kind) {
      case Expected.Line:
        // A value behind it would be taken for lines.
        return startsWith(data, "VA") ? this.unexpected() : this.complete(length);
      case Expected.Values:
        return this.readValues(data, length);
      case Expected.Statistics:
        return isStatistics(data) ? pass(length) : this.complete(length);
      case Expected.Meta:
        return startsWith(data, "VA ") ? this.readMetaValue(data, length, true) : this.complete(length);
      case Expected.Sync:
        return startsWith(data, FENCE_REPLY) || isErrorLine(data) ? this.complete(length) : this.unexpected();
      case Expected.Dump:
      case Expected.Watch:
        return this.readAlone(data, length, kind);
      case Expected.Unknown:
        return this.readUnknown(data, length);
      case Expected.Fence:
        return this.readFence(data, length);
      case Expected.Probe:
        return this.readProbe(data, length);
      case Expected.MetaProbe:
        return this.readMetaProbe(data, length);
      default:
        // Nothing is outstanding: memcached refuses connections above its limit with an error line.
        return isErrorLine(data) ? pass(length) : this.unexpected();
    }
  }

  /** VALUE blocks by their lengths: a value may well contain END. */
  private readValues(data: ByteView, length: number): Verdict {
    if (!startsWith(data, "VALUE ")) {
      return startsWith(data, END) || isErrorLine(data) ? this.complete(length) : this.unexpected();
    }
    const valueLength = announcedByValue(data, length);
    if (valueLength < 0) return this.unexpected();
    return this.passBlock(data, length + valueLength + CRLF_LENGTH);
  }

  private passBlock(data: ByteView, end: number): Verdict {
    // The most frequent reply of all, one value and END, leaves in one step.
    if (data.at(end) === E && data.at(end + 1) === N && data.at(end + 2) === D && data.at(end + 4) >= 0) {
      return this.complete(end + END.length);
    }
    return pass(end);
  }

  private readMetaValue(data: ByteView, length: number, completes: boolean): Verdict {
    const valueLength = announcedByMeta(data, length);
    if (valueLength < 0) return this.unexpected();
    const end = length + valueLength + CRLF_LENGTH;
    return completes ? this.complete(end) : pass(end);
  }

  private readAlone(data: ByteView, length: number, kind: Expected): Verdict {
    if (kind === Expected.Dump && (startsWith(data, "key=") || startsWith(data, "mg "))) return pass(length);
    if (kind === Expected.Watch && startsWith(data, "OK\r\n")) this.exchange.watching = true;
    this.exchange.alone = false;
    return this.complete(length);
  }

  /** Whose reply it is, is not known; where it ends, its own form tells. */
  private readUnknown(data: ByteView, length: number): Verdict {
    if (startsWith(data, "VALUE ")) {
      const valueLength = announcedByValue(data, length);
      return valueLength < 0 ? this.unexpected() : pass(length + valueLength + CRLF_LENGTH);
    }
    if (startsWith(data, "VA ")) return this.readMetaValue(data, length, false);
    if (!startsWith(data, FENCE_REPLY)) {
      // Behind it, the fences that end this state would not be answered.
      if (startsWith(data, UNAUTHENTICATED)) return this.unauthenticated();
      return pass(length);
    }
    this.queue.pop();
    if (this.queue.kind === Expected.Sync) return this.complete(length);
    if (this.queue.kind === Expected.Probe) return this.readProbe(data, length);
    return this.queue.kind === Expected.Fence ? this.readFence(data, length) : this.unexpected();
  }

  private readFence(data: ByteView, length: number): Verdict {
    if (!startsWith(data, FENCE_REPLY)) return this.unexpected();
    this.queue.fenceToAnswer();
    return drop(length);
  }

  private readProbe(data: ByteView, length: number): Verdict {
    if (startsWith(data, UNAUTHENTICATED)) return this.unauthenticated();
    // Versions without meta commands do not know it, and say so.
    if (!startsWith(data, FENCE_REPLY) && (this.probesMeta || !startsWith(data, "ERROR\r\n"))) return this.noMetaSet();
    this.queue.pop();
    this.exchange.proven = true;
    this.exchange.metaProven = this.probesMeta;
    this.exchange.probing = false;
    this.exchange.replied();
    return drop(length);
  }

  private readMetaProbe(data: ByteView, length: number): Verdict {
    if (startsWith(data, UNAUTHENTICATED)) return this.unauthenticated();
    if (!startsWith(data, "CLIENT_ERROR")) return this.noMetaSet();
    this.queue.pop();
    this.probesMeta = true;
    return drop(length);
  }

  private noMetaSet(): Verdict {
    const problem = "the server does not read the data block of ms (memcached does since 1.6)";
    return this.connection.fail(ParseError.InvalidFrameType, problem);
  }

  private unauthenticated(): Verdict {
    const problem = "memcached wants authentication: the first request must be a set with the credentials";
    return this.connection.fail(ParseError.InvalidFrameType, problem);
  }

  private answer(): Verdict {
    const bytes = denials(denialBatch(this.queue.count));
    this.queue.pop(denialBatch(this.queue.count));
    this.exchange.replied();
    this.connection.inject(true, bytes);
    return inject(bytes.length);
  }

  private complete(length: number): Verdict {
    this.queue.pop();
    this.exchange.replied();
    return pass(length);
  }

  private unexpected(): Verdict {
    return this.connection.fail(ParseError.InvalidFrameType, "a reply of the server fits no request");
  }
}

function isStatistics(data: ByteView): boolean {
  return startsWith(data, "STAT ") || startsWith(data, "ITEM ") || startsWith(data, "PREFIX ");
}
