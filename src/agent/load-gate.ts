import type { ApiProblem } from "../api/rest.ts";

/** Where the agent stands between its start and its end. */
export type GateState = "loading" | "blocked" | "opening" | "open" | "draining";

/**
 * Decides when the listeners open: once everything that was wanted at the start has been read and is in force. Until then
 * nothing is accepted, because a policy that is missing may be the one that would have refused. Afterwards the gate stays
 * open: what breaks later leaves the last good policy in force.
 */
export class LoadGate {
  private current: GateState = "loading";
  private readonly problems: () => readonly ApiProblem[];
  private readonly open: () => Promise<void>;
  private readonly failed: (error: unknown) => void;

  /**
   * @param problems What keeps policy that somebody wants from being in force.
   * @param open Opens the listeners. @param failed It could not.
   */
  constructor(problems: () => readonly ApiProblem[], open: () => Promise<void>, failed: (error: unknown) => void) {
    this.problems = problems;
    this.open = open;
    this.failed = failed;
  }

  get state(): GateState {
    return this.current;
  }

  /** The first complete load has ended, well or not. */
  loaded(): Promise<void> {
    if (this.current === "loading") this.current = "blocked";
    return this.look();
  }

  /** Something was mended or broken. */
  async look(): Promise<void> {
    if (this.current !== "blocked" || this.problems().length > 0) return;
    this.current = "opening";
    try {
      await this.open();
      // The agent may have been told to end meanwhile.
      if (this.isStill("opening")) this.current = "open";
    } catch (error) {
      // Whoever has told it to end meanwhile wants no listeners.
      if (!this.isStill("opening")) return;
      this.current = "blocked";
      this.failed(error);
    }
  }

  /** The agent ends: nothing opens any more. */
  drain(): void {
    this.current = "draining";
  }

  private isStill(state: GateState): boolean {
    return this.current === state;
  }
}
