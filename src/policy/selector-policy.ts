import type { NumericIdentity, PolicyRevision } from "../api/identity.ts";
import type { DirectionPair } from "./direction-pair.ts";
import type { DirectionPolicy } from "./endpoint-policy.ts";
import type { ExtensionSource } from "./extension-source.ts";
import { contestedPorts, type ParserProblem, parserProblems } from "./parser-problems.ts";
import { RetiredLookup } from "./retired-lookup.ts";
import { SelectedDirection } from "./selected-direction.ts";
import type { CachedSelector, SelectorCache } from "./selector-cache.ts";

/** What one endpoint may enforce: the policy as it is, or, in audit mode, nothing while everything is audited. */
export interface DirectionPolicies {
  readonly ingress: DirectionPolicy;
  readonly egress: DirectionPolicy;
}

/** What a policy is made of. */
export interface SelectorPolicyParts {
  readonly revision: PolicyRevision;
  /** Whether any enforcing rule selects the identity. */
  readonly ruled: boolean;
  readonly ingress: DirectionPair;
  readonly egress: DirectionPair;
  /** Whoever resolved the policy holds them. */
  readonly selectors: ReadonlySet<CachedSelector>;
}

/** The rules of one revision that select one identity, shared by all endpoints of that identity. */
export class SelectorPolicy {
  readonly revision: PolicyRevision;
  readonly ruled: boolean;
  readonly ingress: DirectionPair;
  readonly egress: DirectionPair;
  readonly selectors: ReadonlySet<CachedSelector>;
  readonly policies: DirectionPolicies;
  /** For endpoints in audit mode. */
  readonly audited: DirectionPolicies;
  /** Whether identities that come or go can make or mend a problem. */
  readonly contested: boolean;
  private readonly directions: readonly SelectedDirection[];
  private readonly lookup: SelectorCache;
  private readonly extensions: ExtensionSource;

  constructor(parts: SelectorPolicyParts, lookup: SelectorCache, extensions: ExtensionSource) {
    this.revision = parts.revision;
    this.ruled = parts.ruled;
    this.ingress = parts.ingress;
    this.egress = parts.egress;
    this.selectors = parts.selectors;
    this.lookup = lookup;
    this.extensions = extensions;
    const ingress = new SelectedDirection(parts.ingress, lookup);
    const egress = new SelectedDirection(parts.egress, lookup);
    const auditedIngress = new SelectedDirection(parts.ingress, lookup, true);
    const auditedEgress = new SelectedDirection(parts.egress, lookup, true);
    this.policies = { ingress, egress };
    this.audited = { ingress: auditedIngress, egress: auditedEgress };
    this.directions = [ingress, egress, auditedIngress, auditedEgress];
    this.contested = [parts.ingress, parts.egress].some((pair) => contestedPorts(pair.whole).length > 0);
  }

  /** An identity has come or gone that the rules speak of. */
  forget(id: NumericIdentity): void {
    for (const direction of this.directions) direction.forget(id);
  }

  /**
   * Its selectors are given back: nobody keeps them up any more. Data planes may enforce it still, until they have
   * answered to the next one, or for good where they refuse that: above all, its deny rules must go on to hold.
   */
  retire(): void {
    const lookup = new RetiredLookup(this.selectors, this.lookup);
    for (const direction of this.directions) direction.retire(lookup);
  }

  /** Why the enforcing rules should not be put in force. Connections that a problem concerns are denied. */
  problems(): readonly ParserProblem[] {
    return [
      ...parserProblems("ingress", this.ingress.enforced, this.extensions),
      ...parserProblems("egress", this.egress.enforced, this.extensions),
    ];
  }

  /** What could not be read if audited rules were enforced; beside `problems`. */
  auditProblems(): readonly ParserProblem[] {
    const audited = [this.ingress, this.egress].some(({ enforced, whole }) => enforced !== whole);
    if (!audited) return [];
    const known = new Set(this.problems().map(({ message }) => message));
    return [
      ...parserProblems("ingress", this.ingress.whole, this.extensions),
      ...parserProblems("egress", this.egress.whole, this.extensions),
    ].filter(({ message }) => !known.has(message));
  }
}
