import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ENDPOINT_ADDRESSES_MAX, ENDPOINT_NAME } from "../api/endpoint-bounds.ts";
import type { NumericIdentity } from "../api/identity.ts";
import { EndpointSchema } from "../api/proto/weir/v1/resources_pb.ts";
import { reasonOf } from "../lib/error.ts";
import { type IpAddress, parseAddress } from "../lib/ip/address.ts";

/** A workload, as far as others need to know who it is. */
export interface EndpointIdentity {
  readonly name: string;
  readonly identity: NumericIdentity;
  readonly addresses: readonly IpAddress[];
}

/** A `weir.v1.Endpoint`. */
export function encodeEndpoint({ name, identity, addresses }: EndpointIdentity): Uint8Array {
  return toBinary(EndpointSchema, create(EndpointSchema, { name, identity, addresses: addresses.map(String) }));
}

export function decodeEndpoint(
  bytes: Uint8Array,
): { readonly endpoint: EndpointIdentity } | { readonly error: string } {
  try {
    const { name, identity, addresses: texts } = fromBinary(EndpointSchema, bytes);
    if (!ENDPOINT_NAME.test(name)) return { error: `${JSON.stringify(name)} is no name of an endpoint` };
    if (texts.length > ENDPOINT_ADDRESSES_MAX) {
      return { error: `${texts.length} addresses are too many: at most ${ENDPOINT_ADDRESSES_MAX}` };
    }
    const addresses: IpAddress[] = [];
    for (const text of texts) {
      const address = parseAddress(text);
      if (address === undefined) return { error: `${JSON.stringify(text)} is no address` };
      addresses.push(address);
    }
    return { endpoint: { name, identity: identity as NumericIdentity, addresses } };
  } catch (error) {
    return { error: `it cannot be decoded: ${reasonOf(error)}` };
  }
}
