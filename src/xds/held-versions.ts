import { MESSAGE_BYTES_MAX, RESOURCES_MAX } from "./limits.ts";
import { RESOURCE_KINDS, type ResourceKind, type ResourceUpdate } from "./resource.ts";
import { mapPerKind } from "./resource-store.ts";

/** The version of a resource of which no version was ever accepted: whoever has refused it is to hear of its removal. */
const REFUSED = "";

/** Tags and lengths of one name with its version. */
const ENTRY_OVERHEAD_BYTES = 12;

/** Which resources a host has, and at which versions. */
export class HeldVersions {
  private kinds = mapPerKind<string>();

  clear(): void {
    this.kinds = mapPerKind<string>();
  }

  accepted({ kind, put, removed }: ResourceUpdate): void {
    for (const { name, version } of put) this.kinds[kind].set(name, version);
    for (const name of removed) this.kinds[kind].delete(name);
  }

  refused({ kind, put }: ResourceUpdate): void {
    for (const { name } of put) if (!this.kinds[kind].has(name)) this.kinds[kind].set(name, REFUSED);
  }

  hasRoomFor({ kind, put }: ResourceUpdate): boolean {
    const count = RESOURCE_KINDS.reduce((sum, one) => sum + this.kinds[one].size, 0);
    const added = put.reduce((sum, { name }) => sum + (this.kinds[kind].has(name) ? 0 : 1), 0);
    return count + added <= RESOURCES_MAX;
  }

  /** Whether each kind can be told in one message. */
  fitMessages(): boolean {
    return RESOURCE_KINDS.every((kind) => {
      let bytes = 0;
      for (const [name, version] of this.kinds[kind]) {
        bytes += Buffer.byteLength(name) + Buffer.byteLength(version) + ENTRY_OVERHEAD_BYTES;
      }
      // Some room for the rest of the message.
      return bytes <= MESSAGE_BYTES_MAX - 1024;
    });
  }

  /** Name → version. */
  of(kind: ResourceKind): Record<string, string> {
    return Object.fromEntries(this.kinds[kind]);
  }
}
