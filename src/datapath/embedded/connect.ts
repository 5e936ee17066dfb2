import { connect, type Socket } from "node:net";
import type { Port } from "../../api/identity.ts";
import type { IpAddress } from "../../lib/ip/address.ts";
import type { RelaySocket } from "./relay-socket.ts";
import { ReusedReader } from "./reused-reader.ts";
import { SOCKET_OPTIONS } from "./socket-options.ts";

export interface ConnectTarget {
  readonly address: IpAddress;
  readonly port: Port;
}

/** Begins to connect. */
export type Connector = (target: ConnectTarget) => RelaySocket;

export const connectTcp: Connector = ({ address, port }) => {
  const reader = new ReusedReader();
  return { socket: connect({ ...SOCKET_OPTIONS, host: address.toString(), port, onread: reader.onread }), reader };
};

const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "it was reset at once",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "there is no route to the network",
  EADDRNOTAVAIL: "no local port or address is free",
  EMFILE: "this process has too many open files; raise its limit",
  ENFILE: "the machine has too many open files",
};

/**
 * Waits until a connection stands. `done` is called once; with a reason where it failed, and then the socket is gone.
 *
 * @returns Gives up: the socket is closed and `done` is not called any more.
 */
export function awaitConnect(
  socket: Socket,
  timeoutMs: number,
  done: (failure: string | undefined) => void,
): () => void {
  let waiting = true;
  const stop = (): boolean => {
    const was = waiting;
    waiting = false;
    clearTimeout(timer);
    return was;
  };
  const fail = (reason: string): void => {
    if (!stop()) return;
    socket.destroy();
    done(reason);
  };
  const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs);
  // Both stay: afterwards they do nothing, and an error that nobody listens to would end the process.
  socket.once("connect", () => stop() && done(undefined));
  socket.on("error", (error: NodeJS.ErrnoException) => {
    const code = error.code ?? error.message;
    fail(`${CAUSES[code] ?? "the connection failed"} (${code})`);
  });
  return () => {
    if (stop()) socket.destroy();
  };
}
