import type { Command } from "./command.ts";
import { LINE_BYTES_MAX, RETRIEVAL_LINE_BYTES_MAX } from "./limits.ts";
import { Expected } from "./reply-queue.ts";
import { Answer, type Needs, needs } from "./request.ts";
import type { RequestLine } from "./text-frame.ts";
import { isInt32, isUint32, isUint64 } from "./text-number.ts";
import type { TextRequest } from "./text-request.ts";
import type { Verb } from "./text-verb.ts";

/** Reads the words behind a verb. @returns What is wrong with them. */
type Reader = (line: RequestLine, request: TextRequest) => string | undefined;

const WRONG_WORDS = "the words behind the command are not the ones that it takes";
const BAD_NUMBER = "a number is not a plain decimal within its range";

function int32(line: RequestLine, token: number): boolean {
  return isInt32(line.buffer, line.start(token), line.end(token));
}

function uint32(line: RequestLine, token: number): boolean {
  return isUint32(line.buffer, line.start(token), line.end(token));
}

function uint64(line: RequestLine, token: number): boolean {
  return isUint64(line.buffer, line.start(token), line.end(token));
}

/** `get <key>+` */
const readGet: Reader = (line, request) => {
  if (line.tokenCount < 2) return WRONG_WORDS;
  return request.takeKeys(line, 1);
};

/** `gat <exptime> <key>+` */
const readGat: Reader = (line, request) => {
  if (line.tokenCount < 3) return WRONG_WORDS;
  if (!int32(line, 1)) return BAD_NUMBER;
  return request.takeKeys(line, 2);
};

/** `set <key> <flags> <exptime> <bytes> [noreply]` and a data block */
const readStorage: Reader = (line, request) => {
  if (!request.takeNoreply(line, 5)) return WRONG_WORDS;
  if (!uint32(line, 2) || !int32(line, 3)) return BAD_NUMBER;
  return request.takeValueLength(line, 4) ?? request.takeKey(line, 1);
};

/** `cas <key> <flags> <exptime> <bytes> <cas unique> [noreply]` and a data block */
const readCas: Reader = (line, request) => {
  if (!request.takeNoreply(line, 6)) return WRONG_WORDS;
  if (!uint32(line, 2) || !int32(line, 3) || !uint64(line, 5)) return BAD_NUMBER;
  return request.takeValueLength(line, 4) ?? request.takeKey(line, 1);
};

/** `incr <key> <delta> [noreply]` */
const readArithmetic: Reader = (line, request) => {
  if (!request.takeNoreply(line, 3)) return WRONG_WORDS;
  if (!uint64(line, 2)) return BAD_NUMBER;
  return request.takeKey(line, 1);
};

/** `touch <key> <exptime> [noreply]` */
const readTouch: Reader = (line, request) => {
  if (!request.takeNoreply(line, 3)) return WRONG_WORDS;
  if (!int32(line, 2)) return BAD_NUMBER;
  return request.takeKey(line, 1);
};

/** `delete <key> [0] [noreply]` */
const readDelete: Reader = (line, request) => {
  const withZero = line.tokenCount > 2 && line.equals(2, "0");
  if (!request.takeNoreply(line, withZero ? 3 : 2)) return WRONG_WORDS;
  return request.takeKey(line, 1);
};

/** `flush_all [delay] [noreply]` */
const readFlush: Reader = (line, request) => {
  if (request.takeNoreply(line, 1)) return undefined;
  if (!request.takeNoreply(line, 2)) return WRONG_WORDS;
  return int32(line, 1) ? undefined : BAD_NUMBER;
};

/** `verbosity <level> [noreply]`, `cache_memlimit <megabytes> [noreply]` */
const readLevel: Reader = (line, request) => {
  if (!request.takeNoreply(line, 2)) return WRONG_WORDS;
  return uint32(line, 1) ? undefined : BAD_NUMBER;
};

const readNothing: Reader = (line) => (line.tokenCount === 1 ? undefined : WRONG_WORDS);

const readQuit: Reader = (line, request) => {
  request.quits = true;
  request.answer = Answer.None;
  return readNothing(line, request);
};

/** Commands of administration: their words are the server's to judge, its reply is one line. It takes no `noreply` here. */
const readWords: Reader = (line) => {
  const last = line.tokenCount - 1;
  return line.tokenCount > 8 || line.equals(last, "noreply") ? WRONG_WORDS : undefined;
};

const STATISTICS: readonly string[] = ["items", "slabs", "sizes", "conns", "settings", "extstore", "cachedump"];

/** `stats [group …]` */
const readStats: Reader = (line, request) => {
  const listed = line.tokenCount === 1 || STATISTICS.some((group) => line.equals(1, group));
  if (!listed) {
    const oneLine = line.equals(1, "reset") || line.equals(1, "detail");
    // Of other groups nobody knows whether END closes their reply (`stats sizes_enable` has none).
    if (!oneLine) request.answer = Answer.Maybe;
  }
  return readWords(line, request);
};

const readCrawler: Reader = (line, request) => {
  if (line.tokenCount > 1 && (line.equals(1, "metadump") || line.equals(1, "mgdump"))) request.reply = Expected.Dump;
  return readWords(line, request);
};

function verb(name: string, command: Command, reply: Expected, read: Reader, lineBytesMax = LINE_BYTES_MAX): Verb {
  const wanted: Needs = needs([command]);
  return {
    name,
    lineBytesMax,
    read: (line, request) => {
      request.begin(wanted, reply);
      return read(line, request);
    },
  };
}

/** The classic commands. What is not listed here (`bget`, `extstore`, `refresh_certs`, `debugtime`) is not forwarded. */
export const TEXT_VERBS: readonly Verb[] = [
  // Only these two may be longer: memcached closes the connection for any other line of that length.
  verb("get", "get", Expected.Values, readGet, RETRIEVAL_LINE_BYTES_MAX),
  verb("gets", "get", Expected.Values, readGet, RETRIEVAL_LINE_BYTES_MAX),
  verb("gat", "gat", Expected.Values, readGat),
  verb("gats", "gat", Expected.Values, readGat),
  verb("set", "set", Expected.Line, readStorage),
  verb("add", "add", Expected.Line, readStorage),
  verb("replace", "replace", Expected.Line, readStorage),
  verb("append", "append", Expected.Line, readStorage),
  verb("prepend", "prepend", Expected.Line, readStorage),
  verb("cas", "cas", Expected.Line, readCas),
  verb("incr", "incr", Expected.Line, readArithmetic),
  verb("decr", "decr", Expected.Line, readArithmetic),
  verb("touch", "touch", Expected.Line, readTouch),
  verb("delete", "delete", Expected.Line, readDelete),
  verb("stats", "stats", Expected.Statistics, readStats),
  verb("flush_all", "flush_all", Expected.Line, readFlush),
  verb("version", "version", Expected.Line, readNothing),
  verb("quit", "quit", Expected.Line, readQuit),
  verb("verbosity", "verbosity", Expected.Line, readLevel),
  verb("cache_memlimit", "cache_memlimit", Expected.Line, readLevel),
  verb("slabs", "slabs", Expected.Line, readWords),
  verb("lru", "lru", Expected.Line, readWords),
  verb("lru_crawler", "lru_crawler", Expected.Line, readCrawler),
  verb("watch", "watch", Expected.Watch, readWords),
  verb("shutdown", "shutdown", Expected.Line, readWords),
  verb("misbehave", "misbehave", Expected.Line, readNothing),
];
