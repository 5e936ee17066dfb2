import type { ApiProblem, EndpointAddition, EndpointChange, EndpointDetails, EndpointLogEntry } from "../api/rest.ts";
import type { EndpointManager } from "../endpoint/endpoint-manager.ts";
import type { EndpointSpec, EndpointUpdate } from "../endpoint/endpoint-spec.ts";
import { RESERVED_SOURCE } from "../labels/label.ts";
import { LabelSet } from "../labels/label-set.ts";
import { reasonOf, WeirError } from "../lib/error.ts";
import type { EndpointApi } from "../server/agent-api.ts";
import type { AgentConfig } from "./config/config.ts";
import type { EndpointStore, StoredEndpoint } from "./endpoint-store.ts";
import { endpointDetails, portsOf } from "./endpoint-view.ts";
import { type EndpointRules, readEndpoint } from "./read-endpoint.ts";

/** Changes that wait for the one before them. */
const WAITING_MAX = 64;
const NO_LABELS = new LabelSet([]);

export interface EndpointRegistryOptions {
  readonly config: Pick<AgentConfig, "file" | "endpoints">;
  readonly endpoints: EndpointManager;
  readonly store: EndpointStore;
  readonly rules: EndpointRules;
  /** `problems` may have changed. */
  readonly onChange?: () => void;
}

interface Entry {
  readonly stored: StoredEndpoint;
  /** Why it is not there; undefined: it is. */
  readonly problem: string | undefined;
}

/**
 * The endpoints of the configuration, which are there until the agent ends, and those that come through the API, which
 * outlive it: each change of them is saved before it is answered.
 */
export class EndpointRegistry implements EndpointApi {
  private readonly options: EndpointRegistryOptions;
  private readonly configured: ReadonlySet<string>;
  /** Those of the API, by name. */
  private entries: ReadonlyMap<string, Entry> = new Map();
  private unreadable: string | undefined;
  private superseded: readonly string[] = [];
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  constructor(options: EndpointRegistryOptions) {
    this.options = options;
    this.configured = new Set(options.config.endpoints.map(({ name }) => name));
  }

  /** Adds the endpoints of the configuration and those that were saved. Those of these that cannot be are in `problems`. */
  async start(): Promise<void> {
    const { config, endpoints, store } = this.options;
    await endpoints.add(config.endpoints);
    let saved: readonly StoredEndpoint[];
    try {
      saved = await store.load();
    } catch (error) {
      this.unreadable = reasonOf(error);
      return;
    }
    this.superseded = saved.flatMap(({ name }) => (this.configured.has(name) ? name : []));
    const entries = new Map<string, Entry>();
    for (const stored of saved) {
      if (this.configured.has(stored.name)) continue;
      entries.set(stored.name, { stored, problem: await this.restore(stored) });
    }
    this.entries = entries;
  }

  /** Why endpoints that were saved are not there: policy that selects them would not hold for their addresses. */
  get problems(): readonly ApiProblem[] {
    const { path } = this.options.store;
    const problem = (message: string, hint: string): ApiProblem => {
      return { source: path, line: 1, column: 1, path: "", message, hint };
    };
    if (this.unreadable !== undefined) {
      return [problem(this.unreadable, "mend it, or move it away, start the agent again and add the endpoints anew")];
    }
    return [...this.entries.values()].flatMap(({ stored: { name }, problem: message }) => {
      if (message === undefined) return [];
      return problem(`endpoint ${name}: ${message}`, `add it again, or \`weir endpoint delete ${name}\``);
    });
  }

  get warnings(): readonly string[] {
    return this.superseded.map(
      (name) => `endpoint ${name} is configured now: what was saved of it in ${this.options.store.path} is not used`,
    );
  }

  get(name: string): EndpointDetails {
    return this.details(name);
  }

  log(name: string): readonly EndpointLogEntry[] {
    const lines = this.options.endpoints.log(name);
    if (!lines) throw notFound(name);
    return lines.map(({ time, state, message }) => ({ time: new Date(time).toISOString(), state, message }));
  }

  /** A saved endpoint of this name that is not there is replaced. */
  add(name: string, addition: EndpointAddition): Promise<EndpointDetails> {
    return this.alone(async () => {
      const spec = specOf(name, readEndpoint(addition, this.options.rules));
      const next = new Map(this.entries).set(name, { stored: storedOf(spec), problem: undefined });
      await this.saved(next, () => this.options.endpoints.add([spec]));
      return this.details(name);
    });
  }

  update(name: string, change: EndpointChange): Promise<EndpointDetails> {
    return this.alone(() => this.change(name, change));
  }

