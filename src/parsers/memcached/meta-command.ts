import { asciiText, decodeText } from "../../lib/bytes/text.ts";
import type { Command } from "./command.ts";
import { KEY_BYTES_MAX, LINE_BYTES_MAX, SMALL_VALUE_BYTES_MAX } from "./limits.ts";
import { FlagKind, MetaFlags, metaFlagSet } from "./meta-flags.ts";
import { Expected } from "./reply-queue.ts";
import { Answer, type Needs, needs } from "./request.ts";
import type { RequestLine } from "./text-frame.ts";
import { KEY_TOO_LONG, type TextRequest } from "./text-request.ts";
import type { Verb } from "./text-verb.ts";

const NO_KEY = "a meta command has no key";
const BAD_BASE64 = "a key is no canonical base64";

const { None, Signed, Unsigned32, Unsigned64, Opaque, Letter, Ignored } = FlagKind;
/** Of every meta command: base64 key, echoed key, opaque, quiet, and what memcached keeps for proxies. */
const COMMON = { b: None, k: None, O: Opaque, q: None, L: Ignored, P: Ignored };

const GET_FLAGS: Uint8Array = metaFlagSet({
  ...COMMON,
  ...{ c: None, f: None, h: None, l: None, s: None, t: None, u: None, v: None },
  ...{ N: Signed, R: Signed, T: Signed },
});
const SET_FLAGS: Uint8Array = metaFlagSet({
  ...COMMON,
  ...{ c: None, s: None, I: None, C: Unsigned64, F: Unsigned32, M: Letter, N: Signed, T: Signed },
});
const DELETE_FLAGS: Uint8Array = metaFlagSet({ ...COMMON, I: None, C: Unsigned64, T: Signed });
const ARITHMETIC_FLAGS: Uint8Array = metaFlagSet({
  ...COMMON,
  ...{ c: None, t: None, v: None, C: Unsigned64, D: Unsigned64, J: Unsigned64, M: Letter, N: Signed, T: Signed },
});

const GET: Needs = needs(["get"]);
const GET_TOUCH: Needs = needs(["gat"], ["get", "touch"]);
const GET_CREATE: Needs = needs(["get", "add"]);
const GET_TOUCH_CREATE: Needs = needs(["gat", "add"], ["get", "touch", "add"]);
const DELETE: Needs = needs(["delete"]);
const DELETE_TOUCH: Needs = needs(["delete", "touch"]);
const NOOP: Needs = needs(["noop"]);
const DEBUG: Needs = needs(["me"]);

/** Mode → the command that it stands for; `S` is what no mode means. */
const SET_MODES: ReadonlyMap<string, Command> = new Map([
  ["S", "set"],
  ["E", "add"],
  ["A", "append"],
  ["P", "prepend"],
  ["R", "replace"],
]);
const ARITHMETIC_MODES: ReadonlyMap<string, Command> = new Map([
  ["I", "incr"],
  ["+", "incr"],
  ["D", "decr"],
  ["-", "decr"],
]);

/** Needs by their commands, so that a request makes no new ones. */
const known = new Map<string, Needs>();

function needsOf(...commands: readonly Command[]): Needs {
  const label = commands.join();
  let wanted = known.get(label);
  if (wanted === undefined) {
    wanted = needs(commands);
    known.set(label, wanted);
  }
  return wanted;
}

/** Needs of commands with which memcached may also delete an item: whoever may set it can do as much. */
function clearingNeedsOf(commands: readonly Command[]): Needs {
  const label = `${commands.join()} of a large value`;
  let wanted = known.get(label);
  if (wanted === undefined) {
    wanted = needs([...commands, "delete"], [...commands, "set"]);
    known.set(label, wanted);
  }
  return wanted;
}

const flags: MetaFlags = new MetaFlags();

function takeKey(line: RequestLine, request: TextRequest, base64: boolean): string | undefined {
  // memcached measures the key as it stands there.
  if (line.length(1) > KEY_BYTES_MAX) return KEY_TOO_LONG;
  if (!base64) return request.takeKey(line, 1);
  const encoded = asciiText(line.buffer, line.start(1), line.end(1));
  const key = Buffer.from(encoded, "base64");
  // Its decoder skips what is no base64; going back and forth shows whether this was the one spelling of the key.
  if (key.length === 0 || key.toString("base64") !== encoded) return BAD_BASE64;
  request.keys = decodeText(key, 0, key.length);
  return undefined;
}

