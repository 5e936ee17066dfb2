import { create } from "@bufbuild/protobuf";
import {
  type DeltaDiscoveryRequest,
  type DeltaDiscoveryResponse,
  DeltaDiscoveryResponseSchema,
} from "../api/proto/envoy/service/discovery/v3/discovery_pb.ts";
import type { Answer, AnswerListener } from "./answer.ts";
import { BYTES_IN_FLIGHT_MAX, OVERHEAD_BYTES, REASON_LENGTH_MAX, RESPONSES_IN_FLIGHT_MAX } from "./limits.ts";
import { type Delivery, goesAlone, PendingChanges, type Versions } from "./pending-changes.ts";
import { RESOURCE_KINDS, type ResourceKind, typeUrlOf } from "./resource.ts";
import { mapPerKind, type ResourceStore, type StoredResource } from "./resource-store.ts";
import { Subscription } from "./subscription.ts";
import { SYNCED_TYPE_URL } from "./synced.ts";
import { Waiters } from "./waiters.ts";

/** What one subscriber is served from. */
export interface SessionSource {
  readonly store: ResourceStore;
  readonly epoch: string;
  readonly subscriber: string;
  /** The newest change that belongs to the first load; undefined: it is not complete. */
  completedAt(): number | undefined;
  readonly onAnswer: AnswerListener;
  readonly onClose: () => void;
}

/** A response that is not answered yet. `delivery` is undefined for the one that says that all was delivered. */
interface InFlight {
  readonly nonce: string;
  readonly typeUrl: string;
  readonly bytes: number;
  readonly delivery: Delivery | undefined;
}

/** One stream to one subscriber: what it is sent next, and what it has answered. */
export class DeltaSession {
  private readonly source: SessionSource;
  private readonly subscription = new Subscription();
  /** undefined: it has not said yet what it has. */
  private pending: PendingChanges | undefined;
  private readonly inFlight: InFlight[] = [];
  private bytesInFlight = 0;
  /** Why the newest version that was sent is refused. */
  private readonly refusals = mapPerKind<string>();
  /** Who waits for the answer to one resource. */
  private readonly answers = new Waiters<Answer>();
  /** Who waits for everything up to a change, under one key. */
  private readonly all = new Waiters<true>();
  private nonces = 0;
  private startedAt = 0;
  private syncedTold = false;
  private closed = false;
  private wake: (() => void) | undefined;

  constructor(source: SessionSource) {
    this.source = source;
  }

  get subscriber(): string {
    return this.source.subscriber;
  }

  /** The next response; waits for one. Called by one at a time. undefined: the session is closed. */
  async next(): Promise<DeltaDiscoveryResponse | undefined> {
    while (!this.closed) {
      const response = this.compose();
      if (response !== undefined) return response;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.wake = resolve;
      await promise;
    }
    return undefined;
  }

  /** @returns What is wrong with it; then the stream is to be closed. */
  receive(request: DeltaDiscoveryRequest): string | undefined {
    if (this.closed) return undefined;
    if (request.responseNonce !== "") return this.answered(request);
    if (this.pending !== undefined) return "a subscription after the last one";
    const outcome = this.subscription.add(request);
    if (outcome.malformed !== undefined) return outcome.malformed;
    if (outcome.complete) this.start(this.subscription.versions(this.source.epoch));
    return undefined;
  }

  /** A resource was put, perhaps as it was, or removed. */
  changed(kind: ResourceKind, name: string): void {
    if (this.pending === undefined) return;
    this.pending.changed(kind, name);
    if (this.isSettled(kind, name)) {
      this.settleAnswer(kind, name);
      this.settleAll();
      // Who has put it is to know of it first.
      queueMicrotask(() => this.tellStanding(kind, name));
    }
    this.wakeUp();
  }

  /** Something else has changed that decides what is sent. */
  wakeUp(): void {
    const { wake } = this;
    this.wake = undefined;
    wake?.();
  }

  /** The answer to a resource as it is now, or will be. Settles with undefined when the session closes, or on `cancel`. */
  answerTo(kind: ResourceKind, name: string): { readonly settled: Promise<Answer | undefined>; cancel(): void } {
    const waiter = this.answers.wait(keyOf(kind, name), this.source.store.sequence);
    if (this.closed) waiter.cancel();
    else if (this.isSettled(kind, name)) this.settleAnswer(kind, name);
    return waiter;
  }

  /** Settles when everything that has changed so far is answered, when the session closes, or on `cancel`. */
  settled(): { readonly settled: Promise<true | undefined>; cancel(): void } {
    const waiter = this.all.wait("", this.source.store.sequence);
    if (this.closed) waiter.cancel();
    else this.settleAll();
    return waiter;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.answers.settleAll();
    this.all.settleAll();
    this.wakeUp();
    this.source.onClose();
  }

  private start(versions: Versions): void {
    const { store } = this.source;
    this.pending = new PendingChanges(store, versions);
    this.startedAt = store.sequence;
    for (const kind of RESOURCE_KINDS) {
      if (goesAlone(kind)) for (const name of store.all(kind).keys()) this.tellStanding(kind, name);
    }
    for (const { kind, name } of [...this.answers.keys()].map(partsOf)) {
      if (this.isSettled(kind, name)) this.settleAnswer(kind, name);
    }
    this.settleAll();
    this.wakeUp();
  }

