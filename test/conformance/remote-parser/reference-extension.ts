import {
  type ByteView,
  type Connection,
  drop,
  type Extension,
  inject,
  more,
  nop,
  ParseError,
  type Parser,
  pass,
  type Verdict,
} from "weir/proxylib";

const LF = 0x0a;
const LINE_BYTES_MAX = 4096;
/** What a parser remembers: numbers of 32 bits, each of the last three for both directions. */
const COUNTER = 0;
const PERMITS = 1;
const SETTLED = 3;
/** 1: the line was replaced, and is to be dropped. */
const PLACED = 5;
const NUMBERS = 7;
const STATE_BYTES = 4 * NUMBERS;

/**
 * The reference extension of the conformance test: each line tells the parser what to do with it. What each of them means
 * is told in docs/internals/remote-parser-protocol.md.
 */
class ReferenceParser implements Parser {
  private readonly connection: Connection;
  private readonly numbers: Uint32Array;
  private readonly waiting: [(() => void) | undefined, (() => void) | undefined] = [undefined, undefined];

  constructor(connection: Connection, numbers: Uint32Array) {
    this.connection = connection;
    this.numbers = numbers;
  }

  onData(reply: boolean, endStream: boolean, data: ByteView): Verdict | Promise<Verdict> {
    const end = data.indexOf(LF);
    if (end < 0) {
      if (data.length === 0) return nop;
      if (endStream) return this.connection.fail(ParseError.InvalidFrameLength, "the stream ends within a line");
      if (data.length < LINE_BYTES_MAX) return more(1);
      return this.connection.fail(ParseError.InvalidFrameLength, "the line is too long");
    }
    return this.obey(reply, end + 1, data);
  }

  snapshot(): Uint8Array {
    const state = Buffer.alloc(STATE_BYTES);
    for (const [index, number] of this.numbers.entries()) state.writeUInt32BE(number, index * 4);
    return state;
  }

  private obey(reply: boolean, length: number, data: ByteView): Verdict | Promise<Verdict> {
    const { connection, numbers } = this;
    const own = reply ? 1 : 0;
    const other = 1 - own;
    const line = data.text(0, length - 1);
    const space = line.indexOf(" ");
    const [command, rest] = space < 0 ? [line, ""] : [line.slice(0, space), line.slice(space + 1)];
    switch (command) {
      case "PASS":
        return pass(length + Number(rest));
      case "DROP":
        return drop(length + Number(rest));
      case "MORE": {
        const wanted = length + Number(rest);
        return data.length < wanted ? more(wanted - data.length) : pass(wanted);
      }
      case "HOLD":
        if (numbers[PERMITS + own] === 0) return nop;
        numbers[PERMITS + own]! -= 1;
        return pass(length);
      case "RELEASE":
        numbers[PERMITS + other]! += 1;
        connection.wakeUp(!reply);
        return pass(length);
      case "REPLACE":
        return this.replace(reply, own, rest, length);
      case "ANSWER":
        connection.inject(!reply, Buffer.from(`${rest}\n`));
        return drop(length);
      case "ASK":
        if (connection.matches({ word: rest })) {
          connection.log("Request", { word: rest });
          return pass(length);
        }
        connection.log("Denied", { word: rest });
        connection.inject(!reply, Buffer.from("DENIED\n"));
        return drop(length);
      case "COUNT":
        numbers[COUNTER]! += 1;
        connection.inject(!reply, Buffer.from(`${numbers[COUNTER]}\n`));
        return drop(length);
      case "WAIT":
        return this.wait(own, length);
      case "SETTLE":
        numbers[SETTLED + other]! += 1;
        this.waiting[other]?.();
        return pass(length);
      case "FAIL":
        return connection.fail(ParseError.InvalidFrameType, rest, { line: rest });
      case "THROW":
        throw new Error(rest);
      default:
        return connection.fail(ParseError.InvalidFrameType, "no such command");
    }
  }

  private replace(reply: boolean, own: 0 | 1, text: string, length: number): Verdict {
    if (this.numbers[PLACED + own] === 1) {
      this.numbers[PLACED + own] = 0;
      return drop(length);
    }
    this.numbers[PLACED + own] = 1;
    const bytes = Buffer.from(`${text}\n`);
    this.connection.inject(reply, bytes);
    return inject(bytes.length);
  }

  private async wait(own: 0 | 1, length: number): Promise<Verdict> {
    const { numbers, waiting } = this;
    if (numbers[SETTLED + own] === 0) {
      await new Promise<void>((resolve) => {
        waiting[own] = resolve;
      });
      waiting[own] = undefined;
    }
    numbers[SETTLED + own]! -= 1;
    return pass(length);
  }
}

const declaration = { version: "1.0.0", fields: { word: { exact: true } } } as const;

function begin(connection: Connection): Parser {
  return new ReferenceParser(connection, new Uint32Array(NUMBERS));
}

export const reference: Extension = {
  ...declaration,
  name: "weir.reference",
  create: begin,
  restore: (connection, state) => {
    const numbers = Buffer.from(state);
    if (numbers.length === 0) return begin(connection);
    if (numbers.length !== STATE_BYTES) return undefined;
    return new ReferenceParser(
      connection,
      new Uint32Array(NUMBERS).map((_, index) => numbers.readUInt32BE(index * 4)),
    );
  },
};

/** The same without snapshots; refuses connections to port 1. */
export const forgetful: Extension = {
  ...declaration,
  name: "weir.forgetful",
  create: (connection) => {
    if (connection.port === 1) return undefined;
    const parser = begin(connection);
    return { onData: (reply, endStream, data) => parser.onData(reply, endStream, data) };
  },
};
