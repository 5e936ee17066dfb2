// What the tests of keyspaces say and expect: a table `t` in the keyspaces `a` and `b`.
import * as requests from "./cql-request.ts";
import * as responses from "./cql-response.ts";
import type { ExchangeCase } from "./exchange-case.ts";

export const USE_ANY = { query_action: "use" };
export const select = (table: string): Record<string, string> => ({
  query_action: "select",
  query_table: `^${table}$`,
});
export const IN_A = [USE_ANY, select("a[.]t")];
export const IN_BOTH = [...IN_A, select("b[.]t")];
export const DOUBTFUL = "status=judged in every keyspace that the server may look in";
export const NOT_SENT = "status=not sent: another part of its request is refused";

export const use = (keyspace: string, stream = 0, options = {}): string =>
  requests.query(`USE ${keyspace}`, { stream, ...options });
export const used = (keyspace: string, stream = 0, frame = {}): string =>
  responses.resultSetKeyspace(keyspace, { stream, ...frame });
export const ask = (stream: number, options = {}): string => requests.query("SELECT x FROM t", { stream, ...options });
export const done = (stream: number): string => responses.resultVoid({ stream });
export const failed = (stream: number): string => responses.error(0x2200, "Keyspace does not exist", { stream });
/** The client has used a keyspace, and the server has confirmed it. */
export const inA: ExchangeCase["steps"] = [
  ["client", use("a", 9)],
  ["server", used("a", 9)],
];
