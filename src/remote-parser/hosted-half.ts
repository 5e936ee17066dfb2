import type { InjectQueue } from "../proxylib/inject-queue.ts";

/** What the host knows of one direction besides its engine. */
export interface HostedHalf {
  readonly direction: number;
  /** Bytes that were passed or dropped, from the beginning of the connection; also those that are never shown. */
  decided: number;
  /** Up to where bytes have come, from the beginning of the connection. */
  received: number;
  /** What was decided reaches behind what came: nothing is shown before DATA comes that begins there. */
  ahead: boolean;
  /** A promise of the parser has not settled. */
  waits: boolean;
  /** Bytes of the parser's own that wait for their verdict. */
  readonly made: InjectQueue;
}
