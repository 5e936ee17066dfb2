import { RESOURCE_KINDS, type ResourceKind, typeUrlOf } from "./resource.ts";

/**
 * What tells that all there is has been delivered. A subscriber asks for it last; as the version of `EPOCH_NAME` it says
 * whose its resources are.
 */
export const SYNCED_TYPE_URL = "type.googleapis.com/weir.v1.Synced";

/** The name whose version, in the subscription to SYNCED_TYPE_URL, is the epoch. */
export const EPOCH_NAME = "epoch";

const KINDS: ReadonlyMap<string, ResourceKind> = new Map(RESOURCE_KINDS.map((kind) => [typeUrlOf(kind), kind]));

/** undefined: there is no such kind. */
export function kindOf(typeUrl: string): ResourceKind | undefined {
  return KINDS.get(typeUrl);
}
