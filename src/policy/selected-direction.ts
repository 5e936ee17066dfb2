import type { NumericIdentity, Port } from "../api/identity.ts";
import { auditedVerdict, OPEN } from "./audit.ts";
import { describeRules } from "./description/describe-rules.ts";
import type { DirectionDescription } from "./description/policy-description.ts";
import type { DirectionPair } from "./direction-pair.ts";
import type { ConnectionVerdict, DirectionPolicy } from "./endpoint-policy.ts";
import type { CachedSelector } from "./selector-cache.ts";

/** Looked up peers and ports that are kept; they can be found again. */
const LOOKUPS_MAX = 16_384;
/** No port: stands for all that no rule names. */
const OTHER_PORTS = 0 as Port;
const NONE_OBSERVED: ReadonlyMap<Port, string> = new Map();

/** How the selectors that select an identity are found. */
export interface SelectorLookup {
  selectorsOf(id: NumericIdentity): ReadonlySet<CachedSelector>;
}

/**
 * What one direction says to each peer. The labels of an identity never change, so what was found for one holds as long
 * as the identity exists; `forget` is due when it has come or gone.
 */
export class SelectedDirection implements DirectionPolicy {
  readonly enforced: boolean;
  readonly audited: boolean;
  private readonly pair: DirectionPair;
  /** Everything passes, and all rules are audited. */
  private readonly auditsAll: boolean;
  private selectors: SelectorLookup;
  /** Whether `forget` is called, so that what was found may be kept. */
  private followed = true;
  private readonly lookups = new Map<NumericIdentity, Map<Port, ConnectionVerdict>>();
  /** The same joined verdict for the same two. */
  private readonly joined = new Map<ConnectionVerdict, Map<ConnectionVerdict, ConnectionVerdict>>();
  /** Verdicts that the rules have forgotten: to keep them here would keep all that was compiled for them. */
  private forgotten = 0;
  private count = 0;
  private joinedCount = 0;

  constructor(pair: DirectionPair, selectors: SelectorLookup, auditsAll = false) {
    this.pair = pair;
    this.selectors = selectors;
    this.auditsAll = auditsAll;
    this.enforced = pair.enforced.enforced && !auditsAll;
    this.audited = pair.whole.enforced && (auditsAll || pair.whole !== pair.enforced);
  }

  lookup(remote: NumericIdentity, port: Port): ConnectionVerdict {
    // All ports that no rule names are alike: scanning them must not push other lookups out.
    const place = this.pair.whole.namesPort(port) || this.pair.enforced.namesPort(port) ? port : OTHER_PORTS;
    const known = this.lookups.get(remote)?.get(place);
    if (known !== undefined) return known;
    const verdict = this.judge(remote, place);
    const forgotten = this.pair.enforced.forgotten + this.pair.whole.forgotten;
    if (forgotten !== this.forgotten) this.clear();
    this.forgotten = forgotten;
    if (this.followed) this.remember(remote, place, verdict);
    return verdict;
  }

  description(): DirectionDescription {
    return { kind: "rules", rules: describeRules(this.pair), audit: this.auditsAll, observe: NONE_OBSERVED };
  }

  /** An identity has come or gone. */
  forget(remote: NumericIdentity): void {
    this.count -= this.lookups.get(remote)?.size ?? 0;
    this.lookups.delete(remote);
  }

  /** `forget` is called no more: selectors are found in another way from now on, and anew each time. */
  retire(selectors: SelectorLookup): void {
    this.selectors = selectors;
    this.followed = false;
    this.lookups.clear();
    this.count = 0;
  }

  private judge(remote: NumericIdentity, port: Port): ConnectionVerdict {
    const { enforced, whole } = this.pair;
    const selectors = this.selectors.selectorsOf(remote);
    const inForce = enforced.applicable(port, selectors);
    if (whole === enforced && !this.auditsAll) return enforced.verdictOf(inForce);
    const applicable = whole === enforced ? inForce : whole.applicable(port, selectors);
    if (this.auditsAll) return this.join(OPEN, whole.verdictOf(applicable));
    const same = applicable.length === inForce.length && !applicable.some((entry) => entry.audited);
    // What nothing audited speaks of is decided once, not twice for every request.
    if (same && enforced.enforced) return enforced.verdictOf(inForce);
    return this.join(enforced.verdictOf(inForce), whole.verdictOf(applicable));
  }

  private join(enforced: ConnectionVerdict, whole: ConnectionVerdict): ConnectionVerdict {
    if (this.joinedCount >= LOOKUPS_MAX) this.clear();
    let byWhole = this.joined.get(enforced);
    if (!byWhole) {
      byWhole = new Map();
      this.joined.set(enforced, byWhole);
    }
    let verdict = byWhole.get(whole);
    if (!verdict) {
      verdict = auditedVerdict(enforced, whole, this.pair.whole.missing);
      byWhole.set(whole, verdict);
      this.joinedCount++;
    }
    return verdict;
  }

  private remember(remote: NumericIdentity, port: Port, verdict: ConnectionVerdict): void {
    if (this.count >= LOOKUPS_MAX) this.clear();
    const ports = this.lookups.get(remote);
    if (ports) ports.set(port, verdict);
    else this.lookups.set(remote, new Map([[port, verdict]]));
    this.count++;
  }

  /** Everything can be found again: dropping it changes no answer. */
  private clear(): void {
    this.lookups.clear();
    this.joined.clear();
    this.count = 0;
    this.joinedCount = 0;
  }
}
