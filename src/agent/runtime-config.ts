import type { ConfigChange, ConfigOption, ConfigValue } from "../api/rest.ts";
import type { Logger } from "../lib/log.ts";
import type { ConfigApi } from "../server/agent-api.ts";
import type { AgentConfig } from "./config/config.ts";
import { describeExtensionLimits } from "./config/extension-schema.ts";

/** What may change while the agent runs. */
const CHANGEABLE = ["policyEnforcement", "logLevel", "connectionsMax", "connectTimeoutMs", "drainMs"] as const;
/** What is told besides. Key-values of extensions are not: they may be secrets. */
const FIXED = ["file", "stateDir", "policies", "accessLog", "hosts", "clusterName"] as const;

type Changeable = Pick<AgentConfig, (typeof CHANGEABLE)[number]>;

/** Those whom a change has to be told; the others look at `values` when they need one. */
export interface RuntimeConfigListener {
  /** Settles when every endpoint has its policy under the new mode. */
  onEnforcement(mode: AgentConfig["policyEnforcement"]): Promise<void>;
  onLogLevel(level: AgentConfig["logLevel"]): void;
  /** Holds for the next connection. */
  onLimits(limits: Pick<AgentConfig, "connectionsMax" | "connectTimeoutMs">): void;
  /** After those above: what was asked for is in force. */
  onChanged(change: ConfigChange): void;
}

/** The configuration in force: the file's, with what was changed since the start. */
export class RuntimeConfig implements ConfigApi {
  /** The same object for good: who holds it sees every change. */
  readonly values: Readonly<Changeable>;
  private readonly configured: AgentConfig;
  private readonly listener: RuntimeConfigListener;
  private readonly logger: Logger;

  constructor(configured: AgentConfig, listener: RuntimeConfigListener, logger: Logger) {
    const { policyEnforcement, logLevel, connectionsMax, connectTimeoutMs, drainMs } = configured;
    this.values = { policyEnforcement, logLevel, connectionsMax, connectTimeoutMs, drainMs };
    this.configured = configured;
    this.listener = listener;
    this.logger = logger;
  }

  list(): readonly ConfigOption[] {
    const changeable = CHANGEABLE.map((name): ConfigOption => {
      const [value, configured] = [this.values[name], this.configured[name]];
      return { name, value, changeable: true, ...(value === configured ? {} : { configured }) };
    });
    const fixed = FIXED.map((name): ConfigOption => {
      const value: ConfigValue = this.configured[name] ?? "";
      return { name, value, changeable: false };
    });
    const { extensions, extensionLimits } = this.configured;
    return [
      ...changeable,
      ...fixed,
      { name: "extensions", value: extensions.map(({ module }) => module), changeable: false },
      { name: "extensionHosts", value: describeExtensionLimits(extensionLimits), changeable: false },
    ];
  }

  async change(change: ConfigChange): Promise<readonly ConfigOption[]> {
    const before = { ...this.values };
    Object.assign(this.values, change);
    // Told before the level may hide it.
    this.logger.warn({ before, after: { ...this.values } }, "the configuration is changed through the API");
    const { policyEnforcement, logLevel } = this.values;
    this.listener.onLimits(this.values);
    this.listener.onLogLevel(logLevel);
    if (policyEnforcement !== before.policyEnforcement) await this.listener.onEnforcement(policyEnforcement);
    this.listener.onChanged(change);
    return this.list();
  }
}
