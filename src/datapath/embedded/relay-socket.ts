import type { Socket } from "node:net";
import type { ReusedReader } from "./reused-reader.ts";

/** One of the two sockets of a relay. */
export interface RelaySocket {
  /** Tells by its events how it goes. */
  readonly socket: Socket;
  /** Reads in place of the socket's `data` events. */
  readonly reader?: ReusedReader;
}
