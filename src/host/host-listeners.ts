import type { HostListenerReport } from "../api/host-report.ts";
import { decodeListener } from "../datapath/embedded/hosted/resources.ts";
import type { OpenListener } from "../datapath/embedded/listener-set.ts";
import type { Redirect } from "../datapath/embedded/redirect.ts";
import { reasonOf } from "../lib/error.ts";
import type { ResourceConsumer, ResourceUpdate } from "../xds/resource.ts";

/** What opens and closes listeners: the embedded data plane. */
export interface ListenerTarget {
  openListener(name: string, redirect: Redirect): Promise<OpenListener>;
  closeListener(name: string): Promise<void>;
}

interface Wanted {
  readonly version: string;
  readonly redirect: Redirect;
}

/** The listeners of a host as resources. A listener that stays the same stays open, whichever agent delivers it. */
export class HostListeners implements ResourceConsumer {
  private readonly target: ListenerTarget;
  private readonly onChange: () => void;
  private readonly open = new Map<string, Wanted>();
  private readonly states = new Map<string, HostListenerReport>();
  /** What another agent delivers, until it is complete. */
  private next: Map<string, Wanted> | undefined;

  constructor(target: ListenerTarget, onChange: () => void) {
    this.target = target;
    this.onChange = onChange;
  }

  reports(): readonly HostListenerReport[] {
    return [...this.states.values()];
  }

  begin(): void {
    this.next = new Map();
  }

  async update({ put, removed }: ResourceUpdate): Promise<string | undefined> {
    const reasons: string[] = [];
    for (const { name, version, value } of put) {
      const decoded = decodeListener(value);
      if ("error" in decoded) {
        reasons.push(`listener ${name}: ${decoded.error}`);
        continue;
      }
      const wanted = { version, redirect: decoded.redirect };
      if (this.next !== undefined) this.next.set(name, wanted);
      else reasons.push(...(await this.establish(name, wanted)));
    }
    for (const name of removed) {
      if (this.next !== undefined) this.next.delete(name);
      else await this.close(name);
    }
    return reasons.length === 0 ? undefined : reasons.join("; ");
  }

  async synced(): Promise<void> {
    const { next } = this;
    if (next === undefined) return;
    this.next = undefined;
    for (const name of [...this.open.keys()]) if (!next.has(name)) await this.close(name);
    for (const [name, wanted] of next) await this.establish(name, wanted);
  }

  private async establish(name: string, wanted: Wanted): Promise<string[]> {
    if (this.open.get(name)?.version === wanted.version) return [];
    try {
      const { listen } = await this.target.openListener(name, wanted.redirect);
      this.open.set(name, wanted);
      this.states.set(name, { name, listen });
      return [];
    } catch (error) {
      this.open.delete(name);
      this.states.set(name, { name, listen: "", error: reasonOf(error) });
      return [reasonOf(error)];
    } finally {
      this.onChange();
    }
  }

  private async close(name: string): Promise<void> {
    this.open.delete(name);
    this.states.delete(name);
    await this.target.closeListener(name);
    this.onChange();
  }
}
