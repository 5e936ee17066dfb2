import type { NumericIdentity, PolicyRevision } from "../api/identity.ts";
import type { Identity } from "../identity/allocator.ts";
import { DENY_ALL } from "./deny-all.ts";
import type { DirectionPolicy } from "./endpoint-policy.ts";
import type { ParserProblem } from "./parser-problems.ts";
import type { Direction } from "./policy-entry.ts";
import { type PolicyContext, resolve } from "./resolve.ts";
import type { SelectorUser } from "./selector-cache.ts";
import type { DirectionPolicies, SelectorPolicy } from "./selector-policy.ts";

/** What the endpoints of an identity have to enforce. Immutable. */
export interface IdentityPolicy extends DirectionPolicies {
  /** For endpoints in audit mode: nothing is denied. */
  readonly audited: DirectionPolicies;
  /** Of the rules that are in force; 0: none are, everything is denied. */
  readonly revision: PolicyRevision;
  /** Why the newest rules are not in force. */
  readonly failure?: string;
}

const NO_REVISION = 0 as PolicyRevision;
const DENIED: DirectionPolicies = { ingress: DENY_ALL, egress: DENY_ALL };

/**
 * The policies of the identities that endpoints have, each computed once for all endpoints of its identity. Rules that
 * cannot be put in force leave the last good ones there, for the identities of now; without those, everything is denied,
 * and so is a direction that they left open and the newest would not.
 */
export class PolicyCache {
  private readonly context: PolicyContext;
  private readonly onStale: () => void;
  private readonly entries = new Map<NumericIdentity, Entry>();
  private stale = new Set<Entry>();

  /** @param onStale Identities have come or gone that make or mend problems: `refresh` is due. Must not call back at once. */
  constructor(context: PolicyContext, onStale: () => void) {
    this.context = context;
    this.onStale = onStale;
  }

  /** The policy of an identity, computed if it is not there. */
  get(identity: Identity): IdentityPolicy {
    return this.entries.get(identity.id)?.policy ?? this.resolve(identity);
  }

  /** Computes the policy of an identity from the rules in force now. */
  resolve(identity: Identity): IdentityPolicy {
    let entry = this.entries.get(identity.id);
    if (!entry) {
      entry = new Entry(this.context, () => this.markStale(entry as Entry), identity);
      this.entries.set(identity.id, entry);
    }
    this.stale.delete(entry);
    return entry.resolve();
  }

  /** Judges stale policies anew. Returns the owners of those for which that made a difference. */
  refresh(): readonly NumericIdentity[] {
    const stale = this.stale;
    this.stale = new Set();
    const changed: NumericIdentity[] = [];
    for (const entry of stale) {
      const before = entry.policy;
      if (entry.review() !== before) changed.push(entry.identity.id);
    }
    return changed;
  }

  /**
   * Nothing that was in force until now was enforced on anybody, like the rules that an agent had when it had not yet read
   * all of them: those are nothing to fall back to. Returns the identities for which that made a difference.
   */
  forgetLastGood(): readonly NumericIdentity[] {
    const changed: NumericIdentity[] = [];
    for (const entry of this.entries.values()) {
      const before = entry.policy;
      if (entry.forgetLastGood() !== before) changed.push(entry.identity.id);
    }
    return changed;
  }

  /** What is wrong with documents, by their keys: why they are not in force for some endpoints, or cannot be audited. */
  problems(): ReadonlyMap<string, readonly string[]> {
    const problems = new Map<string, Set<string>>();
    for (const entry of this.entries.values()) {
      for (const { message, policies } of entry.problems()) {
        for (const policy of policies) problems.set(policy, (problems.get(policy) ?? new Set()).add(message));
      }
    }
    return new Map([...problems].map(([policy, messages]) => [policy, [...messages].sort()]));
  }

  /** No endpoint has the identity any more. */
  forget(id: NumericIdentity): void {
    const entry = this.entries.get(id);
    if (!entry) return;
    entry.dispose();
    this.stale.delete(entry);
    this.entries.delete(id);
  }

  private markStale(entry: Entry): void {
    if (this.stale.size === 0) this.onStale();
    this.stale.add(entry);
  }
}

