import fc from "fast-check";
import { EXPIRY, FLAGS_AND_EXPIRY, packet, response } from "./binary-packet.ts";
import {
  LENGTHS,
  META_FLAGS,
  metaWriteLine,
  NUMBERS,
  OWN_KEY_FORMS,
  TAILS,
  WRITE_VERBS,
  type WriteFields,
  writeLine,
} from "./wrong-fields.ts";

/** Keys that policy allows, and keys that it does not: the markers. */
export const OWN_KEYS = ["ok-1", "ok-2", "ok-3"] as const;
export const MARKER_KEYS = ["no-1", "no-2", "no-3"] as const;
/**
 * The one that is counted up and down. Nothing else writes to it, so that its length never changes: where it does, the
 * value that memcached leaves depends on whether a reply to an earlier request is still under way.
 */
export const COUNTER_KEY = "ok-count";
/** May be read, not changed; the last one does not exist and must never. */
export const READ_ONLY_KEYS = ["ro-1", "ro-none"] as const;
/** Stands in the value of every marker that may not be read: must never reach the client. */
export const SECRET = "SECRET";

/** Allows everything below `ok-`, reading below `ro-`, and what carries no key and harms nobody. */
export const RULES: readonly Record<string, string>[] = [
  ...["get", "gat", "writeGroup"].map((command) => ({ command, keyPrefix: "ok-" })),
  { command: "get", keyPrefix: "ro-" },
  { command: "noop" },
  { command: "version" },
];

/** A well-formed request, as latin1, and what becomes of it under RULES. */
export interface GeneratedRequest {
  readonly bytes: string;
  readonly allowed: boolean;
  /** What the client gets if it is denied. */
  readonly denial: string;
}

const TEXT_DENIAL = "CLIENT_ERROR access denied\r\n";
/** Values that look like something else. */
const VALUES = [
  "",
  "7",
  "x",
  "END\r\n",
  "MN\r\n",
  "\r\nEND\r\n",
  "set no-1 0 0 1\r\nx\r\ndelete no-2\r\n",
  "delete no-1\r\nflush_all\r\n",
  packet(0x08),
  packet(0x04, { key: "no-1" }),
  "x".repeat(3_000),
];

const value = fc.constantFrom(...VALUES);
const key = fc.constantFrom(...OWN_KEYS, ...OWN_KEYS, ...MARKER_KEYS, ...READ_ONLY_KEYS);
const counter = fc.constantFrom(COUNTER_KEY, COUNTER_KEY, ...MARKER_KEYS, ...READ_ONLY_KEYS);
const isOwn = (name: string): boolean => name.startsWith("ok-");

/** A read of a key that may be read. */
function isRead(name: string, metaFlags = ""): boolean {
  return name.startsWith("ro-") && !/[TN]/.test(metaFlags);
}

function text(bytes: string, allowed: boolean, silent = false): GeneratedRequest {
  return { bytes, allowed, denial: silent ? "" : TEXT_DENIAL };
}

const noreply = fc.constantFrom("", "", " noreply");

const retrieval = fc
  .tuple(fc.constantFrom("get", "gat 0", "gat 100"), fc.array(fc.oneof(key, counter), { minLength: 1, maxLength: 4 }))
  .map(([verb, keys]) => {
    const readable = verb === "get" && keys.every((name) => name.startsWith("ro-"));
    return text(`${verb} ${keys.join(" ")}\r\n`, keys.every(isOwn) || readable);
  });
const storage = fc
  .tuple(fc.constantFrom("set", "add", "replace", "append", "prepend"), key, value, noreply)
  .map(([verb, name, data, quiet]) =>
    text(`${verb} ${name} 5 0 ${data.length}${quiet}\r\n${data}\r\n`, isOwn(name), quiet !== ""),
  );
const cas = fc
  .tuple(key, value, noreply)
  .map(([name, data, quiet]) =>
    text(`cas ${name} 0 0 ${data.length} 999999999${quiet}\r\n${data}\r\n`, isOwn(name), quiet !== ""),
  );
