import type { NumericIdentity, Port } from "../api/identity.ts";
import type { DirectionRules } from "./direction-rules.ts";
import type { ConnectionVerdict, DirectionPolicy } from "./endpoint-policy.ts";
import type { PolicyEntry } from "./policy-entry.ts";
import type { CachedSelector } from "./selector-cache.ts";

/** Looked up peers and ports that are kept; verdicts are kept elsewhere, so dropping them all changes no answer. */
const LOOKUPS_MAX = 16_384;
const PORTS = 65_536;

const NOT_ENFORCED: ConnectionVerdict = Object.freeze({ kind: "allowed", origin: undefined });

/** Which identities the selectors selected at one moment. */
export type Selections = ReadonlyMap<CachedSelector, ReadonlySet<NumericIdentity>>;

/** The rules of one direction, with the identities of the moment when it was made: later changes do not reach it. */
export class BoundDirection implements DirectionPolicy {
  private readonly rules: DirectionRules;
  private readonly selections: Selections;
  private readonly lookups = new Map<number, ConnectionVerdict>();

  constructor(rules: DirectionRules, selections: Selections) {
    this.rules = rules;
    this.selections = selections;
  }

  get enforced(): boolean {
    return this.rules.enforced;
  }

  lookup(remote: NumericIdentity, port: Port): ConnectionVerdict {
    if (!this.rules.enforced) return NOT_ENFORCED;
    // All ports that no rule names are alike: scanning them must not push other lookups out.
    const key = remote * PORTS + (this.rules.namesPort(port) ? port : 0);
    let verdict = this.lookups.get(key);
    if (verdict === undefined) {
      verdict = this.rules.verdictOn(port, (entry) => this.applies(entry, remote));
      if (this.lookups.size >= LOOKUPS_MAX) this.lookups.clear();
      this.lookups.set(key, verdict);
    }
    return verdict;
  }

  private applies({ peers }: PolicyEntry, remote: NumericIdentity): boolean {
    return peers === "all" || peers.some((cached) => this.selections.get(cached)?.has(remote));
  }
}

/** Of an endpoint that has no usable policy. */
export const DENY_ALL: DirectionPolicy = {
  enforced: true,
  lookup: (): ConnectionVerdict => NO_POLICY,
};

const NO_POLICY: ConnectionVerdict = Object.freeze({
  kind: "denied",
  reason: "the endpoint has no usable policy; `weir endpoint list` tells why",
  origin: undefined,
});
