import type { ByteView } from "../../lib/bytes/byte-view.ts";
import { drop, more, ParseError, pass, type Verdict } from "../../proxylib/verdict.ts";
import { ErrorCode, errorFrame, unauthorized, unprepared } from "./error-frame.ts";
import { type FrameHeader, VERSION_MAX, VERSION_MIN } from "./frame.ts";
import { JUDGED_BYTES_MAX } from "./limits.ts";
import type { Session } from "./session.ts";

/** "the stream ends within a request", and what else is said of every frame that cannot pass. */
export class Refusal {
  private readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  /** Answers one request with Unauthorized in its place. The connection goes on. */
  unauthorized({ stream, frameLength }: FrameHeader): Verdict {
    this.session.connection.inject(true, unauthorized(this.session.version, stream));
    return drop(frameLength);
  }

  /** Answers an EXECUTE or BATCH with an id that nobody knows. @param id A copy. */
  unprepared({ stream, frameLength }: FrameHeader, id: Uint8Array): Verdict {
    this.session.connection.inject(true, unprepared(this.session.version, stream, id));
    return drop(frameLength);
  }

  /** Tells the client what is wrong, and ends the connection. */
  protocolError(stream: number, problem: string): Verdict {
    const { connection, version } = this.session;
    if (!connection.observed) connection.inject(true, errorFrame(version, stream, ErrorCode.Protocol, problem));
    return connection.fail(ParseError.InvalidFrameType, problem);
  }

  /**
   * Tells which versions there are, upon which drivers try again with a lower one. They look for the words of the first
   * part; some read the numbers at the end.
   */
  unsupportedVersion(version: number, stream: number): Verdict {
    const { session } = this;
    session.version = Math.min(Math.max(version, VERSION_MIN), VERSION_MAX);
    const problem =
      `Invalid or unsupported protocol version (${version}); supported versions are (3/v3, 4/v4); ` +
      `the lowest supported version is ${VERSION_MIN} and the greatest is ${VERSION_MAX}`;
    return this.protocolError(stream, problem);
  }

  /**
   * Waits until so many bytes of a frame are there. At least as many again as are there, so that what is read from the
   * beginning each time costs linear time however small the pieces are.
   */
  waitFor(byteCount: number, header: FrameHeader, endStream: boolean, data: ByteView): Verdict {
    if (endStream) return this.endsWithin();
    const { length } = data;
    const doubled = Math.min(2 * length, JUDGED_BYTES_MAX);
    return more(Math.min(Math.max(byteCount, doubled), header.frameLength) - length);
  }

  endsWithin(): Verdict {
    return this.session.connection.fail(ParseError.InvalidFrameLength, "the stream ends within a request");
  }

  /** A request that is only observed goes on although nobody knows what it does. */
  passUnjudged({ frameLength }: FrameHeader): Verdict {
    this.session.guessed = true;
    return pass(frameLength);
  }
}
