import { int32At, uint16At } from "../../lib/bytes/big-endian.ts";
import type { ByteView } from "../../lib/bytes/byte-view.ts";
import { decodeText } from "../../lib/bytes/text.ts";
import { drop, inject, more, nop, ParseError, pass, type Verdict } from "../../proxylib/verdict.ts";
import { errorText } from "./error-frame.ts";
import { FrameHeader, HEADER_LENGTH, HeaderFlag, Opcode } from "./frame.ts";
import { lengthProblem } from "./frame-check.ts";
import { REPLY_PREFIX_BYTES_MAX, SUPPORTED_BYTES_MAX } from "./limits.ts";
import { MALFORMED, messageStart } from "./message-start.ts";
import type { Asked } from "./resolved-statement.ts";
import type { Session } from "./session.ts";
import { supportedFrame } from "./supported.ts";

const EVENT_STREAM = -1;
const RESPONSE_FLAGS = HeaderFlag.Tracing | HeaderFlag.Payload | HeaderFlag.Warnings;
/** Kinds of RESULT (native_protocol_v4.spec, section 4.2.5). */
const ResultKind = { SetKeyspace: 3, Prepared: 4 } as const;

/** One header is read at a time, whatever connection it is of. */
const header: FrameHeader = new FrameHeader();

/** The server's direction: which request each frame answers, and what follows from it. */
export class Replies {
  private readonly session: Session;
  /** What happens to the frame at the front, once ours has left in its place. */
  private decided: Verdict | undefined;

  constructor(session: Session) {
    this.session = session;
  }

  onData(data: ByteView): Verdict {
    if (this.decided !== undefined) {
      const verdict = this.decided;
      this.decided = undefined;
      return verdict;
    }
    if (data.length === 0) return nop;
    if (data.length < HEADER_LENGTH) return more(HEADER_LENGTH - data.length);
    data.gather(HEADER_LENGTH);
    header.read(data.buffer, data.start);
    const problem = this.problem();
    if (problem !== undefined) return this.unexpected(problem);
    if (header.stream === EVENT_STREAM) return pass(header.frameLength);
    const asked = this.session.streams.get(header.stream) as Asked;
    return this.onAnswer(asked, data);
  }

  /** Why the frame is none that the server could send now. */
  private problem(): string | undefined {
    const { session } = this;
    if (!header.response) return "a server sends responses, not requests";
    if ((header.flags & ~RESPONSE_FLAGS) !== 0) return `a response with flags 0x${header.flags.toString(16)}`;
    if (header.stream === EVENT_STREAM) {
      if (header.opcode !== Opcode.Event || session.phase !== "ready") return "a frame on the stream of events";
      return lengthProblem(header);
    }
    const asked = session.streams.get(header.stream);
    if (asked === undefined) return `a response on stream ${header.stream}, which is not in flight`;
    if (!answers(header.opcode, asked.opcode)) return "a response that does not fit its request";
    // A server that does not speak the version says so in one of its own.
    const refusesVersion = header.opcode === Opcode.Error && (session.phase === "new" || session.phase === "starting");
    if (header.version !== session.version && !refusesVersion) return `a response of version ${header.version}`;
    return lengthProblem(header);
  }

  private onAnswer(asked: Asked, data: ByteView): Verdict {
    switch (header.opcode) {
      case Opcode.Result:
        return this.onResult(asked, data);
      case Opcode.Error:
        return this.onError(asked, data);
      case Opcode.Supported:
        return this.onSupported(asked, data);
      case Opcode.Authenticate:
        this.session.phase = "authenticating";
        return this.complete(asked);
      case Opcode.Ready:
      case Opcode.AuthSuccess:
        this.session.phase = "ready";
        return this.complete(asked);
      default:
        return this.complete(asked);
    }
  }

  private onResult(asked: Asked, data: ByteView): Verdict {
    const at = this.find(4, data);
    if (at < 0) return this.notFound(at, asked, data);
    const kind = int32At(data.buffer, data.start + at);
    if (kind === ResultKind.Prepared && asked.prepares !== undefined) return this.onPrepared(asked, at + 4, data);
    if (kind === ResultKind.SetKeyspace) return this.onSetKeyspace(asked, at + 4, data);
    if (asked.use) this.session.keyspaces.refused();
    return this.complete(asked);
  }

  private onPrepared(asked: Asked, at: number, data: ByteView): Verdict {
    const idStart = at + 2;
    const missing = this.missing(idStart, data);
    if (missing !== undefined) return missing;
    const idEnd = idStart + uint16At(data.buffer, data.start + at);
    const missingId = this.missing(idEnd, data);
    if (missingId !== undefined) return missingId;
    const { buffer, start } = data;
    const { prepared, guessed } = this.session;
    // Others would be judged by it: not in a keyspace that is not the one in force for certain.
    if (asked.prepares !== undefined && !(asked.prepares.open && guessed)) {
      prepared.learn(buffer, start + idStart, start + idEnd, asked.prepares);
    }
    return this.complete(asked);
  }

