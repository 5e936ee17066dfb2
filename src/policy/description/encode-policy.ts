import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { NetworkPolicySchema, type PolicyDirectionSchema } from "../../api/proto/weir/v1/resources_pb.ts";
import { WeirError } from "../../lib/error.ts";
import { encodeRules } from "./encode-rules.ts";
import { RULES_BYTES_MAX } from "./limits.ts";
import type { DirectionDescription, PolicyDescription, RulesPair } from "./policy-description.ts";

/** The policy of one endpoint as messages. */
export interface PolicyMessages {
  /** A `weir.v1.NetworkPolicy`, which refers to the rules by their name. */
  readonly policy: Uint8Array;
  /** Absent: both directions are denied. */
  readonly rules?: NamedRules;
}

/** A `weir.v1.PolicyRules`: the same object for all endpoints with the same rules. */
export interface NamedRules {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Stands for a direction without rules. */
const NO_RULES: RulesPair = { enforced: { enforced: true, entries: [] } };

/** Rules of ingress → rules of egress → encoded. Endpoints with the same rules share them. */
const encodedRules = new WeakMap<RulesPair, WeakMap<RulesPair, NamedRules>>();

/** @param nameOf The name of encoded rules, which follows from their bytes. Throws WEIR_LIMIT_EXCEEDED. */
export function encodePolicy(policy: PolicyDescription, nameOf: (rules: Uint8Array) => string): PolicyMessages {
  const { endpoint, identity, revision, ingress, egress } = policy;
  const rules = rulesOf(policy, nameOf);
  if (rules !== undefined && rules.bytes.length > RULES_BYTES_MAX) {
    const what = `the policy of endpoint ${JSON.stringify(endpoint)} takes ${rules.bytes.length} bytes`;
    const message = `${what}, more than the ${RULES_BYTES_MAX} that hosts take; let fewer rules select it`;
    throw new WeirError("WEIR_LIMIT_EXCEEDED", message);
  }
  const message = create(NetworkPolicySchema, {
    endpoint,
    identity,
    revision: BigInt(revision),
    ingress: directionOf(ingress),
    egress: directionOf(egress),
    rules: rules?.name ?? "",
  });
  return { policy: toBinary(NetworkPolicySchema, message), ...(rules === undefined ? {} : { rules }) };
}

function directionOf(direction: DirectionDescription): MessageInitShape<typeof PolicyDirectionSchema> {
  if (direction.kind === "denied") return { denied: true };
  const { audit, observe } = direction;
  return { audit, observe: [...observe].map(([port, extension]) => ({ port, extension })) };
}

function rulesOf(
  { ingress, egress }: PolicyDescription,
  nameOf: (rules: Uint8Array) => string,
): NamedRules | undefined {
  const given = (direction: DirectionDescription): RulesPair | undefined =>
    direction.kind === "rules" ? direction.rules : undefined;
  const [left, right] = [given(ingress), given(egress)];
  if (left === undefined && right === undefined) return undefined;
  let byEgress = encodedRules.get(left ?? NO_RULES);
  if (byEgress === undefined) {
    byEgress = new WeakMap();
    encodedRules.set(left ?? NO_RULES, byEgress);
  }
  let encoded = byEgress.get(right ?? NO_RULES);
  if (encoded === undefined) {
    const bytes = encodeRules(left, right);
    encoded = { name: nameOf(bytes), bytes };
    byEgress.set(right ?? NO_RULES, encoded);
  }
  return encoded;
}
