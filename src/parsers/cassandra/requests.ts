import type { ByteView } from "../../lib/bytes/byte-view.ts";
import { nop, pass, type Verdict } from "../../proxylib/verdict.ts";
import { AUTH_RESPONSE, OPTIONS, REGISTER, STARTUP, startupProblem } from "./control-request.ts";
import { FrameHeader, HEADER_LENGTH, Opcode, RESPONSE_BIT, VERSION_MAX, VERSION_MIN } from "./frame.ts";
import { requestProblem } from "./frame-check.ts";
import { STARTUP_BYTES_MAX } from "./limits.ts";
import { MALFORMED, messageStart } from "./message-start.ts";
import { Refusal } from "./refusal.ts";
import type { Asked } from "./resolved-statement.ts";
import type { Session } from "./session.ts";
import { StatementRequests } from "./statement-requests.ts";

/** One header is read at a time, whatever connection it is of. */
const header: FrameHeader = new FrameHeader();

/** The client's direction: frames, and the state of the connection. */
export class Requests {
  private readonly session: Session;
  private readonly refusal: Refusal;
  private readonly statements: StatementRequests;

  constructor(session: Session) {
    this.session = session;
    this.refusal = new Refusal(session);
    this.statements = new StatementRequests(session, this.refusal);
  }

  onData(endStream: boolean, data: ByteView): Verdict {
    if (data.length === 0 || this.session.waiting) return nop;
    const version = data.at(0) & ~RESPONSE_BIT;
    // Version 1 and 2 have a shorter header.
    if (version < VERSION_MIN) return this.wrongVersion(version, 0);
    if (data.length < HEADER_LENGTH) {
      header.bodyLength = 0;
      return this.refusal.waitFor(HEADER_LENGTH, header, endStream, data);
    }
    data.gather(HEADER_LENGTH);
    header.read(data.buffer, data.start);
    return this.checkVersion() ?? this.onRequest(endStream, data);
  }

  /** undefined: it is right. */
  private checkVersion(): Verdict | undefined {
    const { session } = this;
    const { version, stream } = header;
    if (version > VERSION_MAX || (!session.mayChangeVersion && version !== session.version)) {
      return this.wrongVersion(version, stream);
    }
    session.version = version;
    return undefined;
  }

  private wrongVersion(version: number, stream: number): Verdict {
    const { phase, version: own } = this.session;
    const spoken = version >= VERSION_MIN && version <= VERSION_MAX;
    if (phase === "new" && !spoken) return this.refusal.unsupportedVersion(version, stream);
    return this.refusal.protocolError(stream, `version ${version} on a connection of version ${own}`);
  }

  private onRequest(endStream: boolean, data: ByteView): Verdict {
    const problem = requestProblem(header, this.session);
    if (problem !== undefined) return this.refusal.protocolError(header.stream, problem);
    switch (header.opcode) {
      case Opcode.Startup:
        return this.onStartup(endStream, data);
      case Opcode.Options:
        return this.forward(OPTIONS);
      case Opcode.Register:
        return this.forward(REGISTER);
      case Opcode.AuthResponse:
        return this.forward(AUTH_RESPONSE);
      default:
        return this.statements.onRequest(header, endStream, data);
    }
  }

  private onStartup(endStream: boolean, data: ByteView): Verdict {
    const { frameLength, stream, flags } = header;
    if (frameLength > STARTUP_BYTES_MAX) return this.refusal.protocolError(stream, "STARTUP is too long");
    if (frameLength > data.length) return this.refusal.waitFor(frameLength, header, endStream, data);
    data.gather(frameLength);
    const { buffer, start } = data;
    const at = messageStart(flags, false, buffer, start, frameLength, frameLength);
    const problem =
      at === MALFORMED ? "STARTUP is at odds with its length" : startupProblem(buffer, start + at, start + frameLength);
    if (problem !== undefined) return this.refusal.protocolError(stream, problem);
    this.session.phase = "starting";
    return this.forward(STARTUP);
  }

  private forward(asked: Asked): Verdict {
    this.session.begin(header.stream, asked, this.session.undecided);
    return pass(header.frameLength);
  }
}
