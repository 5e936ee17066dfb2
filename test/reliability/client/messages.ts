import type { Load } from "../load/protocol.ts";
import type { ConnectionRow } from "./client-connection.ts";

/** What the client's process is told when it starts. */
export interface ClientBegin {
  readonly kind: "begin";
  readonly load: Load;
  readonly connections: number;
  readonly to: { readonly host: string; readonly port: number };
  readonly from: string;
}

/** Each is answered by a `ClientAnswer` with the same id. */
export type ClientOrder = { readonly id: number } & (
  | { readonly kind: "to"; readonly port: number }
  /** Answered when so many more requests have their answers. */
  | { readonly kind: "answers"; readonly count: number }
  /** Answered when every connection, or the one that took its place, has so many more answers. */
  | { readonly kind: "progress"; readonly count: number }
  | { readonly kind: "mark" }
  | { readonly kind: "describe" }
  /** Answered when all have ended. */
  | { readonly kind: "finish" }
);

export interface ClientAnswer {
  readonly kind: "answer";
  readonly id: number;
  /** The longest that any client had to wait for an answer since the last `mark`, new connections included. */
  readonly stallMs: number;
  /** Of all connections until now. */
  readonly answered: number;
  /** With `describe`: a line for each connection. */
  readonly lines: readonly string[];
}

/** Sent as soon as a connection has ended. */
export interface ClientEnded {
  readonly kind: "ended";
  readonly row: ConnectionRow;
}