const short = fc
  .tuple(fc.constantFrom("touch # 0", "delete #", "delete # 0"), key, noreply)
  .map(([form, name, quiet]) => text(`${form.replace("#", name)}${quiet}\r\n`, isOwn(name), quiet !== ""));
const counting = fc
  .tuple(fc.constantFrom("incr # 1", "decr # 2"), counter, noreply)
  .map(([form, name, quiet]) => text(`${form.replace("#", name)}${quiet}\r\n`, isOwn(name), quiet !== ""));
const keyless = fc.constantFrom(
  text("version\r\n", true),
  text("mn\r\n", true),
  text("flush_all\r\n", false),
  text("flush_all noreply\r\n", false, true),
  text("stats\r\n", false),
  text("stats cachedump 1 100\r\n", false),
  text("lru_crawler metadump all\r\n", false),
  text("cache_memlimit 1024\r\n", false),
  text("watch mutations\r\n", false),
  text("quit\r\n", false),
);

const quietFlag = fc.constantFrom("", " q");
const metaGet = fc
  .tuple(key, fc.constantFrom("", " v", " v k", " T100 v", " N100 v", " v s f"), quietFlag)
  .map(([name, flags, quiet]) => text(`mg ${name}${flags}${quiet}\r\n`, isOwn(name) || isRead(name, flags)));
const metaBase64 = fc
  .tuple(key, quietFlag)
  .map(([name, quiet]) =>
    text(`mg ${Buffer.from(name).toString("base64")} b k v${quiet}\r\n`, isOwn(name) || isRead(name)),
  );
const metaSet = fc
  .tuple(
    key,
    value,
    fc.constantFrom("", " ME", " MA", " MP", " MR", " C999999999", " C999999999 I", " k O1"),
    quietFlag,
  )
  .map(([name, data, flags, quiet]) => text(`ms ${name} ${data.length}${flags}${quiet}\r\n${data}\r\n`, isOwn(name)));
const metaOther = fc
  .tuple(fc.constantFrom("md #", "md # I T100", "me #"), key, quietFlag)
  .map(([form, name, quiet]) => {
    const debug = form === "me #";
    return text(`${form.replace("#", name)}${debug ? "" : quiet}\r\n`, isOwn(name) && !debug);
  });

const metaCounting = fc
  .tuple(fc.constantFrom("ma # v", "ma # N0 J500000 v", "ma # MD"), counter, quietFlag)
  .map(([form, name, quiet]) => text(`${form.replace("#", name)}${quiet}\r\n`, isOwn(name)));

/** Requests of the classic text commands alone: no reply of theirs may be missing. */
export const classicRequest: fc.Arbitrary<GeneratedRequest> = fc.oneof(
  retrieval,
  storage,
  cas,
  short,
  counting,
  keyless,
);
/** Requests of the text protocol, meta commands included. */
export const textRequest: fc.Arbitrary<GeneratedRequest> = fc.oneof(
  ...[retrieval, storage, cas, short, counting, keyless, metaGet, metaBase64, metaSet, metaOther, metaCounting],
);

function binary(opcode: number, allowed: boolean, parts: Parameters<typeof packet>[1], silent = false) {
  const opaque = parts?.opaque ?? 0;
  return {
    bytes: packet(opcode, parts),
    allowed,
    denial: silent ? "" : response(opcode, { status: 0x08, value: "access denied", opaque }),
  };
}

const opaque = fc.nat({ max: 5 });
const DELTA_1_NO_INITIAL = `${"\0".repeat(7)}\x01${"\0".repeat(8)}\xff\xff\xff\xff`;

