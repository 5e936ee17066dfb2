import type { ByteView } from "../lib/bytes/byte-view.ts";
import type { Parser } from "../proxylib/parser.ts";
import { countOf, drop, nop, Operation, operationOf, type Verdict } from "../proxylib/verdict.ts";
import type { HostedHalf } from "./hosted-half.ts";

/** Takes what a parser decided, in order, for the owner. */
export interface VerdictSink {
  /** false: the connection has ended, and nothing is to be told any more. */
  readonly open: boolean;
  half(reply: boolean): HostedHalf;
  /** The parser is about to be called. */
  entered(half: HostedHalf): void;
  passed(half: HostedHalf, count: number): void;
  dropped(half: HostedHalf, count: number): void;
  injected(half: HostedHalf, count: number): void;
  /** Undecided bytes must reach this offset before the parser is called again. */
  asked(half: HostedHalf, offset: number): void;
  idled(half: HostedHalf): void;
  waited(half: HostedHalf): void;
  /** The parser's verdict was told: it is between two calls. */
  called(): void;
  /** All calls that a promise set off have been made. */
  runEnded(): void;
}

/**
 * Stands between the host's engine and the real parser: tells the owner each verdict, and lets the engine carry out what
 * concerns the bytes that are here. So the loop of the host is that of the engine itself.
 */
export class HostedParser implements Parser {
  private readonly parser: Parser;
  private readonly sink: VerdictSink;

  constructor(parser: Parser, sink: VerdictSink) {
    this.parser = parser;
    this.sink = sink;
  }

  onData(reply: boolean, endStream: boolean, data: ByteView): Verdict | Promise<Verdict> {
    const half = this.sink.half(reply);
    if (half.ahead) return nop;
    this.sink.entered(half);
    const verdict = this.parser.onData(reply, endStream, data);
    if (typeof verdict === "number") return this.tell(half, verdict, data.length);
    // What is no promise is the engine's to refuse.
    if (typeof (verdict as Promise<Verdict> | undefined)?.then !== "function") return verdict;
    return this.wait(half, verdict, data);
  }

  closed(): void {
    this.parser.closed?.();
  }

  private tell(half: HostedHalf, verdict: Verdict, length: number): Verdict {
    const told = this.carry(half, verdict, length);
    this.sink.called();
    return told;
  }

  private carry(half: HostedHalf, verdict: Verdict, length: number): Verdict {
    const count = countOf(verdict);
    switch (operationOf(verdict)) {
      case Operation.Pass:
        this.sink.passed(half, count);
        return taken(half, count, length);
      case Operation.Drop:
        this.sink.dropped(half, count);
        return taken(half, count, length);
      case Operation.Inject:
        if (count <= half.made.length) this.sink.injected(half, count);
        return verdict;
      case Operation.More:
        this.sink.asked(half, half.decided + length + count);
        return verdict;
      case Operation.Nop:
        this.sink.idled(half);
        return verdict;
      default:
        // An error, or no verdict: the engine ends the connection, and the owner is told by that.
        return verdict;
    }
  }

  private wait(half: HostedHalf, promise: Promise<Verdict>, data: ByteView): Promise<Verdict> {
    half.waits = true;
    this.sink.waited(half);
    const told = promise.then((verdict) => {
      half.waits = false;
      // More may have come meanwhile.
      return typeof verdict === "number" && this.sink.open ? this.tell(half, verdict, data.length) : verdict;
    });
    const ended = (): void => this.sink.runEnded();
    // Behind the engine, which asks for the verdict when this has returned.
    queueMicrotask(() => void told.then(ended, ended));
    return told;
  }
}

/** The engine gives up what is here: nothing leaves from this side. For the rest the parser is not called, since it never comes. */
function taken(half: HostedHalf, count: number, length: number): Verdict {
  if (count > length) half.ahead = true;
  const here = Math.min(count, length);
  return here === 0 ? nop : drop(here);
}
