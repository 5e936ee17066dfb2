import { fromBinary } from "@bufbuild/protobuf";
import { ENDPOINT_NAME, ENDPOINT_OBSERVED_MAX } from "../../api/endpoint-bounds.ts";
import type { NumericIdentity, PolicyRevision, Port } from "../../api/identity.ts";
import { NetworkPolicySchema, type PolicyDirection } from "../../api/proto/weir/v1/resources_pb.ts";
import { reasonOf } from "../../lib/error.ts";
import { checkedPort, checkedText, MalformedPolicy, understood } from "./checked.ts";
import { POLICY_BYTES_MAX, RULES_NAME_LENGTH_MAX } from "./limits.ts";

/** How one direction of an endpoint goes by the rules. */
export type DirectionUse =
  | { readonly kind: "denied" }
  | { readonly kind: "rules"; readonly audit: boolean; readonly observe: ReadonlyMap<Port, string> };

/** The policy of one endpoint, which refers to rules that many may have. */
export interface ReferringPolicy {
  readonly endpoint: string;
  readonly identity: NumericIdentity;
  readonly revision: PolicyRevision;
  readonly ingress: DirectionUse;
  readonly egress: DirectionUse;
  /** Name of the rules; undefined: both directions are denied. */
  readonly rules: string | undefined;
}

/** Reads a `weir.v1.NetworkPolicy`; the error says why it is none that can be used. */
export function decodePolicy(bytes: Uint8Array): { readonly policy: ReferringPolicy } | { readonly error: string } {
  if (bytes.length > POLICY_BYTES_MAX) {
    return { error: `the policy has ${bytes.length} bytes, more than the limit of ${POLICY_BYTES_MAX}` };
  }
  try {
    return { policy: read(bytes) };
  } catch (error) {
    return { error: `the policy cannot be read: ${reasonOf(error)}` };
  }
}

function read(bytes: Uint8Array): ReferringPolicy {
  const message = understood(fromBinary(NetworkPolicySchema, bytes), "the policy");
  const { endpoint, identity, revision, rules } = message;
  if (!ENDPOINT_NAME.test(endpoint)) throw new MalformedPolicy(`${JSON.stringify(endpoint)} is no name of an endpoint`);
  if (rules.length > RULES_NAME_LENGTH_MAX) {
    throw new MalformedPolicy(`the name of its rules has more than ${RULES_NAME_LENGTH_MAX} characters`);
  }
  if (revision > BigInt(Number.MAX_SAFE_INTEGER)) throw new MalformedPolicy(`revision ${revision} is too large`);
  return {
    endpoint,
    identity: identity as NumericIdentity,
    revision: Number(revision) as PolicyRevision,
    ingress: directionOf(message.ingress, "ingress"),
    egress: directionOf(message.egress, "egress"),
    rules: rules === "" ? undefined : checkedText(rules, "the name of its rules"),
  };
}

function directionOf(message: PolicyDirection | undefined, name: string): DirectionUse {
  if (message === undefined) throw new MalformedPolicy(`${name} is missing`);
  const { denied, audit, observe } = understood(message, name);
  if (denied) {
    if (audit || observe.length > 0) throw new MalformedPolicy(`${name} is denied, and yet audited or observed`);
    return { kind: "denied" };
  }
  if (observe.length > ENDPOINT_OBSERVED_MAX) {
    throw new MalformedPolicy(`${name} has ${observe.length} observed ports, more than ${ENDPOINT_OBSERVED_MAX}`);
  }
  const ports = new Map<Port, string>();
  for (const one of observe) {
    const { extension } = understood(one, "an observed port");
    const port = checkedPort(one.port);
    if (ports.has(port)) throw new MalformedPolicy(`port ${port} of ${name} is observed twice`);
    if (extension === "") throw new MalformedPolicy(`port ${port} of ${name} is observed by nobody`);
    ports.set(port, checkedText(extension, "the name of an extension"));
  }
  return { kind: "rules", audit, observe: ports };
}
