import { KEYSPACES_MAX } from "./limits.ts";

/** A keyspace, or undefined: none is in force. */
type Keyspace = string | undefined;

const NONE: readonly Keyspace[] = Object.freeze([undefined]);

/**
 * The keyspace that unqualified names of one connection are in. A `USE` changes it when the server executes it, at a
 * moment between the request and its answer that nobody outside knows: until then both keyspaces are possible.
 *
 * One `USE` is outstanding at a time, but where a connection is only observed. Of several at once nobody knows which one
 * was executed last, so all of them stay possible until one stands alone.
 */
export class Keyspaces {
  /** At least one, all different. */
  possible: readonly Keyspace[] = NONE;
  /** Equal texts: the same are possible. */
  key = "";
  private outstanding = 0;
  /** More than one was outstanding at a time since the last time when none was. */
  private overlapped = false;
  /** What was possible when none was outstanding. */
  private settled: readonly Keyspace[] = NONE;

  /** A `USE` leaves. */
  begin(keyspace: string): void {
    this.overlapped = this.outstanding > 0;
    this.outstanding++;
    this.add(keyspace);
  }

  /** The server has executed a `USE`. @param keyspace As the server tells it. */
  confirmed(keyspace: string): void {
    this.outstanding--;
    if (this.overlapped) this.add(keyspace);
    else this.set([keyspace]);
    this.settle();
  }

  /** The server has refused a `USE`. */
  refused(): void {
    this.outstanding--;
    if (!this.overlapped) this.set(this.settled);
    this.settle();
  }

  /** The server has executed something that was not known to be a `USE`. */
  changed(keyspace: string): void {
    this.add(keyspace);
    this.overlapped = true;
    this.settle();
  }

  private settle(): void {
    if (this.outstanding === 0) this.settled = this.possible;
  }

  private add(keyspace: string): void {
    // Without a keyspace the server executes nothing that needs one.
    const others = this.possible.filter((other) => other !== undefined && other !== keyspace);
    this.set([...others.slice(1 - KEYSPACES_MAX), keyspace]);
  }

  private set(possible: readonly Keyspace[]): void {
    this.possible = possible;
    this.key = possible.map((keyspace) => (keyspace === undefined ? "" : JSON.stringify(keyspace))).join(",");
  }
}
