// Records as an agent would write them.
import type { AccessLogRecord } from "../../../api/access-log-record.ts";
import type { NumericIdentity } from "../../../api/identity.ts";
import { loggedList } from "../../../api/logged-list.ts";
import type { Asked, Who } from "./judge.ts";

export const MEMCACHE = "memcache";
export const R2D2 = "r2d2";
export const CASSANDRA = "cassandra";

/** @param proto `tcp`: a connection whose requests nobody reads. */
export function recordOf(asked: Asked, proto: string, changes: Partial<AccessLogRecord> = {}): AccessLogRecord {
  const { subject, direction, peer, port, request } = asked;
  const [source, destination] = direction === "ingress" ? [peer, subject] : [subject, peer];
  return {
    time: "2026-01-01T00:00:00.000Z",
    type: request === undefined ? "Connection" : "Request",
    verdict: "Forwarded",
    proto,
    direction,
    source: side(source, 40_000),
    destination: side(destination, port),
    fields: request === undefined ? {} : (FIELDS_OF[proto]?.(request) ?? memcacheFields(request)),
    ...changes,
  };
}

function side({ labels, address }: Who, port: number): AccessLogRecord["source"] {
  const name = labels.find((label) => /^(unspec:|k8s:)app=/.test(label))?.split("=")[1];
  return {
    identity: 256 as NumericIdentity,
    labels,
    address: address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`,
    ...(name !== undefined && { endpoint: name }),
  };
}

type Fields = Readonly<Record<string, string>>;

function memcacheFields({ command, key }: NonNullable<Asked["request"]>): Fields {
  const keys = typeof key === "string" ? [key] : key;
  return { command: String(command), ...(keys !== undefined && { keys: loggedList(keys) }) };
}

/** A statement that needs several actions is judged once for each; its record names them all. */
function cassandraFields({ query_action, query_table }: NonNullable<Asked["request"]>): Fields {
  const actions = typeof query_action === "string" ? [query_action] : (query_action ?? []);
  return { query_action: loggedList(actions), ...(query_table !== undefined && { query_table: String(query_table) }) };
}

function r2d2Fields({ cmd, file }: NonNullable<Asked["request"]>): Fields {
  return { cmd: String(cmd), file: file === undefined ? "" : String(file) };
}

const FIELDS_OF: Readonly<Record<string, (request: NonNullable<Asked["request"]>) => Fields>> = {
  [R2D2]: r2d2Fields,
  [CASSANDRA]: cassandraFields,
};