/** Reads key and flags from token `first`; the rest of `request` is the caller's. */
function readKeyAndFlags(line: RequestLine, request: TextRequest, allowed: Uint8Array, first: number) {
  if (line.tokenCount < 2) return NO_KEY;
  const problem = flags.read(line, first, allowed);
  if (problem !== undefined) return problem;
  request.answer = flags.has("q") ? Answer.Maybe : Answer.Always;
  return takeKey(line, request, flags.has("b"));
}

/** `mg <key> <flags>*`: a read; with a new expiry it touches, with N it may create. */
function readMetaGet(line: RequestLine, request: TextRequest): string | undefined {
  request.begin(GET, Expected.Meta);
  const problem = readKeyAndFlags(line, request, GET_FLAGS, 2);
  if (flags.has("T")) request.needs = flags.has("N") ? GET_TOUCH_CREATE : GET_TOUCH;
  else if (flags.has("N")) request.needs = GET_CREATE;
  return problem;
}

/**
 * `ms <key> <bytes> <flags>*` and a data block. Where memcached has no room for the value it deletes the item that is
 * there, whatever the mode: an `add` of a value that is too large would be a `delete`.
 */
function readMetaSet(line: RequestLine, request: TextRequest): string | undefined {
  request.begin(GET, Expected.Meta);
  if (line.tokenCount < 3) return "a meta set has no key or no length";
  const problem = readKeyAndFlags(line, request, SET_FLAGS, 3) ?? request.takeValueLength(line, 2);
  if (problem !== undefined) return problem;
  const command = SET_MODES.get(flags.has("M") ? flags.mode : "S");
  if (command === undefined) return `the mode ${flags.mode} is not one of S E A P R`;
  const commands = setCommands(command);
  const clears = request.valueLength > SMALL_VALUE_BYTES_MAX && !commands.includes("set");
  request.needs = clears ? clearingNeedsOf(commands) : needsOf(...commands);
  return undefined;
}

function setCommands(command: Command): readonly Command[] {
  if (command === "append" || command === "prepend") return flags.has("N") ? [command, "add"] : [command];
  // With a cas value, set and replace compare; with I, an older value is overwritten all the same.
  if (!flags.has("C") || command === "add") return [command];
  return flags.has("I") ? ["cas", command] : ["cas"];
}

/** `md <key> <flags>*`: a delete; with I it only marks the item as stale, with T that has a new expiry. */
function readMetaDelete(line: RequestLine, request: TextRequest): string | undefined {
  request.begin(DELETE, Expected.Meta);
  const problem = readKeyAndFlags(line, request, DELETE_FLAGS, 2);
  if (flags.has("T")) request.needs = DELETE_TOUCH;
  return problem;
}

/** `ma <key> <flags>*`: incr or decr; with N it may create, with T it touches. */
function readMetaArithmetic(line: RequestLine, request: TextRequest): string | undefined {
  request.begin(GET, Expected.Meta);
  const problem = readKeyAndFlags(line, request, ARITHMETIC_FLAGS, 2);
  if (problem !== undefined) return problem;
  const command = ARITHMETIC_MODES.get(flags.has("M") ? flags.mode : "I");
  if (command === undefined) return `the mode ${flags.mode} is not one of I + D -`;
  const wanted: Command[] = [command];
  if (flags.has("N")) wanted.push("add");
  if (flags.has("T")) wanted.push("touch");
  request.needs = needsOf(...wanted);
  return undefined;
}

/** `mn` */
function readMetaNoop(line: RequestLine, request: TextRequest): string | undefined {
  request.begin(NOOP, Expected.Sync);
  return line.tokenCount === 1 ? undefined : "mn takes no words";
}

/** `me <key> [b]` */
function readMetaDebug(line: RequestLine, request: TextRequest): string | undefined {
  request.begin(DEBUG, Expected.Meta);
  const base64 = line.tokenCount === 3 && line.equals(2, "b");
  if (line.tokenCount !== (base64 ? 3 : 2)) return "me takes a key and perhaps the flag b";
  return takeKey(line, request, base64);
}

function verb(name: string, read: Verb["read"]): Verb {
  return { name, lineBytesMax: LINE_BYTES_MAX, read };
}

/** The meta commands, judged as the classic commands that they amount to. */
export const META_VERBS: readonly Verb[] = [
  verb("mg", readMetaGet),
  verb("ms", readMetaSet),
  verb("md", readMetaDelete),
  verb("ma", readMetaArithmetic),
  verb("mn", readMetaNoop),
  verb("me", readMetaDebug),
];
