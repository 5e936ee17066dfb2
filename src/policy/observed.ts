import type { NumericIdentity, Port } from "../api/identity.ts";
import type { DirectionDescription } from "./description/policy-description.ts";
import type { ConnectionVerdict, Decision, DirectionPolicy } from "./endpoint-policy.ts";
import { constantMatcher } from "./request/constant-matcher.ts";

/**
 * A policy whose connections on some ports are read by an extension, although no rule asks for it. What passes and what
 * does not stays the same; connections that rules have read by an extension anyhow stay with that one.
 *
 * @param ports Port → name of the extension.
 */
export function observed(direction: DirectionPolicy, ports: ReadonlyMap<Port, string>): DirectionPolicy {
  return ports.size === 0 ? direction : new ObservedDirection(direction, ports);
}

class ObservedDirection implements DirectionPolicy {
  private readonly direction: DirectionPolicy;
  private readonly ports: ReadonlyMap<Port, string>;
  /** The same verdict for the same one: callers compare. */
  private readonly verdicts = new Map<string, WeakMap<ConnectionVerdict, ConnectionVerdict>>();

  constructor(direction: DirectionPolicy, ports: ReadonlyMap<Port, string>) {
    this.direction = direction;
    this.ports = ports;
    for (const extension of ports.values()) this.verdicts.set(extension, new WeakMap());
  }

  get enforced(): boolean {
    return this.direction.enforced;
  }

  get audited(): boolean {
    return this.direction.audited === true;
  }

  description(): DirectionDescription {
    const direction = this.direction.description?.() ?? { kind: "denied" };
    return direction.kind === "rules" ? { ...direction, observe: this.ports } : direction;
  }

  lookup(remote: NumericIdentity, port: Port): ConnectionVerdict {
    const verdict = this.direction.lookup(remote, port);
    const extension = this.ports.get(port);
    if (extension === undefined || verdict.kind !== "allowed") return verdict;
    const known = this.verdicts.get(extension);
    let read = known?.get(verdict);
    if (read === undefined) {
      const decision: Decision = { allowed: true, audited: verdict.audit !== undefined, origin: verdict.origin };
      read = Object.freeze({
        kind: "l7",
        parser: extension,
        matcher: constantMatcher(decision),
        origin: verdict.origin,
        mode: "observe",
        ...(verdict.audit === undefined ? {} : { audit: verdict.audit }),
      });
      known?.set(verdict, read);
    }
    return read;
  }
}
