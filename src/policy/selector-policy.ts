import type { PolicyRevision } from "../api/identity.ts";
import { BoundDirection, type Selections } from "./bound-direction.ts";
import type { DirectionRules } from "./direction-rules.ts";
import type { DirectionPolicy } from "./endpoint-policy.ts";
import type { ExtensionSource } from "./extension-source.ts";
import { parserProblems } from "./parser-problems.ts";
import type { CachedSelector } from "./selector-cache.ts";

/** A policy with the identities of one moment: immutable. */
export interface BoundPolicy {
  readonly ingress: DirectionPolicy;
  readonly egress: DirectionPolicy;
  /** Why it should not be put in force. Connections that a problem concerns are denied. */
  readonly problems: readonly string[];
}

/** The rules of one revision that select one identity, shared by all endpoints of that identity. */
export class SelectorPolicy {
  readonly revision: PolicyRevision;
  /** Whether any rule selects the identity. */
  readonly ruled: boolean;
  private readonly ingress: DirectionRules;
  private readonly egress: DirectionRules;
  /** Whoever resolved the policy holds them. */
  readonly selectors: ReadonlySet<CachedSelector>;
  private readonly extensions: ExtensionSource;

  constructor(
    revision: PolicyRevision,
    ruled: boolean,
    ingress: DirectionRules,
    egress: DirectionRules,
    selectors: ReadonlySet<CachedSelector>,
    extensions: ExtensionSource,
  ) {
    this.revision = revision;
    this.ruled = ruled;
    this.ingress = ingress;
    this.egress = egress;
    this.selectors = selectors;
    this.extensions = extensions;
  }

  /** The policy for the identities that the selectors select now. Compiled matchers are kept from one time to the next. */
  bind(): BoundPolicy {
    const selections: Selections = new Map([...this.selectors].map((cached) => [cached, cached.snapshot()]));
    return {
      ingress: new BoundDirection(this.ingress, selections),
      egress: new BoundDirection(this.egress, selections),
      problems: [
        ...parserProblems("ingress", this.ingress, selections, this.extensions),
        ...parserProblems("egress", this.egress, selections, this.extensions),
      ],
    };
  }
}
