import { BODY_LENGTH_MAX, type FrameHeader, HeaderFlag, Opcode, PAYLOAD_VERSION_MIN, requestName } from "./frame.ts";
import type { Session } from "./session.ts";

/** What a client may set. */
const REQUEST_FLAGS = HeaderFlag.Tracing | HeaderFlag.Payload;

/**
 * Why a request's frame cannot pass, whatever it asks for; undefined: it can. The version is one that we speak.
 *
 * Stricter than servers: what they ignore, or take in a way of their own, is refused.
 */
export function requestProblem(header: FrameHeader, session: Session): string | undefined {
  if (header.response) return "a client sends requests, not responses";
  const name = requestName(header.opcode);
  if (name === undefined) return `there is no request with opcode 0x${header.opcode.toString(16).padStart(2, "0")}`;
  return (
    flagProblem(header) ??
    lengthProblem(header) ??
    streamProblem(header, session) ??
    phaseProblem(header.opcode, name, session)
  );
}

/** Why a frame's length cannot be. */
export function lengthProblem({ bodyLength }: FrameHeader): string | undefined {
  if (bodyLength >= 0 && bodyLength <= BODY_LENGTH_MAX) return undefined;
  return `a body of ${bodyLength} bytes: from 0 to ${BODY_LENGTH_MAX} are allowed`;
}

function flagProblem({ flags, version }: FrameHeader): string | undefined {
  if ((flags & ~REQUEST_FLAGS) === 0 && ((flags & HeaderFlag.Payload) === 0 || version >= PAYLOAD_VERSION_MIN)) {
    return undefined;
  }
  if ((flags & HeaderFlag.Compressed) !== 0) return "compressed frames are not supported: connect without compression";
  return `flags 0x${flags.toString(16).padStart(2, "0")} are not those of a request of version ${version}`;
}

function streamProblem({ stream }: FrameHeader, session: Session): string | undefined {
  if (stream < 0) return `stream ${stream}: streams below 0 are the server's`;
  return session.streams.get(stream) === undefined ? undefined : `stream ${stream} is in flight`;
}

/** As the server's own rules for each stage, but that nothing may follow a STARTUP until it is answered. */
function phaseProblem(opcode: number, name: string, session: Session): string | undefined {
  switch (session.phase) {
    case "new":
      if (opcode === Opcode.Startup || opcode === Opcode.Options) return undefined;
      return `${name} before STARTUP`;
    case "starting":
      return `${name} before the server has answered STARTUP`;
    case "authenticating":
      return opcode === Opcode.AuthResponse ? undefined : `${name} before authentication is done`;
    case "ready":
      if (opcode === Opcode.Startup) return "STARTUP on a connection that is started already";
      return opcode === Opcode.AuthResponse ? "AUTH_RESPONSE, and nobody has asked for it" : undefined;
  }
}
