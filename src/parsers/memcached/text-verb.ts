import type { RequestLine } from "./text-frame.ts";
import type { TextRequest } from "./text-request.ts";

/** A command word of the text protocol. */
export interface Verb {
  readonly name: string;
  /** Longest line that may begin with it, CRLF included. */
  readonly lineBytesMax: number;
  /** Fills `request` from the line. @returns What is wrong with the line. */
  readonly read: (line: RequestLine, request: TextRequest) => string | undefined;
}

const SHAPE_BITS = 5;
const LENGTH_MAX = 31;

/** Verbs by their first letter and length: hardly ever more than one has the same. */
export class VerbTable {
  private readonly byShape: (readonly Verb[] | undefined)[] = new Array(1 << (2 * SHAPE_BITS));

  constructor(verbs: readonly Verb[]) {
    for (const verb of verbs) {
      const at = shape(verb.name.charCodeAt(0), verb.name.length);
      this.byShape[at] = [...(this.byShape[at] ?? []), verb];
    }
  }

  /** The verb that is the first word of a line. */
  find(line: RequestLine): Verb | undefined {
    if (line.tokenCount === 0 || line.length(0) > LENGTH_MAX) return undefined;
    const candidates = this.byShape[shape(line.buffer[line.start(0)] as number, line.length(0))];
    if (candidates === undefined) return undefined;
    for (const verb of candidates) {
      if (line.equals(0, verb.name)) return verb;
    }
    return undefined;
  }
}

function shape(first: number, length: number): number {
  return ((first & LENGTH_MAX) << SHAPE_BITS) | length;
}
