import type { PolicyRealization } from "../api/rest.ts";
import { WeirError } from "../lib/error.ts";

/** Each one holds a connection. */
const WAITERS_MAX = 64;
/** Between two looks, of all waiters together. */
const LOOK_MS = 100;
/** How long an endpoint may refuse a revision before nobody waits for it any more (as in Cilium). */
export const FAILING_MS_MAX = 60_000;

/** How far the endpoints are. */
export interface RevisionState {
  /** The policy's own revision. */
  readonly wanted: number;
  /** The lowest one that an endpoint has in force. */
  readonly realized: number;
  /** Why endpoints do not have the wanted one: `endpoint x: reason`. */
  readonly failures: readonly string[];
}

interface Waiter {
  readonly revision: number;
  readonly timeoutMs: number;
  readonly since: number;
  failingSince: number | undefined;
  readonly settled: PromiseWithResolvers<PolicyRealization>;
}

/** Lets requests wait until a revision is in force everywhere. One timer looks for all; none runs when nobody waits. */
export class RevisionWaiters {
  private readonly state: () => RevisionState;
  private readonly now: () => number;
  private readonly waiters = new Set<Waiter>();
  private timer: NodeJS.Timeout | undefined;

  /** @param now Milliseconds of a clock that never goes back. */
  constructor(state: () => RevisionState, now: () => number = () => performance.now()) {
    this.state = state;
    this.now = now;
  }

  /**
   * Settles when every endpoint has this revision or a later one. Rejects with WEIR_TIMEOUT when the time is up or an
   * endpoint has refused for a minute, with WEIR_LIMIT_EXCEEDED when too many wait, and with the signal's reason.
   */
  wait(revision: number, timeoutMs: number, signal: AbortSignal): Promise<PolicyRealization> {
    if (this.waiters.size >= WAITERS_MAX) {
      const message = `${WAITERS_MAX} requests wait for a revision already: end one of them`;
      return Promise.reject(new WeirError("WEIR_LIMIT_EXCEEDED", message));
    }
    const settled = Promise.withResolvers<PolicyRealization>();
    const waiter: Waiter = { revision, timeoutMs, since: this.now(), failingSince: undefined, settled };
    this.waiters.add(waiter);
    const abort = (): void => settled.reject(signal.reason);
    signal.addEventListener("abort", abort);
    this.look();
    if (this.waiters.size > 0) this.timer ??= setInterval(() => this.look(), LOOK_MS);
    return settled.promise.finally(() => {
      signal.removeEventListener("abort", abort);
      this.waiters.delete(waiter);
      this.rest();
    });
  }

  /** Ends all of them: the agent ends. */
  close(): void {
    const ended = new WeirError("WEIR_API_FAILED", "the agent ends; nobody knows whether the revision came into force");
    for (const { settled } of this.waiters) settled.reject(ended);
  }

  /** Called by the timer; a test calls it instead. */
  look(): void {
    const state = this.state();
    for (const waiter of this.waiters) this.judge(waiter, state);
  }

  private judge(waiter: Waiter, { wanted, realized, failures }: RevisionState): void {
    const now = this.now();
    if (Math.min(wanted, realized) >= waiter.revision) {
      waiter.settled.resolve({ revision: Math.min(wanted, realized) });
      return;
    }
    if (failures.length === 0) waiter.failingSince = undefined;
    else waiter.failingSince ??= now;
    const failing = waiter.failingSince !== undefined && now - waiter.failingSince >= FAILING_MS_MAX;
    if (!failing && now - waiter.since < waiter.timeoutMs) return;
    const why = failures.map((failure) => `\n  ${failure}`).join("");
    const state = `the policy has revision ${wanted}, and ${realized} is in force everywhere${why}`;
    waiter.settled.reject(
      new WeirError("WEIR_TIMEOUT", `revision ${waiter.revision} did not come into force: ${state}`),
    );
  }

  private rest(): void {
    if (this.waiters.size > 0 || this.timer === undefined) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
