import { asciiText, decodeText } from "../../lib/bytes/text.ts";
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from "./limits.ts";
import { Expected } from "./reply-queue.ts";
import { Answer, type Keys, type Needs, needs } from "./request.ts";
import type { RequestLine } from "./text-frame.ts";
import { unsignedAt } from "./text-number.ts";

const NOTHING: Needs = needs([]);

/** What a request line asks for. Made once per connection and filled for every line. */
export class TextRequest {
  needs: Needs = NOTHING;
  keys: Keys = undefined;
  /** Length of the data block behind the line, without its CRLF; -1: there is none. */
  valueLength = -1;
  answer: Answer = Answer.Always;
  /** What its reply looks like. */
  reply: Expected = Expected.Line;
  /** The request ends the connection. */
  quits = false;

  begin(wanted: Needs, reply: Expected): void {
    this.needs = wanted;
    this.keys = undefined;
    this.valueLength = -1;
    this.answer = Answer.Always;
    this.reply = reply;
    this.quits = false;
  }

  /** Takes one key. @returns What is wrong with it. */
  takeKey(line: RequestLine, token: number): string | undefined {
    if (line.length(token) > KEY_BYTES_MAX) return KEY_TOO_LONG;
    this.keys = keyAt(line, token);
    return undefined;
  }

  /** Takes the keys from a token to the end of the line. */
  takeKeys(line: RequestLine, first: number): string | undefined {
    if (line.tokenCount === first + 1) return this.takeKey(line, first);
    const keys: string[] = [];
    for (let token = first; token < line.tokenCount; token++) {
      if (line.length(token) > KEY_BYTES_MAX) return KEY_TOO_LONG;
      keys.push(keyAt(line, token));
    }
    this.keys = keys;
    return undefined;
  }

  takeValueLength(line: RequestLine, token: number): string | undefined {
    const length = unsignedAt(line.buffer, line.start(token), line.end(token), VALUE_BYTES_MAX);
    if (length < 0) return `the length of the value is no plain number up to ${VALUE_BYTES_MAX}`;
    this.valueLength = length;
    return undefined;
  }

  /** Whether the line has `count` words, or one more which is `noreply`. */
  takeNoreply(line: RequestLine, count: number): boolean {
    if (line.tokenCount === count) return true;
    if (line.tokenCount !== count + 1 || !line.equals(count, "noreply")) return false;
    this.answer = Answer.None;
    return true;
  }
}

export const KEY_TOO_LONG: string = `a key is longer than ${KEY_BYTES_MAX} bytes`;

function keyAt(line: RequestLine, token: number): string {
  const start = line.start(token);
  const end = line.end(token);
  return line.ascii ? asciiText(line.buffer, start, end) : decodeText(line.buffer, start, end);
}
