import type { Socket } from "node:net";
import { constants } from "node:os";

/** The kernel's side of a socket, as node:net keeps it: not documented, so what is needed of it is checked. */
interface Handle {
  readonly getpeername: (out: object) => number;
}

/**
 * Whether the kernel has no connection for a socket any more: it was reset, its peer stopped answering, or both sides have
 * ended. node:net tells that only of a socket that it reads or that has something to write; this asks, and touches no byte.
 * A peer that has ended only its own stream, and still waits for ours, has not gone.
 */
export function hasGone(socket: Socket): boolean {
  const handle = (socket as unknown as { _handle: unknown })._handle;
  return isHandle(handle) && handle.getpeername({}) === -constants.errno.ENOTCONN;
}

function isHandle(handle: unknown): handle is Handle {
  return typeof handle === "object" && handle !== null && "getpeername" in handle;
}
