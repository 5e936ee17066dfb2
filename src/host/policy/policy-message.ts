import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { NumericIdentity } from "../../api/identity.ts";
import { NetworkPolicySchema } from "../../api/proto/weir/v1/resources_pb.ts";

/** A `weir.v1.NetworkPolicy` that lets nothing through. */
export function deniedPolicy(endpoint: string, identity: NumericIdentity): Uint8Array {
  const direction = { denied: true };
  const message = create(NetworkPolicySchema, { endpoint, identity, ingress: direction, egress: direction });
  return toBinary(NetworkPolicySchema, message);
}

/** The same policy, of an identity that has another number. */
export function withIdentity(policy: Uint8Array, identity: NumericIdentity): Uint8Array {
  return toBinary(NetworkPolicySchema, { ...fromBinary(NetworkPolicySchema, policy), identity });
}
