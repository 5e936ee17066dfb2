import type { Extension } from "../../proxylib/parser.ts";
import {
  ScriptedConnection,
  type ScriptedMode,
  type ScriptedOptions,
  type ScriptedRules,
} from "../../proxylib/testing/index.ts";
import { MemoryHost } from "./memory-link.ts";

/** A scripted connection whose parser lives in an extension host. What is sent there has come back when a call returns. */
export class RemoteScriptedConnection extends ScriptedConnection {
  readonly host: MemoryHost;

  /** @param host Which has the extension. Default: one of its own. */
  constructor(
    extension: Extension,
    options: ScriptedOptions = {},
    host: MemoryHost = new MemoryHost([extension]).start(),
  ) {
    super(host.owner.extension(extension), options);
    this.host = host;
    host.pump();
  }

  override fromClient(bytes: string | Uint8Array, endStream = false): void {
    super.fromClient(bytes, endStream);
    this.host.pump();
  }

  override fromServer(bytes: string | Uint8Array, endStream = false): void {
    super.fromServer(bytes, endStream);
    this.host.pump();
  }

  override setPolicy(l7: ScriptedRules, mode?: ScriptedMode): string | undefined {
    const objection = super.setPolicy(l7, mode);
    // The first policy is set before there is a connection.
    this.host?.owner.policyChanged();
    this.host?.pump();
    return objection;
  }

  override drain(direction: "original" | "reply", again = false): void {
    super.drain(direction, again);
    this.host.pump();
  }
}
