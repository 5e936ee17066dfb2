import { META_TOKENS_MAX, OPAQUE_FLAG_BYTES_MAX } from "./limits.ts";
import type { RequestLine } from "./text-frame.ts";
import { isInt32, isUint32, isUint64 } from "./text-number.ts";

/** What stands behind the letter of a flag. */
export const FlagKind = {
  Unknown: 0,
  /** Nothing. */
  None: 1,
  /** A signed number of 32 bits: a time. */
  Signed: 2,
  Unsigned32: 3,
  Unsigned64: 4,
  /** Text that comes back with the reply. */
  Opaque: 5,
  /** One letter: the mode. */
  Letter: 6,
  /** Anything: memcached does not look at it. */
  Ignored: 7,
} as const;
export type FlagKind = (typeof FlagKind)[keyof typeof FlagKind];

const LETTERS = 128;
const MODE = "M".charCodeAt(0);

/** The flags that a command takes, by their letters. */
export function metaFlagSet(flags: Readonly<Record<string, FlagKind>>): Uint8Array {
  const kinds = new Uint8Array(LETTERS);
  for (const [letter, kind] of Object.entries(flags)) kinds[letter.charCodeAt(0)] = kind;
  return kinds;
}

/** The flags of one meta command. Made once and used for every command. */
export class MetaFlags {
  /** The mode that the flag M gives. */
  mode = "";
  private readonly seen: Uint8Array = new Uint8Array(LETTERS);

  has(letter: string): boolean {
    return this.seen[letter.charCodeAt(0)] === 1;
  }

  /** Reads the flags from token `first` to the end of the line. @returns What is wrong with them. */
  read(line: RequestLine, first: number, allowed: Uint8Array): string | undefined {
    this.seen.fill(0);
    this.mode = "";
    if (line.tokenCount > META_TOKENS_MAX) return `a meta command has more than ${META_TOKENS_MAX} words`;
    for (let token = first; token < line.tokenCount; token++) {
      const start = line.start(token);
      const letter = line.buffer[start] as number;
      const kind = (allowed[letter] ?? FlagKind.Unknown) as FlagKind;
      if (kind === FlagKind.Unknown) return "a meta command has a flag that it does not take";
      // memcached refuses the second one: then it has not done what the first one said.
      if (this.seen[letter] === 1) return "a meta command has a flag twice";
      this.seen[letter] = 1;
      if (!isArgument(kind, line, token)) return "a flag of a meta command has an argument that it does not take";
      if (letter === MODE) this.mode = String.fromCharCode(line.buffer[start + 1] as number);
    }
    return undefined;
  }
}

/** Whether a flag of this kind may stand as the token has it. */
function isArgument(kind: FlagKind, line: RequestLine, token: number): boolean {
  const { buffer } = line;
  const start = line.start(token) + 1;
  const end = line.end(token);
  switch (kind) {
    case FlagKind.None:
      return end === start;
    case FlagKind.Signed:
      return isInt32(buffer, start, end);
    case FlagKind.Unsigned32:
      return isUint32(buffer, start, end);
    case FlagKind.Unsigned64:
      return isUint64(buffer, start, end);
    case FlagKind.Letter:
      return end === start + 1;
    case FlagKind.Opaque:
      return line.length(token) <= OPAQUE_FLAG_BYTES_MAX;
    default:
      return true;
  }
}
