import { Code, ConnectError } from "@connectrpc/connect";
import { namedReasonOf, reasonOf } from "../../lib/error.ts";

export interface Call<In, Out> {
  /** What the host sends. */
  readonly requests: AsyncIterable<In>;
  /** Takes one message at a time. @returns What is wrong with it; then the call ends. */
  readonly receive: (message: In) => string | undefined | Promise<string | undefined>;
  /** What the host gets. */
  readonly replies: AsyncIterable<Out>;
  /** Ends `replies`, and whatever else belongs to the call. May be called more than once. */
  readonly end: () => void;
  /** Aborted when the host is gone. */
  readonly signal: AbortSignal;
  /** Told why a call ended that the host did not end. */
  readonly onFault: (reason: string) => void;
}

/** What the library throws when the host has gone. All else that it throws says what is wrong with the bytes that came. */
const GONE: ReadonlySet<Code> = new Set([Code.Canceled, Code.Aborted, Code.Unavailable]);

/** Reads and writes one call side by side, until either has ended. */
export async function* serveCall<In, Out>(call: Call<In, Out>): AsyncGenerator<Out> {
  const { signal, replies, end } = call;
  let fault: string | undefined;
  // A host may go while something is being written to it: then nobody asks for the next reply any more.
  signal.addEventListener("abort", end);
  void read(call).then((found) => {
    fault = found;
    if (found !== undefined && !signal.aborted) call.onFault(found);
    end();
  });
  try {
    if (!signal.aborted) yield* replies;
    if (fault !== undefined) throw new ConnectError(fault, Code.InvalidArgument);
  } finally {
    signal.removeEventListener("abort", end);
    end();
  }
}

/** @returns What was wrong with what the host has sent; undefined: it has ended, or is gone. Never rejects. */
async function read<In, Out>({ requests, receive }: Call<In, Out>): Promise<string | undefined> {
  let taking = false;
  try {
    for await (const request of requests) {
      taking = true;
      const fault = await receive(request);
      if (fault !== undefined) return fault;
      taking = false;
    }
    return undefined;
  } catch (error) {
    if (taking) return namedReasonOf(error);
    return error instanceof ConnectError && !GONE.has(error.code) ? reasonOf(error) : undefined;
  }
}
