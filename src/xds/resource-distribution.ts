import type { Schedule } from "../lib/schedule.ts";
import type { Answer, AnswerListener } from "./answer.ts";
import { DeltaSession } from "./delta-session.ts";
import { ANSWER_MS } from "./limits.ts";
import type { ResourceKind } from "./resource.ts";
import { ResourceStore } from "./resource-store.ts";

export interface DistributionOptions {
  /** Random, another one for each agent process. */
  readonly epoch: string;
  /** A hash of the content: equal contents have equal versions, whichever agent sends them. */
  readonly versionOf: (value: Uint8Array) => string;
  readonly schedule: Schedule;
  /** How long a subscriber may take to answer. */
  readonly answerMs?: number;
}

/** Keeps what all hosts should have, and has each of them get it: the agent's side of delta xDS. */
export class ResourceDistribution {
  private readonly options: DistributionOptions;
  private readonly store = new ResourceStore();
  private readonly sessions = new Map<string, DeltaSession>();
  private readonly listeners: AnswerListener[] = [];
  private completedAt: number | undefined;

  constructor(options: DistributionOptions) {
    this.options = options;
  }

  get epoch(): string {
    return this.options.epoch;
  }

  /**
   * @returns The version of this content.
   * @throws WeirError WEIR_LIMIT_EXCEEDED where it cannot be delivered; then the former content stays.
   */
  put(kind: ResourceKind, name: string, value: Uint8Array): string {
    const version = this.options.versionOf(value);
    this.store.put(kind, name, version, value);
    for (const session of this.sessions.values()) session.changed(kind, name);
    return version;
  }

  remove(kind: ResourceKind, name: string): void {
    if (!this.store.remove(kind, name)) return;
    for (const session of this.sessions.values()) session.changed(kind, name);
  }

  /**
   * All that there is at the agent's start has been put. Until then no host is told that it has everything: those that
   * serve go on with what another agent has delivered, and new ones wait.
   */
  complete(): void {
    this.completedAt ??= this.store.sequence;
    for (const session of this.sessions.values()) session.wakeUp();
  }

  /**
   * How every attached host answers to a resource as it is now, or to a later version where that overtakes it. Who
   * detaches meanwhile is left out; who does not answer in time counts as one that refuses.
   */
  async answers(kind: ResourceKind, name: string): Promise<readonly Answer[]> {
    const answers = await Promise.all(
      [...this.sessions.values()].map((session) =>
        this.inTime(session.answerTo(kind, name), (): Answer => {
          const reason = `it has not answered within ${this.answerMs} ms`;
          return { subscriber: session.subscriber, accepted: false, reason };
        }),
      ),
    );
    return answers.filter((answer) => answer !== undefined);
  }

  /**
   * Settles when every attached host has answered to all that was put or removed before, or has had its time for it.
   *
   * @returns Those that have not answered in time.
   */
  async settled(): Promise<readonly string[]> {
    const late = await Promise.all(
      [...this.sessions.values()].map((session) => this.inTime(session.settled(), () => session.subscriber)),
    );
    return late.filter((subscriber) => typeof subscriber === "string");
  }

  /** Told of every answer to a resource that goes alone: NetworkPolicy, HostSettings, Listener. Never during `put`. */
  onAnswer(listener: AnswerListener): void {
    this.listeners.push(listener);
  }

  /** Begins to serve a subscriber. A session that it still has is closed. */
  attach(subscriber: string): DeltaSession {
    this.sessions.get(subscriber)?.close();
    const { store } = this;
    const session: DeltaSession = new DeltaSession({
      store,
      epoch: this.epoch,
      subscriber,
      completedAt: () => this.completedAt,
      onAnswer: (...told) => {
        for (const listener of this.listeners) listener(...told);
      },
      onClose: () => {
        if (this.sessions.get(subscriber) === session) this.sessions.delete(subscriber);
      },
    });
    this.sessions.set(subscriber, session);
    return session;
  }

  private get answerMs(): number {
    return this.options.answerMs ?? ANSWER_MS;
  }

  private async inTime<T, L>(waiter: { readonly settled: Promise<T>; cancel(): void }, late: () => L): Promise<T | L> {
    let isLate = false;
    const cancelTimer = this.options.schedule(this.answerMs, () => {
      isLate = true;
      waiter.cancel();
    });
    const value = await waiter.settled;
    cancelTimer();
    return value === undefined && isLate ? late() : value;
  }
}
