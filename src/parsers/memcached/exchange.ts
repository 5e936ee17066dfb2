import type { Connection } from "../../proxylib/connection.ts";
import { OUTSTANDING_MAX } from "./limits.ts";
import { ReplyQueue } from "./reply-queue.ts";

/** What both directions of one connection share. */
export class Exchange {
  readonly connection: Connection;
  readonly queue: ReplyQueue = new ReplyQueue();
  /** Requests wait until a dump or watch, which memcached cannot interleave with others, has its reply. */
  alone = false;
  /** The connection is a stream of log lines. */
  watching = false;
  /**
   * The server has shown that it reads as we do. Until then nothing may pass that it could take for something else:
   * memcached can be started for one protocol only (`-B`), and with `-Y` it reads the data block of anything but `set` as
   * lines until the client has authenticated.
   */
  proven = false;
  /** The server has shown that it reads the data block of `ms`: before 1.6 it does not know the command. */
  metaProven = false;
  /** A probe has left whose reply has not come. */
  probing = false;
  /** While the connection was only observed, something passed unproven: the server may have read it otherwise than we. */
  guessed = false;
  private waiting = false;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** Whether the next request has to wait for replies. Then the direction is woken up when they have come. */
  mustWait(): boolean {
    if (!this.alone && this.queue.outstanding < OUTSTANDING_MAX) return false;
    this.waiting = true;
    return true;
  }

  /** The next request waits for replies, whatever their number. */
  waitForReplies(): void {
    this.waiting = true;
  }

  /**
   * Whether the server must first prove how it reads. Of a connection that is only observed, nothing is held back and
   * nothing asked: what it says counts as if it were proven, but it can never be enforced.
   */
  mustProve(): boolean {
    if (!this.connection.observed) return true;
    this.guessed = true;
    return false;
  }

  /** A reply has left the queue. */
  replied(): void {
    if (!this.waiting || this.queue.outstanding > OUTSTANDING_MAX / 2) return;
    this.waiting = false;
    this.connection.wakeUp(false);
  }
}
