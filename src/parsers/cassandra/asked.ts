import type { LogFields } from "../../proxylib/connection.ts";
import type { ResolvedStatement } from "./resolved-statement.ts";

/** What one request asked for, as its answer needs it. */
export interface Asked {
  /** Of the request. */
  readonly opcode: number;
  /** For the record, should the server refuse. */
  readonly fields: LogFields;
  /** It may change the keyspace. */
  readonly use: boolean;
  /** What it does depends on the keyspace that is in force when the server comes to it, or changes that keyspace. */
  readonly open: boolean;
  /** The statement that the server's id will stand for. */
  readonly prepares: ResolvedStatement | undefined;
}