/** Requests of the binary protocol. */
export const binaryRequest: fc.Arbitrary<GeneratedRequest> = fc.oneof(
  fc
    .tuple(fc.constantFrom(0x00, 0x09, 0x0c, 0x0d), fc.oneof(key, counter), opaque)
    .map(([opcode, name, id]) =>
      binary(opcode, isOwn(name) || isRead(name), { key: name, opaque: id }, (opcode & 1) === 1),
    ),
  fc
    .tuple(fc.constantFrom(0x1c, 0x1d, 0x1e, 0x23, 0x24), key, opaque)
    .map(([opcode, name, id]) =>
      binary(opcode, isOwn(name), { extras: EXPIRY, key: name, opaque: id }, opcode === 0x1e || opcode === 0x24),
    ),
  fc
    .tuple(fc.constantFrom(0x01, 0x02, 0x03, 0x11, 0x12, 0x13), key, value, opaque, fc.constantFrom(0, 0, 999_999_999))
    .map(([opcode, name, data, id, unique]) =>
      binary(opcode, isOwn(name), { extras: FLAGS_AND_EXPIRY, key: name, value: data, opaque: id, cas: unique }),
    ),
  fc
    .tuple(fc.constantFrom(0x0e, 0x0f, 0x19, 0x1a), key, value, opaque)
    .map(([opcode, name, data, id]) => binary(opcode, isOwn(name), { key: name, value: data, opaque: id })),
  fc
    .tuple(fc.constantFrom(0x05, 0x06, 0x15, 0x16), counter, opaque)
    .map(([opcode, name, id]) => binary(opcode, isOwn(name), { extras: DELTA_1_NO_INITIAL, key: name, opaque: id })),
  fc
    .tuple(fc.constantFrom(0x04, 0x14), key, opaque)
    .map(([opcode, name, id]) => binary(opcode, isOwn(name), { key: name, opaque: id })),
  fc.constantFrom(0x0a, 0x0b).map((opcode) => binary(opcode, true, { opaque: 6 })),
  fc.constantFrom(0x08, 0x18, 0x07, 0x17, 0x10, 0x20).map((opcode) => binary(opcode, false, { opaque: 7 })),
);

/** Writes with mistakes in every place of the line, whose data block holds commands that must not run. */
export const craftedWrite: fc.Arbitrary<GeneratedRequest> = fc.oneof(
  fc
    .tuple(
      ...[WRITE_VERBS, OWN_KEY_FORMS, NUMBERS, NUMBERS, LENGTHS, TAILS].map((values) => fc.constantFrom(...values)),
    )
    .map((fields) => text(writeLine(...(fields as WriteFields)), true)),
  fc
    .tuple(
      fc.constantFrom(...OWN_KEY_FORMS),
      fc.constantFrom(...LENGTHS),
      fc.array(fc.constantFrom(...META_FLAGS), { maxLength: 4 }),
      fc.constantFrom(...TAILS),
    )
    .map(([name, bytes, flags, rest]) => text(metaWriteLine(name, bytes, flags, rest), true)),
);

/** One change to a stream of bytes. */
export interface Mutation {
  readonly kind: "replace" | "insert" | "remove" | "repeat" | "cut";
  /** Where, as a part of the stream's length. */
  readonly at: number;
  readonly length: number;
  readonly bytes: string;
}

const NASTY = [
  ...[
    "\r",
    "\n",
    "\r\n",
    "\0",
    " ",
    "  ",
    "\t",
    "-",
    "+",
    "0",
    "9",
    "q",
    " q",
    " b",
    " noreply",
    "\x80",
    "\x81",
    "\xff",
  ],
  ...[
    "4294967296",
    "4294967297",
    "-1",
    "1073741824",
    "delete no-1\r\n",
    "\r\ndelete no-1\r\n",
    "set no-1 0 0 1\r\nx\r\n",
  ],
  ...["\r\nflush_all\r\n", "get no-1\r\n", "no-1", packet(0x04, { key: "no-1" }), packet(0x00, { key: "no-1" })],
];

export const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom("replace", "insert", "remove", "repeat", "cut"),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.integer({ min: 1, max: 12 }),
  bytes: fc.constantFrom(...NASTY),
});

export function mutate(bytes: string, { kind, at, length, bytes: inserted }: Mutation): string {
  const start = Math.floor(at * bytes.length);
  const end = Math.min(bytes.length, start + length);
  switch (kind) {
    case "replace":
      return bytes.slice(0, start) + inserted + bytes.slice(start + inserted.length);
    case "insert":
      return bytes.slice(0, start) + inserted + bytes.slice(start);
    case "remove":
      return bytes.slice(0, start) + bytes.slice(end);
    case "repeat":
      return bytes.slice(0, end) + bytes.slice(start);
    default:
      return bytes.slice(0, start);
  }
}
