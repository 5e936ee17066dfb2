import type { Bodies } from "./bodies.ts";
import { askedByKey, keyOf, type LoadProtocol, type Segments } from "./protocol.ts";
import type { Asked } from "./request.ts";

const CRLF = Buffer.from("\r\n");
const STORED = Buffer.from("STORED\r\n");
const DENIED = Buffer.from("CLIENT_ERROR access denied\r\n");
const VALUE_END = Buffer.from("\r\nEND\r\n");
const LINE_BYTES_MAX = 64;

/** memcached's text protocol: `set` and `get`. */
export const memcachedLoad: LoadProtocol = {
  name: "memcached",
  commands: ["put"],
  request(asked: Asked, bodies: Bodies): Segments {
    if (asked.command === "fetch") return [Buffer.from(`get ${keyOf(asked)}\r\n`)];
    const body = asked.allowed ? bodies.of(asked) : bodies.denied(asked.length);
    return [Buffer.from(`set ${keyOf(asked)} 0 0 ${asked.length}\r\n`), body, CRLF];
  },
  reply(asked: Asked, bodies: Bodies): Segments {
    if (!asked.allowed) return [DENIED];
    if (asked.command !== "fetch") return [STORED];
    return [Buffer.from(`VALUE ${keyOf(asked)} 0 ${asked.length}\r\n`), bodies.of(asked), VALUE_END];
  },
  undecided(connection: number, share: number): Buffer {
    const line = Buffer.from(`set cut/${connection} 0 0 100`);
    return line.subarray(0, Math.max(5, Math.round(line.length * share)));
  },
  connectionOf(bytes: Buffer): number | undefined | null {
    const end = bytes.indexOf(CRLF);
    if (end < 0) return bytes.length > LINE_BYTES_MAX ? null : undefined;
    const match = /^(?:set|get) ok\/(\d+)\//.exec(bytes.toString("latin1", 0, end));
    return match === null ? null : Number(match[1]);
  },
  recorded(fields) {
    return askedByKey(fields["keys"] ?? "", fields["command"] === "get");
  },
};
