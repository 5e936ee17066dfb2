const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const DELETE = 0x7f;

/** No line's end within the bytes that were given. */
export const INCOMPLETE = 0;
/** The line is there, or will never be: it cannot be forwarded. `RequestLine.problem` says why. */
export const REFUSED = -1;

/**
 * One command line, cut into tokens. Made once and used for every line, so that a request allocates nothing.
 */
export class RequestLine {
  buffer: Buffer = Buffer.alloc(0);
  tokenCount = 0;
  /** Every byte of the line is ASCII. */
  ascii = true;
  problem = "";
  /** Start and end of token i in `buffer`, at 2i and 2i + 1. */
  bounds: Int32Array = new Int32Array(64);

  start(token: number): number {
    return this.bounds[2 * token] as number;
  }

  end(token: number): number {
    return this.bounds[2 * token + 1] as number;
  }

  length(token: number): number {
    return this.end(token) - this.start(token);
  }

  equals(token: number, text: string): boolean {
    const start = this.start(token);
    if (this.length(token) !== text.length) return false;
    for (let index = 0; index < text.length; index++) {
      if (this.buffer[start + index] !== text.charCodeAt(index)) return false;
    }
    return true;
  }

  /**
   * Finds the end of the line that begins at `from` and cuts it at its spaces, as memcached does (runs of spaces count
   * as one, those before the line's end as none).
   *
   * memcached ends a line at LF alone, takes NUL as the end of the command within it, and gives other control characters
   * to the key: three things that another reader would see differently. So only CRLF, and no control characters.
   *
   * @returns The line's length with CRLF, INCOMPLETE or REFUSED.
   */
  scan(buffer: Buffer, from: number, end: number, tokensMax: number): number {
    this.buffer = buffer;
    let bounds = this.bounds;
    let bits = 0;
    let count = 0;
    let index = from;
    if (index < end && buffer[index] === SPACE) return this.refuse(buffer, from, end, "a line begins with a space");
    for (;;) {
      const start = index;
      let byte = 0;
      while (index < end) {
        byte = buffer[index] as number;
        if (byte <= SPACE || byte === DELETE) break;
        bits |= byte;
        index++;
      }
      if (index === end) return INCOMPLETE;
      if (index > start) {
        if (count === tokensMax) return this.refuse(buffer, from, end, `a line has more than ${tokensMax} words`);
        if (2 * count === bounds.length) bounds = this.grow();
        bounds[2 * count] = start;
        bounds[2 * count + 1] = index;
        count++;
      }
      if (byte === SPACE) {
        index++;
        continue;
      }
      if (byte !== CR) return this.refuse(buffer, from, end, controlProblem(byte));
      if (index + 1 === end) return INCOMPLETE;
      if (buffer[index + 1] !== LF) return this.refuse(buffer, from, end, controlProblem(CR));
      this.tokenCount = count;
      this.ascii = bits < 0x80;
      return index + 2 - from;
    }
  }

  /** A line is refused when it is complete, not before: the outcome must not depend on how its bytes arrive. */
  private refuse(buffer: Buffer, from: number, end: number, problem: string): number {
    this.problem = problem;
    const lineEnd = buffer.indexOf(LF, from);
    return lineEnd >= 0 && lineEnd < end ? REFUSED : INCOMPLETE;
  }

  private grow(): Int32Array {
    const larger = new Int32Array(2 * this.bounds.length);
    larger.set(this.bounds);
    this.bounds = larger;
    return larger;
  }
}

function controlProblem(byte: number): string {
  if (byte === LF) return "a line ends in LF without CR";
  return `a line contains the control character 0x${byte.toString(16).padStart(2, "0")}`;
}
