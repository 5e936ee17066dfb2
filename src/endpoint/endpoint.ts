import type { PolicyRevision } from "../api/identity.ts";
import type { Identity } from "../identity/allocator.ts";
import type { EndpointLabels } from "../identity/identity-labels.ts";
import { ReservedIdentity } from "../identity/reserved.ts";
import type { Clock } from "../lib/clock.ts";
import { DENY_ALL } from "../policy/deny-all.ts";
import { describable } from "../policy/description/describable.ts";
import type { EndpointPolicy } from "../policy/endpoint-policy.ts";
import type { IdentityPolicy } from "../policy/policy-cache.ts";
import type { DirectionPolicies } from "../policy/selector-policy.ts";
import { composePolicy } from "./compose-policy.ts";
import { EndpointLog } from "./endpoint-log.ts";
import type { EndpointSpec } from "./endpoint-spec.ts";
import { type EndpointState, mayBecome } from "./endpoint-state.ts";
import type { DataPlaneRealization, EndpointStatus } from "./endpoint-status.ts";
import type { PlaneLink } from "./plane-link.ts";
import { Realization } from "./realization.ts";
import type { Refusal } from "./refusal.ts";

const NO_REVISION = 0 as PolicyRevision;
const WITHOUT_IDENTITY: ReadonlySet<EndpointState> = new Set(["waiting-for-identity", "disconnecting", "disconnected"]);

/** What all endpoints of an agent have in common. */
export interface EndpointSurroundings {
  readonly links: readonly PlaneLink[];
  readonly clock: Clock;
  /** The revision that every endpoint should have: one number, so that a new one costs nothing where it changes nothing. */
  readonly wanted: PolicyRevision;
}

/** One endpoint: who it is, the policy that it should have, and what the data planes made of it. */
export class Endpoint {
  readonly log: EndpointLog;
  spec: EndpointSpec;
  labels: EndpointLabels;
  private readonly around: EndpointSurroundings;
  private readonly realizations: readonly Realization[];
  private state: EndpointState = "waiting-for-identity";
  private known: Identity | undefined;
  /** While that which its labels mean is not known, nothing else is told of its state. */
  private awaiting = true;
  private policy: EndpointPolicy | undefined;
  /** Why the newest rules are not in `policy`, and the newest revision whose rules are. */
  private stuck: { readonly failure: string; readonly at: PolicyRevision } | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(spec: EndpointSpec, labels: EndpointLabels, around: EndpointSurroundings) {
    this.spec = spec;
    this.labels = labels;
    this.around = around;
    this.realizations = around.links.map((link) => new Realization(link));
    this.log = new EndpointLog(around.clock);
    this.note("the endpoint is added");
  }

  /** undefined: not allocated yet. */
  get identity(): Identity | undefined {
    return this.known;
  }

  /** Whether it is being taken away. */
  get leaving(): boolean {
    return this.state === "disconnecting" || this.state === "disconnected";
  }

  /** One change after the other. */
  alone<T>(change: () => Promise<T>): Promise<T> {
    const result = this.last.then(change);
    this.last = result.catch(() => undefined);
    return result;
  }

  /** Its labels have changed, and the identity that they mean is not known yet. */
  awaitIdentity(): void {
    this.awaiting = true;
    this.become("waiting-for-identity", "other labels: they may mean another identity");
  }

  settle(identity: Identity): void {
    this.known = identity;
    this.awaiting = false;
    this.note(`identity ${identity.id}`);
  }

  /** Nothing came of the change: it goes on as it was. */
  stay(reason: string): void {
    this.note(`nothing is changed: ${reason}`);
    this.awaiting = false;
    this.rest();
  }

  /** Hands a policy to all data planes. Settles, and never rejects, when all of them have answered. */
  async publish(policy: IdentityPolicy): Promise<void> {
    const before = this.current;
    const { failure, revision } = policy;
    if (failure === undefined) this.stuck = undefined;
    else this.stuck = { failure, at: revision === NO_REVISION ? NO_REVISION : later(before, revision) };
    this.become("waiting-to-regenerate");
    this.become("regenerating", `policy of revision ${revision}, identity ${this.known?.id}`);
    await this.hand(composePolicy(policy, this.spec), revision);
    this.rest();
  }