  private compose(): DeltaDiscoveryResponse | undefined {
    const { pending } = this;
    if (pending === undefined || this.inFlight.length >= RESPONSES_IN_FLIGHT_MAX) return undefined;
    if (this.isSyncedDue(pending)) {
      this.syncedTold = true;
      return this.send(SYNCED_TYPE_URL, undefined);
    }
    const budget = this.inFlight.length === 0 ? Number.POSITIVE_INFINITY : BYTES_IN_FLIGHT_MAX - this.bytesInFlight;
    const delivery = pending.take(budget);
    return delivery === undefined ? undefined : this.send(typeUrlOf(delivery.kind), delivery);
  }

  /** Whether all that there was when the session started, or when the first load was complete, has been sent. */
  private isSyncedDue(pending: PendingChanges): boolean {
    if (this.syncedTold) return false;
    const completedAt = this.source.completedAt();
    return completedAt !== undefined && pending.oldest > Math.max(completedAt, this.startedAt);
  }

  private send(typeUrl: string, delivery: Delivery | undefined): DeltaDiscoveryResponse {
    this.nonces += 1;
    const nonce = String(this.nonces);
    const bytes = delivery?.bytes ?? OVERHEAD_BYTES;
    this.inFlight.push({ nonce, typeUrl, bytes, delivery });
    this.bytesInFlight += bytes;
    return create(DeltaDiscoveryResponseSchema, {
      systemVersionInfo: this.source.epoch,
      typeUrl,
      nonce,
      resources: (delivery?.put ?? []).map((resource) => resourceMessage(typeUrl, resource)),
      removedResources: [...(delivery?.removed ?? [])],
    });
  }

  private answered(request: DeltaDiscoveryRequest): string | undefined {
    const sent = this.inFlight[0];
    if (sent === undefined || sent.nonce !== request.responseNonce) {
      return `an answer to response ${quoted(request.responseNonce)}, where ${sent?.nonce ?? "none"} is to be answered`;
    }
    if (sent.typeUrl !== request.typeUrl) return `an answer of another kind than response ${sent.nonce}`;
    this.inFlight.shift();
    this.bytesInFlight -= sent.bytes;
    const reason = request.errorDetail === undefined ? undefined : reasonText(request.errorDetail.message);
    if (sent.delivery !== undefined) this.record(sent.delivery, reason);
    this.settleAll();
    this.wakeUp();
    return undefined;
  }

  private record({ kind, put, removed, newest }: Delivery, reason: string | undefined): void {
    const answer = this.answer(reason);
    for (const { name, version } of put) {
      if (reason === undefined) this.refusals[kind].delete(name);
      else this.refusals[kind].set(name, reason);
      if (goesAlone(kind)) this.source.onAnswer(kind, name, version, answer);
      this.answers.settle(keyOf(kind, name), newest, answer);
    }
    for (const name of removed) {
      this.refusals[kind].delete(name);
      this.answers.settle(keyOf(kind, name), newest, answer);
    }
  }

  /** Whether nothing of a name is on its way to the subscriber, or back. */
  private isSettled(kind: ResourceKind, name: string): boolean {
    if (this.pending === undefined || this.pending.has(kind, name)) return false;
    return !this.inFlight.some(
      ({ delivery }) =>
        delivery?.kind === kind &&
        (delivery.put.some((resource) => resource.name === name) || delivery.removed.includes(name)),
    );
  }

  private standing(kind: ResourceKind, name: string): Answer {
    return this.answer(this.refusals[kind].get(name));
  }

  private settleAnswer(kind: ResourceKind, name: string): void {
    this.answers.settle(keyOf(kind, name), this.source.store.sequence, this.standing(kind, name));
  }

  /** Tells of the answer to what the subscriber has already. */
  private tellStanding(kind: ResourceKind, name: string): void {
    const version = this.source.store.get(kind, name)?.version;
    if (version === undefined || this.closed || !goesAlone(kind) || !this.isSettled(kind, name)) return;
    this.source.onAnswer(kind, name, version, this.standing(kind, name));
  }

  private answer(reason: string | undefined): Answer {
    const { subscriber } = this.source;
    return reason === undefined ? { subscriber, accepted: true } : { subscriber, accepted: false, reason };
  }

  private settleAll(): void {
    if (this.pending === undefined || this.all.isEmpty) return;
    const oldest = this.inFlight.reduce(
      (least, { delivery }) => Math.min(least, delivery?.oldest ?? least),
      this.pending.oldest,
    );
    this.all.settle("", oldest - 1, true);
  }
}

function resourceMessage(typeUrl: string, { name, version, value }: StoredResource) {
  return { name, version, resource: { typeUrl, value } };
}

function reasonText(message: string): string {
  return message === "" ? "it gave no reason" : message.slice(0, REASON_LENGTH_MAX);
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 32));
}

function keyOf(kind: ResourceKind, name: string): string {
  return `${kind}/${name}`;
}

function partsOf(key: string): { kind: ResourceKind; name: string } {
  const slash = key.indexOf("/");
  return { kind: key.slice(0, slash) as ResourceKind, name: key.slice(slash + 1) };
}
