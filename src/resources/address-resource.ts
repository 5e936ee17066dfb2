import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { NumericIdentity } from "../api/identity.ts";
import { AddressSchema } from "../api/proto/weir/v1/resources_pb.ts";
import { reasonOf } from "../lib/error.ts";
import { type IpPrefix, parsePrefix } from "../lib/ip/prefix.ts";

/** Whose the addresses of a prefix are. */
export interface AddressIdentity {
  readonly prefix: IpPrefix;
  readonly identity: NumericIdentity;
}

/** Name of the resource of a prefix. */
export function addressName(prefix: IpPrefix): string {
  return prefix.toString();
}

/** A `weir.v1.Address`. */
export function encodeAddress({ prefix, identity }: AddressIdentity): Uint8Array {
  return toBinary(AddressSchema, create(AddressSchema, { prefix: prefix.toString(), identity }));
}

export function decodeAddress(bytes: Uint8Array): { readonly address: AddressIdentity } | { readonly error: string } {
  try {
    const { prefix: text, identity } = fromBinary(AddressSchema, bytes);
    const prefix = parsePrefix(text);
    if (prefix === undefined) return { error: `${JSON.stringify(text)} is no prefix` };
    return { address: { prefix, identity: identity as NumericIdentity } };
  } catch (error) {
    return { error: `it cannot be decoded: ${reasonOf(error)}` };
  }
}