  private onSetKeyspace(asked: Asked, at: number, data: ByteView): Verdict {
    const missing = this.missing(at + 2, data);
    if (missing !== undefined) return missing;
    const end = at + 2 + uint16At(data.buffer, data.start + at);
    const missingName = this.missing(end, data);
    if (missingName !== undefined) return missingName;
    const { buffer, start } = data;
    const keyspace = decodeText(buffer, start + at + 2, start + end);
    if (asked.use) this.session.keyspaces.confirmed(keyspace);
    else this.session.keyspaces.changed(keyspace);
    return this.complete(asked);
  }

  private onError(asked: Asked, data: ByteView): Verdict {
    const at = this.find(4, data);
    if (at < 0) return this.notFound(at, asked, data);
    const { session } = this;
    const error = errorText(int32At(data.buffer, data.start + at));
    session.connection.log("Response", { ...asked.fields, error }, session.streams.decidedOf(header.stream));
    if (asked.use) session.keyspaces.refused();
    if (asked.opcode === Opcode.Startup) session.phase = "new";
    return this.complete(asked);
  }

  /** Versions that we do not speak, and compression, are taken out of what the server offers. */
  private onSupported(asked: Asked, data: ByteView): Verdict {
    const { connection } = this.session;
    const { frameLength } = header;
    if (connection.observed) return this.complete(asked);
    if (frameLength > SUPPORTED_BYTES_MAX) return this.unexpected("SUPPORTED is too long");
    if (frameLength > data.length) return more(frameLength - data.length);
    data.gather(frameLength);
    const frame = supportedFrame(header, data.buffer, data.start);
    if (frame === undefined) return this.unexpected("SUPPORTED is at odds with its length");
    this.session.end(header.stream, asked);
    connection.inject(true, frame);
    this.decided = drop(frameLength);
    return inject(frame.length);
  }

  private complete(asked: Asked): Verdict {
    this.session.end(header.stream, asked);
    return pass(header.frameLength);
  }

  /** Where the message begins, if so many bytes of it are here and contiguous; else below 0, see `notFound`. */
  private find(byteCount: number, data: ByteView): number {
    const { flags, frameLength } = header;
    for (;;) {
      const available = Math.min(data.contiguousLength, frameLength);
      const at = messageStart(flags, true, data.buffer, data.start, available, frameLength);
      if (at === MALFORMED || at + byteCount > frameLength) return NOT_THERE;
      if (at > REPLY_PREFIX_BYTES_MAX) return TOO_FAR;
      if (at + byteCount <= available) return at;
      if (at + byteCount > data.length) return -at - byteCount;
      data.gather(Math.min(Math.max(at + byteCount, 2 * available), data.length));
    }
  }

  private notFound(at: number, asked: Asked, data: ByteView): Verdict {
    if (at === NOT_THERE) return this.unexpected("a response is at odds with its length");
    if (at !== TOO_FAR) return more(Math.min(Math.max(-at, 2 * data.length), header.frameLength) - data.length);
    return asked.use || this.session.guessed
      ? this.unexpected("the keyspace stands behind too many warnings")
      : this.complete(asked);
  }

  /** What to do until so many bytes of the frame are contiguous; undefined: they are. */
  private missing(byteCount: number, data: ByteView): Verdict | undefined {
    if (byteCount > header.frameLength) return this.unexpected("a response is at odds with its length");
    if (byteCount > data.length) return more(byteCount - data.length);
    data.gather(byteCount);
    return undefined;
  }

  private unexpected(problem: string): Verdict {
    return this.session.connection.fail(ParseError.InvalidFrameType, problem);
  }
}

/** Frames end within the body limit, so that these are no counts of bytes. */
const NOT_THERE = Number.MIN_SAFE_INTEGER;
const TOO_FAR: number = NOT_THERE + 1;

/** Whether a response may answer a request. */
function answers(response: number, request: number): boolean {
  if (response === Opcode.Error) return true;
  switch (request) {
    case Opcode.Startup:
      return response === Opcode.Ready || response === Opcode.Authenticate;
    case Opcode.Options:
      return response === Opcode.Supported;
    case Opcode.Register:
      return response === Opcode.Ready;
    case Opcode.AuthResponse:
      return response === Opcode.AuthChallenge || response === Opcode.AuthSuccess;
    default:
      return response === Opcode.Result;
  }
}
