import type { Decision, RequestMatcher } from "../policy/endpoint-policy.ts";
import type { OwnerServices } from "./owner-services.ts";
import type { RuleSet } from "./rule-sets.ts";
import { ProtocolViolation } from "./violation.ts";

/** Rules that a `decided` which a parser has kept may come from. */
const RULE_SETS_MAX = 8;

/** The rules that the host goes by for one connection, and before them those that it went by. */
export class RulesInUse {
  private readonly extension: string;
  private readonly services: OwnerServices;
  private readonly sets: RuleSet[] = [];
  /** The host goes by these until it is told that others hold. */
  private former: RuleSet | undefined;

  constructor(extension: string, services: OwnerServices) {
    this.extension = extension;
    this.services = services;
  }

  /** What the host goes by; undefined: nothing yet. */
  get matcher(): RequestMatcher | undefined {
    return this.sets[0]?.matcher;
  }

  /**
   * Rules that hold from the next frame on, behind which `releaseFormer` is called.
   *
   * @returns The number that the host knows them by. Throws ConnectionRefused where they are too many to be told.
   */
  use(matcher: RequestMatcher): number {
    const rules = this.services.useRules(this.extension, matcher);
    this.former = this.sets[0];
    if (rules !== this.sets[0]) this.sets.unshift(rules);
    this.sets.length = Math.min(this.sets.length, RULE_SETS_MAX);
    return rules.id;
  }

  /** The frame that tells which rules hold is written. */
  releaseFormer(): void {
    const { former } = this;
    this.former = undefined;
    if (former !== undefined) this.services.releaseRules(this.extension, former);
  }

  /** The connection goes by none any more, and the host was told so. */
  release(): void {
    const [last] = this.sets;
    if (last !== undefined) this.services.releaseRules(this.extension, last);
  }

  /** What the host tells by numbers. Throws ProtocolViolation for a rule that there is not. */
  decision(rules: number, number: number, allowed: boolean, audited: boolean): Decision {
    const set = rules === 0 ? undefined : this.sets.find(({ id }) => id === rules);
    // Of no rule, or of one that is long out of force: nobody knows which one it was.
    if (set === undefined) return { allowed, audited, origin: undefined };
    const decision = set.decision(number, allowed, audited);
    if (decision === undefined) throw new ProtocolViolation(`rules ${rules} have no decision ${number}`);
    return decision;
  }
}
