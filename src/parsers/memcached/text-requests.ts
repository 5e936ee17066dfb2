import type { ByteView } from "../../lib/bytes/byte-view.ts";
import type { Connection } from "../../proxylib/connection.ts";
import { drop, inject, more, nop, ParseError, pass, type Verdict } from "../../proxylib/verdict.ts";
import type { Exchange } from "./exchange.ts";
import { KEYS_MAX, LINE_BYTES_MAX, RETRIEVAL_LINE_BYTES_MAX } from "./limits.ts";
import { META_VERBS } from "./meta-command.ts";
import { Expected } from "./reply-queue.ts";
import { Answer, Judge, NOT_INSPECTED, recordFields } from "./request.ts";
import { DENIED, FENCE, MALFORMED, META_PROBE } from "./text-answer.ts";
import { TEXT_VERBS } from "./text-command.ts";
import { INCOMPLETE, REFUSED, RequestLine } from "./text-frame.ts";
import { startsWith } from "./text-reply.ts";
import { TextRequest } from "./text-request.ts";
import { VerbTable } from "./text-verb.ts";

const CR = 0x0d;
const LF = 0x0a;
const TERMINATOR_LENGTH = 2;
/** Of `gets` and the space behind it. */
const VERB_BYTES = 5;
/** Words of the longest line: the verb, an expiry time and the keys. */
const WORDS_MAX = KEYS_MAX + 2;

const VERBS: VerbTable = new VerbTable([...TEXT_VERBS, ...META_VERBS]);
/** One line is read at a time, whatever connection it is of. */
const line: RequestLine = new RequestLine();

