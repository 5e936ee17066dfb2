import { decodeHostSettings, type ExtensionConfig, type HostSettings } from "../datapath/embedded/hosted/resources.ts";
import type { LogLevel } from "../lib/log.ts";
import type { ResourceConsumer, ResourceUpdate } from "../xds/resource.ts";

const NO_CONFIG: Readonly<Record<string, string>> = Object.freeze({});
/** Before an agent has said anything: nobody is let in yet, either. */
const DRAIN_MS = 10_000;

/** Whom settings concern. */
export interface SettingsTarget {
  changeLimits(limits: Pick<HostSettings, "connectionsMax" | "connectTimeoutMs">): void;
  setLogLevel(level: LogLevel): void;
}

/** What may change while a host runs, as a resource. */
export class HostSettingsConsumer implements ResourceConsumer {
  private readonly target: SettingsTarget;
  private extensions: ExtensionConfig = {};
  private drain = DRAIN_MS;

  constructor(target: SettingsTarget) {
    this.target = target;
  }

  /** How long connections may go on when the host is told to end. */
  get drainMs(): number {
    return this.drain;
  }

  extensionConfig(name: string): Readonly<Record<string, string>> {
    return (Object.hasOwn(this.extensions, name) ? this.extensions[name] : undefined) ?? NO_CONFIG;
  }

  /** Settings speak of nothing that another agent could mean otherwise: they hold at once. */
  begin(): void {}

  async update({ put }: ResourceUpdate): Promise<string | undefined> {
    for (const { name, value } of put) {
      const decoded = decodeHostSettings(value);
      if ("error" in decoded) return `settings ${name}: ${decoded.error}`;
      const { connectionsMax, connectTimeoutMs, drainMs, logLevel, extensionConfig } = decoded.settings;
      this.extensions = extensionConfig;
      this.drain = drainMs;
      this.target.changeLimits({ connectionsMax, connectTimeoutMs });
      this.target.setLogLevel(logLevel);
    }
    return undefined;
  }

  async synced(): Promise<void> {}
}
