import type { DeltaDiscoveryRequest } from "../api/proto/envoy/service/discovery/v3/discovery_pb.ts";
import type { Versions } from "./pending-changes.ts";
import { RESOURCE_KINDS, type ResourceKind, typeUrlOf } from "./resource.ts";
import { mapPerKind } from "./resource-store.ts";
import { EPOCH_NAME, kindOf, SYNCED_TYPE_URL } from "./synced.ts";

type Outcome = { readonly malformed: string } | { readonly malformed?: undefined; readonly complete: boolean };

/** The beginning of a stream: for each kind the subscriber asks for all, and says what it has; last comes the epoch. */
export class Subscription {
  private readonly initial = new Map<ResourceKind, Readonly<Record<string, string>>>();
  private epoch = "";

  add(request: DeltaDiscoveryRequest): Outcome {
    const { typeUrl, initialResourceVersions } = request;
    if (request.resourceNamesSubscribe.length > 0 || request.resourceNamesUnsubscribe.length > 0) {
      return { malformed: "a subscription to single resources" };
    }
    if (typeUrl === SYNCED_TYPE_URL) {
      const missing = RESOURCE_KINDS.find((kind) => !this.initial.has(kind));
      if (missing !== undefined) return { malformed: `no subscription to ${typeUrlOf(missing)}` };
      this.epoch = initialResourceVersions[EPOCH_NAME] ?? "";
      return { complete: true };
    }
    const kind = kindOf(typeUrl);
    if (kind === undefined) return { malformed: `a subscription to ${JSON.stringify(typeUrl.slice(0, 128))}` };
    if (this.initial.has(kind)) return { malformed: `a second subscription to ${typeUrl}` };
    this.initial.set(kind, initialResourceVersions);
    return { complete: false };
  }

  /** What the subscriber has. What it has of another epoch counts as nothing. */
  versions(epoch: string): Versions {
    const versions = mapPerKind<string>();
    if (this.epoch === epoch) {
      for (const [kind, initial] of this.initial) versions[kind] = new Map(Object.entries(initial));
    }
    this.initial.clear();
    return versions;
  }
}
