/**
 * `resolve`: the policy of one identity is computed. `apply`: the data planes put the policy of one endpoint in force.
 * `total`: one change of policy, from its beginning until every data plane has answered for every endpoint.
 */
export type RegenerationPhase = "resolve" | "apply" | "total";

/** Whoever wants to know how often endpoints get new policy, and how long that takes. Must not throw. */
export interface RegenerationObserver {
  took(phase: RegenerationPhase, seconds: number): void;
  /** One endpoint: `success` where its newest policy is in force now. */
  regenerated(outcome: "success" | "fail"): void;
}

/** Measures for an observer. */
export class RegenerationTimer {
  private readonly observer: RegenerationObserver;
  private readonly now: () => number;

  /** @param now Milliseconds of a clock that never goes back. */
  constructor(observer: RegenerationObserver, now: () => number) {
    this.observer = observer;
    this.now = now;
  }

  /** What takes place at once. */
  run<T>(phase: RegenerationPhase, work: () => T): T {
    const began = this.now();
    const result = work();
    this.observer.took(phase, (this.now() - began) / 1e3);
    return result;
  }

  /** What has ended when its promise settles. */
  async settle(phase: RegenerationPhase, work: () => Promise<unknown>): Promise<void> {
    const began = this.now();
    await work();
    this.observer.took(phase, (this.now() - began) / 1e3);
  }

  regenerated(success: boolean): void {
    this.observer.regenerated(success ? "success" : "fail");
  }
}

/** For those who want to know nothing. */
export const UNTIMED: RegenerationTimer = new RegenerationTimer({ took() {}, regenerated() {} }, () => 0);
