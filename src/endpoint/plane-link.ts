import type { DataPlane } from "../datapath/dataplane.ts";

/**
 * One data plane, as all endpoints share it: knows which policies it has not answered yet, so that it hears of moved
 * addresses after the policies that say what these may do.
 */
export class PlaneLink {
  readonly dataPlane: DataPlane;
  private readonly unanswered = new Set<Promise<void>>();
  private last: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;

  constructor(dataPlane: DataPlane) {
    this.dataPlane = dataPlane;
  }

  /** @param answer Settles when the data plane has answered to a policy; never rejects. */
  handed(answer: Promise<void>): void {
    this.unanswered.add(answer);
    void answer.then(() => this.unanswered.delete(answer));
  }

  /**
   * Addresses stand for other identities now. Changes of one turn are told together, and those that come while the data
   * plane is busy together after that. Settles, and never rejects, when the data plane has done with this one.
   */
  identitiesChanged(): Promise<void> {
    this.next ??= this.last.then(() => this.tell());
    this.last = this.next;
    return this.next;
  }

  private async tell(): Promise<void> {
    // Whatever changes from here on is another change.
    this.next = undefined;
    await Promise.all(this.unanswered);
    try {
      await this.dataPlane.identitiesChanged();
    } catch {
      // One that fails here cannot be reached, and so has no connections that could go on wrongly.
    }
  }
}
