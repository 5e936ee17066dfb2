import type { Port } from "../api/identity.ts";
import type { LabelSet } from "../labels/label-set.ts";
import type { IpAddress } from "../lib/ip/address.ts";

/** An endpoint as it was asked for. */
export interface EndpointSpec {
  readonly name: string;
  /** No two endpoints share one. */
  readonly addresses: readonly IpAddress[];
  /** None that makes an identity: the endpoint is `reserved:init`, whose policy is always enforced. */
  readonly labels: LabelSet;
  /** What policy would deny passes, and is recorded. */
  readonly audit: boolean;
  /** At most one extension for each port and direction. */
  readonly observe: readonly ObservedPort[];
}

/** A port whose connections an extension reads although no policy asks for it. */
export interface ObservedPort {
  readonly port: Port;
  /** Name of the extension. */
  readonly extension: string;
  readonly direction: "ingress" | "egress";
}

/** What may change of an endpoint; what is absent stays. */
export type EndpointUpdate = Partial<Omit<EndpointSpec, "name">>;
