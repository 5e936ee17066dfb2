import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { NetworkPolicySchema, type PolicyDirectionSchema } from "../../api/proto/weir/v1/resources_pb.ts";
import { WeirError } from "../../lib/error.ts";
import { encodeRules } from "./encode-rules.ts";
import { POLICY_BYTES_MAX } from "./limits.ts";
import type { DirectionDescription, PolicyDescription, RulesPair } from "./policy-description.ts";

/** Stands for a direction without rules. */
const NO_RULES: RulesPair = { enforced: { enforced: true, entries: [] } };

/** Rules of ingress → rules of egress → encoded. Endpoints with the same rules share them. */
const encodedRules = new WeakMap<RulesPair, WeakMap<RulesPair, Uint8Array>>();

/** A `weir.v1.NetworkPolicy`. Throws WEIR_LIMIT_EXCEEDED. */
export function encodePolicy(policy: PolicyDescription): Uint8Array {
  const { endpoint, identity, revision, ingress, egress } = policy;
  const bytes = toBinary(
    NetworkPolicySchema,
    create(NetworkPolicySchema, {
      endpoint,
      identity,
      revision: BigInt(revision),
      ingress: directionOf(ingress),
      egress: directionOf(egress),
      rules: rulesOf(policy),
    }),
  );
  if (bytes.length > POLICY_BYTES_MAX) {
    const what = `the policy of endpoint ${JSON.stringify(endpoint)} takes ${bytes.length} bytes`;
    const message = `${what}, more than the ${POLICY_BYTES_MAX} that hosts take; let fewer rules select it`;
    throw new WeirError("WEIR_LIMIT_EXCEEDED", message);
  }
  return bytes;
}

function directionOf(direction: DirectionDescription): MessageInitShape<typeof PolicyDirectionSchema> {
  if (direction.kind === "denied") return { denied: true };
  const { audit, observe } = direction;
  return { audit, observe: [...observe].map(([port, extension]) => ({ port, extension })) };
}

function rulesOf({ ingress, egress }: PolicyDescription): Uint8Array {
  const given = (direction: DirectionDescription): RulesPair | undefined =>
    direction.kind === "rules" ? direction.rules : undefined;
  const [left, right] = [given(ingress), given(egress)];
  if (left === undefined && right === undefined) return new Uint8Array();
  let byEgress = encodedRules.get(left ?? NO_RULES);
  if (byEgress === undefined) {
    byEgress = new WeakMap();
    encodedRules.set(left ?? NO_RULES, byEgress);
  }
  let encoded = byEgress.get(right ?? NO_RULES);
  if (encoded === undefined) {
    encoded = encodeRules(left, right);
    byEgress.set(right ?? NO_RULES, encoded);
  }
  return encoded;
}