/** The client's direction of a text connection. */
export class TextRequests {
  private readonly exchange: Exchange;
  private readonly connection: Connection;
  private readonly judge: Judge;
  private readonly request: TextRequest = new TextRequest();
  /** The line at the front was not complete when last looked at. */
  private partial = false;
  /** What happens to the CRLF behind the data block that has just passed or been dropped. */
  private terminator: ((count: number) => Verdict) | undefined;
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
    if (data.length === 0) return endStream && this.terminator !== undefined ? this.cutShort() : nop;
    if (this.quitting) return this.refuse("bytes behind quit");
    if (this.exchange.watching) return this.refuse("bytes behind watch, which memcached does not read");
    if (this.terminator !== undefined) return this.readTerminator(endStream, data, this.terminator);
    if (this.exchange.mustWait()) return nop;
    const length = this.scanLine(data);
    if (length === INCOMPLETE) return this.waitForLine(endStream, data);
    if (length === REFUSED) return this.refuse(line.problem);
    return this.readRequest(data, length);
  }

  /** Cuts the line at the front into words, wherever its pieces are. */
  private scanLine(data: ByteView): number {
    if (this.partial || data.contiguousLength < data.length) {
      // A line in pieces is first searched for its end, each byte once, and cut when it is whole.
      const end = data.indexOf(LF);
      if (end < 0) return INCOMPLETE;
      data.gather(end + 1);
    }
    const { buffer, start } = data;
    return line.scan(buffer, start, start + Math.min(data.contiguousLength, RETRIEVAL_LINE_BYTES_MAX), WORDS_MAX);
  }

  private waitForLine(endStream: boolean, data: ByteView): Verdict {
    if (data.length >= LINE_BYTES_MAX) {
      // Its verb may lie in two pieces.
      data.gather(VERB_BYTES);
      const retrieval = startsWith(data, "get ") || startsWith(data, "gets ");
      const lengthMax = retrieval ? RETRIEVAL_LINE_BYTES_MAX : LINE_BYTES_MAX;
      if (data.length >= lengthMax) return this.refuse(`a line is longer than ${lengthMax} bytes`);
    }
    if (endStream) return this.cutShort();
    this.partial = true;
    return more(1);
  }

  private readRequest(data: ByteView, length: number): Verdict {
    this.partial = false;
    if (line.tokenCount === 0) return this.refuse("an empty line");
    const verb = VERBS.find(line);
    if (verb === undefined) return this.refuse("an unknown command");
    if (length > verb.lineBytesMax) return this.refuse(`a line is longer than ${verb.lineBytesMax} bytes`);
    const { request } = this;
    const problem = verb.read(line, request);
    if (problem !== undefined) return this.refuse(`${verb.name}: ${problem}`);
    if (this.judge.allows(request.needs, request.keys)) {
      const unproven = this.mustProbe(verb.name);
      return unproven && this.exchange.mustProve() ? this.probe() : this.forward(data, length, unproven);
    }
    return this.deny(data, length);
  }

  /** Whether the server must first show that it will read the data block as one. See `Exchange.proven`. */
  private mustProbe(verb: string): boolean {
    if (this.request.valueLength < 0 || verb === "set") return false;
    return verb === "ms" ? !this.exchange.metaProven : !this.exchange.proven;
  }

  /** Holds the request at the front until the server has shown how it reads. */
  private probe(): Verdict {
    const { exchange, request } = this;
    const { queue } = exchange;
    if (exchange.probing || (!exchange.proven && !queue.isEmpty && !queue.needsFence)) {
      exchange.waitForReplies();
      return nop;
    }
    exchange.probing = true;
    // Behind replies that nobody can count, the error line of the longer probe would not be known.
    const meta = request.reply === Expected.Meta && !queue.needsFence;
    if (meta) queue.push(Expected.MetaProbe);
    queue.push(Expected.Probe);
    const bytes = meta ? META_PROBE : FENCE;
    this.connection.inject(false, bytes);
    return inject(bytes.length);
  }

  private forward(data: ByteView, length: number, unproven: boolean): Verdict {
    const { request, exchange } = this;
    const { queue } = exchange;
    if (request.reply === Expected.Dump || request.reply === Expected.Watch) {
      if (queue.needsFence) return this.refuse("a dump or watch behind quiet operations: send mn before it");
      if (!queue.isEmpty) {
        exchange.waitForReplies();
        return nop;
      }
      exchange.alone = true;
    }
    const fields = recordFields(request.needs, request.keys);
    this.connection.log("Request", unproven ? { ...fields, status: NOT_INSPECTED } : fields);
    if (request.answer === Answer.Always) queue.push(request.reply);
    else if (request.answer === Answer.Maybe) queue.push(Expected.Unknown);
    this.quitting = request.quits;
    return this.decide(pass, data, length);
  }

  private deny(data: ByteView, length: number): Verdict {
    const { request } = this;
    const { queue } = this.exchange;
    this.connection.log("Denied", recordFields(request.needs, request.keys));
    // A denied quit is answered: the connection stays.
    const silent = request.answer === Answer.None && !request.quits;
    if (!silent && queue.needsFence) {
      queue.push(Expected.Fence);
      this.connection.inject(false, FENCE);
      this.decided = this.decide(drop, data, length);
      return inject(FENCE.length);
    }
    if (!silent) {
      if (queue.isEmpty) this.connection.inject(true, DENIED);
      else queue.push(Expected.Answer);
    }
    return this.decide(drop, data, length);
  }

  /** One verdict for the line and its data block, also where that has yet to come. */
  private decide(verdict: (count: number) => Verdict, data: ByteView, length: number): Verdict {
    const { valueLength } = this.request;
    if (valueLength < 0) return verdict(length);
    const end = length + valueLength;
    if (data.at(end) === CR && data.at(end + 1) === LF) return verdict(end + TERMINATOR_LENGTH);
    this.terminator = verdict;
    return verdict(end);
  }

  /**
   * The CRLF behind a data block. Without it, versions of memcached differ in where they go on reading; as long as they
   * have not got two more bytes, they have done nothing.
   */
  private readTerminator(endStream: boolean, data: ByteView, verdict: (count: number) => Verdict): Verdict {
    if (data.length < TERMINATOR_LENGTH && !endStream) return more(TERMINATOR_LENGTH - data.length);
    if (data.length < TERMINATOR_LENGTH) return this.cutShort();
    if (data.at(0) !== CR || data.at(1) !== LF) return this.refuse("a data block does not end where its length says");
    this.terminator = undefined;
    return verdict(TERMINATOR_LENGTH);
  }

  private cutShort(): Verdict {
    return this.connection.fail(ParseError.InvalidFrameLength, "the stream ends within a request");
  }

  private refuse(problem: string): Verdict {
    // With replies outstanding, the client would take this for one of them.
    const answered = this.exchange.queue.isEmpty && !this.exchange.watching && !this.connection.observed;
    if (answered) this.connection.inject(true, MALFORMED);
    return this.connection.fail(ParseError.InvalidFrameType, problem);
  }
}
