import { Socket, type SocketConstructorOpts } from "node:net";
import type { RelaySocket } from "./relay-socket.ts";
import { ReusedReader } from "./reused-reader.ts";
import { SOCKET_OPTIONS } from "./socket-options.ts";

/** The kernel's side of a socket, as node:net keeps it: not documented, so what is needed of it is checked. */
interface Handle {
  readonly useUserBuffer: (area: Uint8Array) => void;
}

/**
 * Reads an accepted socket into memory that is used again. node:net offers that (`onread`) only to sockets which connect;
 * so the accepted connection goes over to a socket that was made with it. On a Node where that is not possible the socket
 * stays as it is: everything works, at a higher cost.
 *
 * @param accepted Paused; nobody has listeners on it. It must not be used afterwards.
 */
export function readReusing(accepted: Socket): RelaySocket {
  const owner = accepted as unknown as { _handle: unknown };
  const handle = owner._handle;
  if (!isHandle(handle)) return { socket: accepted };
  const reader = new ReusedReader();
  // Nobody closes it by the old socket any more.
  owner._handle = null;
  const options = { ...SOCKET_OPTIONS, handle, pauseOnCreate: true, onread: reader.onread };
  return { socket: new Socket(options as unknown as SocketConstructorOpts), reader };
}

function isHandle(handle: unknown): handle is Handle {
  return typeof handle === "object" && handle !== null && "useUserBuffer" in handle;
}