/** Holds the selectors of one policy. */
class Held implements SelectorUser {
  readonly policy: SelectorPolicy;
  private readonly context: PolicyContext;
  private readonly onContested: () => void;
  private known: readonly ParserProblem[] | undefined;
  private knownOfAudit: readonly ParserProblem[] | undefined;

  constructor(identity: Identity, context: PolicyContext, onContested: () => void) {
    this.context = context;
    this.onContested = onContested;
    this.policy = resolve(identity, context, this);
  }

  /** Why the policy cannot be put in force with the identities of now. */
  get problems(): readonly ParserProblem[] {
    this.known ??= this.policy.problems();
    return this.known;
  }

  /** What could not be read if audited rules were enforced. */
  get auditProblems(): readonly ParserProblem[] {
    this.knownOfAudit ??= this.policy.auditProblems();
    return this.knownOfAudit;
  }

  selectionChanged(id: NumericIdentity): void {
    this.policy.forget(id);
    // Whom an identity may reach follows from its labels alone; only rules that quarrel depend on who is there.
    if (!this.policy.contested) return;
    this.known = undefined;
    this.knownOfAudit = undefined;
    this.onContested();
  }

  release(): void {
    this.policy.retire();
    for (const cached of this.policy.selectors) this.context.selectors.release(cached, this);
  }
}

/** One identity: its policy in force and, while that cannot be used, the one which it should have. */
class Entry {
  readonly identity: Identity;
  policy: IdentityPolicy = { ...DENIED, audited: DENIED, revision: NO_REVISION };
  private readonly context: PolicyContext;
  private readonly onContested: () => void;
  private good: Held | undefined;
  private refused: Held | undefined;

  constructor(context: PolicyContext, onContested: () => void, identity: Identity) {
    this.context = context;
    this.onContested = onContested;
    this.identity = identity;
  }

  resolve(): IdentityPolicy {
    const next = new Held(this.identity, this.context, this.onContested);
    this.refused?.release();
    this.refused = next;
    return this.review();
  }

  /** With the identities of now, refused rules may have become usable, and usable ones may have problems. */
  review(): IdentityPolicy {
    const newest = this.newest;
    if (newest) {
      const next = newest.problems.length === 0 ? this.accept(newest) : this.refuse(newest);
      if (!sameOutcome(this.policy, next)) this.policy = next;
    }
    return this.policy;
  }

  forgetLastGood(): IdentityPolicy {
    if (!this.refused) return this.policy;
    this.good?.release();
    this.good = undefined;
    return this.review();
  }

  problems(): readonly ParserProblem[] {
    const newest = this.newest;
    return newest ? [...newest.problems, ...newest.auditProblems] : [];
  }

  dispose(): void {
    this.refused?.release();
    this.good?.release();
    this.refused = undefined;
    this.good = undefined;
  }

  private get newest(): Held | undefined {
    return this.refused ?? this.good;
  }

  private accept(newest: Held): IdentityPolicy {
    if (newest !== this.good) this.good?.release();
    this.good = newest;
    this.refused = undefined;
    const { policies, audited, revision } = newest.policy;
    return { ...policies, audited, revision };
  }

  private refuse(newest: Held): IdentityPolicy {
    const failure = newest.problems.map(({ message }) => message).join("; ");
    const { audited } = newest.policy;
    const good = this.good?.policy;
    // "No rule selects it, so all is open" is nothing to fall back to once a rule does.
    if (!good?.ruled) return { ...DENIED, audited, revision: NO_REVISION, failure };
    const policies = {
      ingress: fallback("ingress", newest.policy, good),
      egress: fallback("egress", newest.policy, good),
    };
    return { ...policies, audited, revision: good.revision, failure };
  }
}

/**
 * Nor is it for one direction: that may have been open because no rule spoke of it, or because of how policy was enforced
 * then.
 */
function fallback(name: Direction, newest: SelectorPolicy, good: SelectorPolicy): DirectionPolicy {
  return newest[name].enforced.enforced && !good[name].enforced.enforced ? DENY_ALL : good.policies[name];
}

function sameOutcome(left: IdentityPolicy, right: IdentityPolicy): boolean {
  return (
    left.ingress === right.ingress &&
    left.egress === right.egress &&
    left.audited === right.audited &&
    left.failure === right.failure
  );
}
