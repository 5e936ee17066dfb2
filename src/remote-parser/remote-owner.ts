import type { RemoteOwner, RemoteOwnerOptions } from "./owner-contract.ts";
import { OwnerSession } from "./owner-session.ts";

export type { RemoteOwner, RemoteOwnerOptions, RemoteWork } from "./owner-contract.ts";

export function createRemoteOwner(options: RemoteOwnerOptions): RemoteOwner {
  return new OwnerSession(options);
}
