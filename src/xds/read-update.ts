import type { DeltaDiscoveryResponse } from "../api/proto/envoy/service/discovery/v3/discovery_pb.ts";
import { NAME_BYTES_MAX, RESOURCE_BYTES_MAX } from "./limits.ts";
import type { Resource, ResourceUpdate } from "./resource.ts";
import { kindOf } from "./synced.ts";

type Outcome = { readonly malformed: string } | { readonly malformed?: undefined; readonly update: ResourceUpdate };

/** Reads what a response puts and removes. */
export function readUpdate(response: DeltaDiscoveryResponse): Outcome {
  const kind = kindOf(response.typeUrl);
  if (kind === undefined)
    return { malformed: `a response of the kind ${JSON.stringify(response.typeUrl.slice(0, 128))}` };
  const names = new Set<string>();
  const put: Resource[] = [];
  for (const { name, version, resource } of response.resources) {
    names.add(name);
    if (version === "") return { malformed: `a ${kind} without a version` };
    if (resource?.typeUrl !== response.typeUrl) return { malformed: `a ${kind} that is none` };
    if (resource.value.length > RESOURCE_BYTES_MAX) {
      return { malformed: `a ${kind} of more than ${RESOURCE_BYTES_MAX} bytes` };
    }
    put.push({ name, version, value: resource.value });
  }
  const removed = response.removedResources;
  for (const name of removed) names.add(name);
  if (names.size < put.length + removed.length) return { malformed: `the same ${kind} twice` };
  for (const name of names) {
    if (name === "" || Buffer.byteLength(name) > NAME_BYTES_MAX) {
      return { malformed: `a ${kind} whose name has not 1 to ${NAME_BYTES_MAX} bytes` };
    }
  }
  return { update: { kind, put, removed } };
}
