import type { Bodies } from "./bodies.ts";
import type { Asked, Command, LoadShape } from "./request.ts";

/** Bytes in the order of the wire; bodies are not copied. */
export type Segments = readonly Buffer[];

/** What client and upstream must know of a protocol. Both know every byte beforehand, and compare. */
export interface LoadProtocol {
  readonly name: ProtocolName;
  /** Kinds of requests with a body that it has. */
  readonly commands: readonly Command[];
  /** What the client sends. */
  request(asked: Asked, bodies: Bodies): Segments;
  /** What the client must get: of a denied request, what weir answers in the server's place. */
  reply(asked: Asked, bodies: Bodies): Segments;
  /** A request of which only a part is sent, and nothing may arrive. Its key begins with `cut/`. */
  undecided(connection: number, share: number): Buffer;
  /** The connection whose first request these bytes begin. undefined: more are needed; null: no request of the load does. */
  connectionOf(bytes: Buffer): number | undefined | null;
  /** Which request an access-log record speaks of. undefined: of none of the load. */
  recorded(fields: Readonly<Record<string, string>>): { connection: number; sequence: number } | undefined;
}

export type ProtocolName = "memcached" | "framed";

/** All that two processes must agree on. */
export interface Load {
  readonly protocol: ProtocolName;
  readonly shape: LoadShape;
}

export function keyOf({ connection, pair, length, allowed }: Asked): string {
  return `${allowed ? "ok" : "no"}/${connection}/${pair}/${length}`;
}

const KEY = /^(?:ok|no)\/(\d+)\/(\d+)\/\d+$/;

/** The request that a key and a command stand for. */
export function askedByKey(key: string, fetch: boolean): { connection: number; sequence: number } | undefined {
  const [, connection, pair] = KEY.exec(key) ?? [];
  if (connection === undefined || pair === undefined) return undefined;
  return { connection: Number(connection), sequence: 2 * Number(pair) + (fetch ? 1 : 0) };
}
