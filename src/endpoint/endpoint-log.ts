import type { Clock } from "../lib/clock.ts";
import type { EndpointState } from "./endpoint-state.ts";

/** What is kept of an endpoint's life: enough to see what happened last, little enough for 65,535 endpoints. */
const ENTRIES_MAX = 64;
const MESSAGE_LENGTH_MAX = 512;

export interface EndpointLogLine {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly state: EndpointState;
  readonly message: string;
}

/** The last events of an endpoint's life. */
export class EndpointLog {
  private readonly clock: Clock;
  private readonly lines: EndpointLogLine[] = [];

  constructor(clock: Clock) {
    this.clock = clock;
  }

  add(state: EndpointState, message: string): void {
    // Shifting so few is cheaper than keeping track of a ring.
    if (this.lines.length === ENTRIES_MAX) this.lines.shift();
    const cut = message.length > MESSAGE_LENGTH_MAX ? `${message.slice(0, MESSAGE_LENGTH_MAX)}…` : message;
    this.lines.push({ time: this.clock.now(), state, message: cut });
  }

  /** The oldest first. */
  entries(): readonly EndpointLogLine[] {
    return [...this.lines];
  }
}