  /** Lets nothing through any more. Settles, and never rejects, when no data plane knows the endpoint any more. */
  async disconnect(): Promise<void> {
    this.become("disconnecting", "the endpoint is taken away");
    await this.hand({ ingress: DENY_ALL, egress: DENY_ALL }, this.around.wanted);
    // A data plane that fails here is one that cannot be reached: nothing goes through it.
    await Promise.allSettled(this.around.links.map(({ dataPlane }) => dataPlane.forget(this.spec.name)));
    this.become("disconnected");
  }

  note(message: string): void {
    this.log.add(this.state, message);
  }

  get status(): EndpointStatus {
    const { spec, policy, stuck } = this;
    const { wanted } = this.around;
    const dataPlanes = this.realizations.map((realization) => this.statusOf(realization));
    const failed = dataPlanes.find((dataPlane) => dataPlane.failure !== undefined);
    const failure = stuck?.failure ?? (failed && `${failed.name}: ${failed.failure}`);
    const realized = dataPlanes.length === 0 ? NO_REVISION : Math.min(...dataPlanes.map((one) => one.realized));
    return {
      name: spec.name,
      identity: this.known?.id ?? ReservedIdentity.Unknown,
      labels: this.labels.identity.texts,
      informationalLabels: this.labels.informational.texts,
      addresses: spec.addresses.map(String),
      state: this.state,
      audit: spec.audit,
      observe: spec.observe,
      enforcement: { ingress: policy?.ingress.enforced ?? true, egress: policy?.egress.enforced ?? true },
      ...auditedDirections(policy),
      revision: { wanted, realized, ...(failure === undefined ? {} : { failed: wanted }) },
      ...(failure === undefined ? {} : { failure }),
      dataPlanes,
    };
  }

  private statusOf({ link, accepted, refused }: Realization): DataPlaneRealization {
    const realized = accepted === this.policy ? this.current : (accepted?.revision ?? NO_REVISION);
    const failure = refused && refused.policy === this.policy ? refused.reason : undefined;
    const { name } = link.dataPlane;
    return { name, realized, ...(failure === undefined ? {} : { failed: this.around.wanted, failure }) };
  }

  /** The newest revision whose rules `policy` has: later ones may have had nothing to say of the endpoint. */
  private get current(): PolicyRevision {
    return this.stuck?.at ?? (this.policy === undefined ? NO_REVISION : this.around.wanted);
  }

  /** Whether every data plane has its newest policy in force. */
  get upToDate(): boolean {
    return this.stuck === undefined && this.realizations.every(({ accepted }) => accepted === this.policy);
  }

  /** Data planes that do not take its newest policy. */
  get refusals(): readonly Refusal[] {
    return this.realizations.flatMap(({ link, refused }) =>
      refused === undefined || refused.policy !== this.policy ? [] : { dataPlane: link.dataPlane.name, ...refused },
    );
  }

  /** Whether every data plane has answered to the policy. */
  private get idle(): boolean {
    return this.realizations.every(({ accepted, refused }) => [accepted, refused?.policy].includes(this.policy));
  }

  private async hand({ ingress, egress }: DirectionPolicies, revision: PolicyRevision): Promise<void> {
    const identity = this.known?.id ?? ReservedIdentity.Unknown;
    const policy = describable({ endpoint: this.spec.name, identity, revision, ingress, egress });
    this.policy = policy;
    await Promise.all(this.realizations.map((realization) => realization.want(policy)));
  }

  /** After an answer, or after a change that came to nothing. */
  private rest(): void {
    if (this.upToDate) this.become("ready", `revision ${this.current} is in force`);
    else if (this.idle) this.become("waiting-to-regenerate", this.status.failure);
  }

  /** A transition that does not exist is ignored: for example, an answer that comes after the endpoint was taken away. */
  private become(state: EndpointState, message?: string): void {
    if (this.awaiting && !WITHOUT_IDENTITY.has(state)) return;
    if (!mayBecome(this.state, state)) return;
    this.state = state;
    if (message !== undefined) this.note(message);
  }
}

function later(left: PolicyRevision, right: PolicyRevision): PolicyRevision {
  return left > right ? left : right;
}

/** Directions in which something may pass only because it is audited; nothing where there is none. */
function auditedDirections(policy: EndpointPolicy | undefined): Pick<EndpointStatus, "auditing"> {
  const ingress = policy?.ingress.audited ?? false;
  const egress = policy?.egress.audited ?? false;
  return ingress || egress ? { auditing: { ingress, egress } } : {};
}
