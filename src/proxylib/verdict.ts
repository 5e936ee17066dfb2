/**
 * A parser's answer for the bytes that it saw, as one number (so that none is allocated): `count * 8 + operation`.
 * Made by the functions below, read by `operationOf` and `countOf`.
 */
export type Verdict = number & { readonly __brand: "Verdict" };

/** The operations (names and meaning as in Cilium's proxylib). */
export const Operation = { Nop: 0, More: 1, Pass: 2, Drop: 3, Inject: 4, Error: 5, Invalid: 7 } as const;
export type Operation = (typeof Operation)[keyof typeof Operation];

const RADIX = 8;
/** More than any frame of any protocol; small enough that every verdict is an exact number. */
export const COUNT_MAX: number = 2 ** 48;
const INVALID = Operation.Invalid as number as Verdict;

function encode(count: number, operation: Operation): Verdict {
  // NaN, fractions, zero, negative and absurd counts all end here: the engine closes the connection.
  if (!(count >= 1 && count <= COUNT_MAX) || Math.floor(count) !== count) return INVALID;
  return (count * RADIX + operation) as Verdict;
}

/** Keep everything; call again when at least `count` more bytes are there (or the stream ends, or on a wake-up). Ends the call. */
export function more(count: number): Verdict {
  return encode(count, Operation.More);
}

/** Send the next `count` bytes on. Beyond what is buffered it holds for bytes to come, which the parser never sees. */
export function pass(count: number): Verdict {
  return encode(count, Operation.Pass);
}

/** Discard the next `count` bytes. Beyond what is buffered it holds for bytes to come, which the parser never sees. */
export function drop(count: number): Verdict {
  return encode(count, Operation.Drop);
}

/** Send `count` bytes that `connection.inject` queued for *this* direction, here, before the next undecided byte. */
export function inject(count: number): Verdict {
  return encode(count, Operation.Inject);
}

/** Nothing to decide now. Ends the call; the parser is called again with the next bytes. */
export const nop: Verdict = Operation.Nop as number as Verdict;

/** Why a stream cannot be understood (numbers as in Cilium's proxylib). */
export const ParseError = { InvalidOpLength: 1, InvalidFrameType: 2, InvalidFrameLength: 3 } as const;
export type ParseError = (typeof ParseError)[keyof typeof ParseError];

/** The bytes cannot be understood: what was passed and injected goes out, then the connection is closed. See `Connection.fail`. */
export function error(code: ParseError): Verdict {
  return encode(code, Operation.Error);
}

export function operationOf(verdict: Verdict): Operation {
  // `%` also holds for counts beyond 32 bits. No function of this file makes a negative number, or NaN.
  return verdict >= 0 ? ((verdict % RADIX) as Operation) : Operation.Invalid;
}

export function countOf(verdict: Verdict): number {
  // Nearly all fit into 31 bits, where a shift does it.
  return verdict <= 0x7fff_ffff ? verdict >> 3 : Math.floor(verdict / RADIX);
}
