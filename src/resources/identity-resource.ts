import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { NumericIdentity } from "../api/identity.ts";
import { IdentitySchema } from "../api/proto/weir/v1/resources_pb.ts";
import type { Identity } from "../identity/allocator.ts";
import { CIDR_SOURCE, cidrLabels } from "../labels/cidr-label.ts";
import { LABELS_MAX, LabelSet } from "../labels/label-set.ts";
import { reasonOf } from "../lib/error.ts";
import { type IpPrefix, parsePrefix } from "../lib/ip/prefix.ts";

/** Name of the resource of an identity. */
export function identityName(id: NumericIdentity): string {
  return String(id);
}

/** A `weir.v1.Identity`. */
export function encodeIdentity({ id, labels }: Identity): Uint8Array {
  const network = networkOf(labels);
  const said =
    network === undefined
      ? { labels: labels.labels.map(({ source, key, value }) => ({ source, key, value })) }
      : { network: network.toString() };
  return toBinary(IdentitySchema, create(IdentitySchema, { id, ...said }));
}

export function decodeIdentity(bytes: Uint8Array): { readonly identity: Identity } | { readonly error: string } {
  try {
    const { id, network, labels } = fromBinary(IdentitySchema, bytes);
    if (network === "") {
      if (labels.length > LABELS_MAX) return { error: `${labels.length} labels are too many: at most ${LABELS_MAX}` };
      const set = new LabelSet(labels.map(({ source, key, value }) => ({ source, key, value })));
      return { identity: { id: id as NumericIdentity, labels: set } };
    }
    const prefix = parsePrefix(network);
    if (prefix === undefined || labels.length > 0) return { error: `${JSON.stringify(network)} is no network alone` };
    return { identity: { id: id as NumericIdentity, labels: cidrLabels(prefix) } };
  } catch (error) {
    return { error: `it cannot be decoded: ${reasonOf(error)}` };
  }
}

/** The network whose labels these are, and no others: a hundred labels need not be told. */
function networkOf(labels: LabelSet): IpPrefix | undefined {
  if (!labels.hasSource(CIDR_SOURCE)) return undefined;
  let narrowest: IpPrefix | undefined;
  for (const { source, key } of labels.labels) {
    const prefix = source === CIDR_SOURCE ? parsePrefix(key.replaceAll("-", ":")) : undefined;
    if (prefix !== undefined && prefix.length >= (narrowest?.length ?? 0)) narrowest = prefix;
  }
  return narrowest !== undefined && cidrLabels(narrowest).key === labels.key ? narrowest : undefined;
}
