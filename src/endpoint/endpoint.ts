import type { PolicyRevision } from "../api/identity.ts";
import type { DataPlane } from "../datapath/dataplane.ts";
import type { Identity } from "../identity/allocator.ts";
import { ReservedIdentity } from "../identity/reserved.ts";
import { DENY_ALL } from "../policy/bound-direction.ts";
import type { EndpointPolicy } from "../policy/endpoint-policy.ts";
import type { IdentityPolicy } from "../policy/policy-cache.ts";
import type { EndpointSpec } from "./endpoint-spec.ts";
import { type EndpointState, mayBecome } from "./endpoint-state.ts";
import type { DataPlaneRealization, EndpointStatus } from "./endpoint-status.ts";
import { Realization } from "./realization.ts";

const NO_REVISION = 0 as PolicyRevision;

/** One endpoint: who it is, the policy that it should have, and what the data planes made of it. */
export class Endpoint {
  readonly spec: EndpointSpec;
  private readonly realizations: readonly Realization[];
  private state: EndpointState = "waiting-for-identity";
  private known: Identity | undefined;
  private policy: EndpointPolicy | undefined;
  /** Why the newest rules are not in `policy`. */
  private failure: string | undefined;
  private wanted: PolicyRevision = NO_REVISION;
  /** The newest revision whose rules `policy` has: later ones may have had nothing to say of the endpoint. */
  private current: PolicyRevision = NO_REVISION;

  constructor(spec: EndpointSpec, dataPlanes: readonly DataPlane[]) {
    this.spec = spec;
    this.realizations = dataPlanes.map((dataPlane) => new Realization(dataPlane));
  }

  /** undefined: not allocated yet. */
  get identity(): Identity | undefined {
    return this.known;
  }

  set identity(identity: Identity) {
    this.known = identity;
  }

  /** Hands a policy to all data planes. Settles, and never rejects, when all of them have answered. */
  async publish(policy: IdentityPolicy, wanted: PolicyRevision): Promise<void> {
    this.wanted = wanted;
    this.failure = policy.failure;
    if (policy.failure === undefined) this.current = wanted;
    else if (policy.revision === NO_REVISION) this.current = NO_REVISION;
    else this.current = Math.max(this.current, policy.revision) as PolicyRevision;
    this.become("waiting-to-regenerate");
    this.become("regenerating");
    await this.hand(policy);
    if (this.upToDate) this.become("ready");
    else if (this.idle) this.become("waiting-to-regenerate");
  }

  /** A new revision has nothing new for this endpoint. */
  keep(wanted: PolicyRevision): void {
    if (this.failure === undefined) this.current = wanted;
    this.wanted = wanted;
  }

  /** Lets nothing through any more. Settles, and never rejects, when all data planes have answered. */
  disconnect(): Promise<void> {
    this.become("disconnecting");
    return this.hand({ ingress: DENY_ALL, egress: DENY_ALL, revision: this.wanted });
  }

  disconnected(): void {
    this.become("disconnected");
  }

  get status(): EndpointStatus {
    const dataPlanes = this.realizations.map((realization) => this.statusOf(realization));
    const failed = dataPlanes.find((dataPlane) => dataPlane.failure !== undefined);
    const failure = this.failure ?? (failed && `${failed.name}: ${failed.failure}`);
    const realized = dataPlanes.length === 0 ? NO_REVISION : Math.min(...dataPlanes.map((one) => one.realized));
    return {
      name: this.spec.name,
      identity: this.known?.id ?? ReservedIdentity.Unknown,
      labels: (this.known?.labels ?? this.spec.labels).texts,
      addresses: this.spec.addresses.map(String),
      state: this.state,
      enforcement: {
        ingress: this.policy?.ingress.enforced ?? true,
        egress: this.policy?.egress.enforced ?? true,
      },
      revision: { wanted: this.wanted, realized, ...(failure === undefined ? {} : { failed: this.wanted }) },
      ...(failure === undefined ? {} : { failure }),
      dataPlanes,
    };
  }

  private statusOf({ dataPlane, accepted, refused }: Realization): DataPlaneRealization {
    const realized = accepted === this.policy ? this.current : (accepted?.revision ?? NO_REVISION);
    const failure = refused && refused.policy === this.policy ? refused.reason : undefined;
    return { name: dataPlane.name, realized, ...(failure === undefined ? {} : { failed: this.wanted, failure }) };
  }

  private get upToDate(): boolean {
    return this.failure === undefined && this.realizations.every(({ accepted }) => accepted === this.policy);
  }

  /** Whether every data plane has answered to the policy. */
  private get idle(): boolean {
    return this.realizations.every(({ accepted, refused }) => [accepted, refused?.policy].includes(this.policy));
  }

  private async hand({
    ingress,
    egress,
    revision,
  }: Pick<IdentityPolicy, "ingress" | "egress" | "revision">): Promise<void> {
    const identity = this.known?.id ?? ReservedIdentity.Unknown;
    const policy: EndpointPolicy = { endpoint: this.spec.name, identity, revision, ingress, egress };
    this.policy = policy;
    await Promise.all(this.realizations.map((realization) => realization.want(policy)));
  }

  /** A transition that does not exist is ignored: for example, an answer that comes after the endpoint was taken away. */
  private become(state: EndpointState): void {
    if (mayBecome(this.state, state)) this.state = state;
  }
}