  relabel(name: string, relabelled: (present: readonly string[]) => readonly string[]): Promise<EndpointDetails> {
    return this.alone(async () => {
      // Read when it is its turn: what a change before it adds must not be missing.
      const { labels, informationalLabels } = this.details(name);
      return this.change(name, { labels: relabelled([...labels, ...informationalLabels]) });
    });
  }

  remove(name: string): Promise<void> {
    return this.alone(async () => {
      const { endpoints, config } = this.options;
      if (this.configured.has(name)) {
        const hint = `it is configured in ${config.file}; take it out there and start the agent again`;
        throw new WeirError(
          "WEIR_ENDPOINT_CONFLICT",
          `endpoint ${JSON.stringify(name)} cannot be deleted here: ${hint}`,
        );
      }
      const entry = this.entries.get(name);
      if (!entry) throw notFound(name);
      const next = new Map(this.entries);
      next.delete(name);
      await this.saved(next, async () => {
        if (entry.problem === undefined) await endpoints.remove(name);
      });
    });
  }

  /** Changes of configured endpoints are not saved: they last until the agent ends, and a warning says so. */
  private async change(name: string, change: EndpointChange): Promise<EndpointDetails> {
    const { endpoints, rules, config } = this.options;
    const present = endpoints.spec(name);
    if (!present) throw notFound(name);
    const update = readEndpoint(this.withoutOwnLabels(name, change), rules, present.observe);
    if (this.configured.has(name)) {
      await endpoints.update(name, update);
      return this.details(name, [`${name} is configured in ${config.file}: the change lasts until the agent ends`]);
    }
    const stored = storedOf({ ...present, ...update });
    const next = new Map(this.entries).set(name, { stored, problem: undefined });
    await this.saved(next, () => endpoints.update(name, update));
    return this.details(name);
  }

  private async restore(stored: StoredEndpoint): Promise<string | undefined> {
    try {
      await this.options.endpoints.add([specOf(stored.name, readEndpoint(stored, this.options.rules))]);
      return undefined;
    } catch (error) {
      return reasonOf(error);
    }
  }

  private details(name: string, warnings?: readonly string[]): EndpointDetails {
    const status = this.options.endpoints.get(name);
    if (!status) throw notFound(name);
    return endpointDetails(status, warnings);
  }

  /** Whoever sends back all labels that an endpoint shows sends those that weir gave it, too. */
  private withoutOwnLabels(name: string, change: EndpointChange): EndpointChange {
    if (!change.labels) return change;
    const shown = this.options.endpoints.get(name)?.labels ?? [];
    const own = new Set(shown.filter((text) => text.startsWith(`${RESERVED_SOURCE}:`)));
    return { ...change, labels: change.labels.filter((text) => !own.has(text)) };
  }

  /** Saves, changes, and makes the save count: in this order, so that a failure anywhere leaves both as they were. */
  private async saved(next: ReadonlyMap<string, Entry>, change: () => Promise<unknown>): Promise<void> {
    const { store, onChange } = this.options;
    if (this.unreadable !== undefined) {
      throw new WeirError(
        "WEIR_API_FAILED",
        `nothing was changed: ${store.path} cannot be read and would be overwritten; mend it or move it away, and start ` +
          "the agent again",
      );
    }
    const draft = await store.prepare([...next.values()].map(({ stored }) => stored));
    try {
      await change();
    } catch (error) {
      await draft.discard();
      throw error;
    }
    await draft.commit();
    this.entries = next;
    onChange?.();
  }

  /** One change after the other: what is saved must be what is there. */
  private alone<T>(change: () => Promise<T>): Promise<T> {
    if (this.waiting >= WAITING_MAX) {
      const message = `${WAITING_MAX} changes of endpoints are waiting already; try again when they are done`;
      return Promise.reject(new WeirError("WEIR_LIMIT_EXCEEDED", message));
    }
    this.waiting++;
    const result = this.last.then(change).finally(() => this.waiting--);
    this.last = result.catch(() => undefined);
    return result;
  }
}

function specOf(name: string, update: EndpointUpdate): EndpointSpec {
  return { name, addresses: [], labels: NO_LABELS, audit: false, observe: [], ...update };
}

function storedOf({ name, addresses, labels, audit, observe }: EndpointSpec): StoredEndpoint {
  return {
    name,
    addresses: addresses.map(String),
    labels: labels.texts,
    audit,
    observe: portsOf(observe, "ingress"),
    observeEgress: portsOf(observe, "egress"),
  };
}

function notFound(name: string): WeirError {
  const hint = "`weir endpoint list` lists those that are there";
  return new WeirError("WEIR_ENDPOINT_NOT_FOUND", `there is no endpoint ${JSON.stringify(name)}; ${hint}`);
}
