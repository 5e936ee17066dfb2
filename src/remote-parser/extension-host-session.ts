import type { Extension } from "../proxylib/parser.ts";
import { HostSession } from "./host-session.ts";
import type { RemoteLink } from "./link.ts";

export interface ExtensionHostOptions {
  /** By name: names are unique. */
  readonly extensions: readonly Extension[];
  readonly link: RemoteLink;
}

/** The side that runs the extensions. Ends with its link: a new one begins empty. */
export interface ExtensionHostSession {
  /** Bytes from the owner, in any pieces. They may be used again after the call. Calls extensions. */
  receive(bytes: Uint8Array): void;
  /** The link takes bytes again after `send` gave false. */
  drained(): void;
}

export function createExtensionHostSession(options: ExtensionHostOptions): ExtensionHostSession {
  return new HostSession(options.extensions, options.link);
}
