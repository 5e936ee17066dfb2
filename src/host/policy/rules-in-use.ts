import type { NumericIdentity } from "../../api/identity.ts";
import { decodeRules, type RulesOfDirections } from "../../policy/description/decode-rules.ts";
import type { ExtensionSource } from "../../policy/extension-source.ts";
import type { Direction } from "../../policy/policy-entry.ts";
import type { SelectorCache, SelectorUser } from "../../policy/selector-cache.ts";
import type { SelectorPolicy } from "../../policy/selector-policy.ts";
import { rulesName } from "../../resources/policy-rules-resource.ts";
import type { Resource } from "../../xds/resource.ts";
import { buildRules } from "./build-rules.ts";
import { ownBytes } from "./own-bytes.ts";
import { ruleProblems } from "./rule-problems.ts";

/** Those of all endpoints there may be, and as many that are to take their place. */
const RULES_MAX = 2 * 65_535;

/** Rules as they came. */
interface Delivered {
  readonly bytes: Uint8Array;
  /** Why no policy can have them; undefined: nobody knows of any reason. */
  problem: string | undefined;
}

export type Acquired = { readonly rules: Rules } | { readonly error: string };

/**
 * The rules of all endpoints of one world. They are compiled when the first policy needs them, and kept until the last one
 * is in force no more: that may be later than the agent takes them away.
 */
export class SharedRules {
  readonly selectors: SelectorCache;
  readonly extensions: ExtensionSource;
  private readonly delivered = new Map<string, Delivered>();
  private readonly inUse = new Map<string, Rules>();

  constructor(selectors: SelectorCache, extensions: ExtensionSource) {
    this.selectors = selectors;
    this.extensions = extensions;
  }

  /** How many different ones are in use. */
  get size(): number {
    return this.inUse.size;
  }

  /** @returns Why they are not taken. What they say is looked at when a policy needs them. */
  change(put: readonly Resource[], removed: readonly string[]): string | undefined {
    const added = put.filter(({ name }) => !this.delivered.has(name)).length;
    if (this.delivered.size + added > RULES_MAX) return `there are more than ${RULES_MAX} sets of rules`;
    for (const { name, value } of put) this.delivered.set(name, { bytes: ownBytes(value), problem: undefined });
    for (const name of removed) this.delivered.delete(name);
    return undefined;
  }

  /** Rules that were delivered. Each call needs one `release`. */
  acquire(name: string): Acquired {
    const delivered = this.delivered.get(name);
    if (delivered === undefined) return { error: "its rules have not been delivered" };
    if (delivered.problem !== undefined) return { error: delivered.problem };
    const acquired = this.use(name, delivered.bytes);
    if ("error" in acquired) delivered.problem = acquired.error;
    return acquired;
  }

  /** Rules that were in use in another world. Each call needs one `release`. */
  acquireFrom({ name, bytes }: Rules): Acquired {
    return this.use(name, bytes);
  }

  /** Nobody enforces them any more, once each `acquire` is given back. */
  release(rules: Rules): void {
    rules.references--;
    if (rules.references > 0) return;
    this.inUse.delete(rules.name);
    rules.dispose(this.selectors);
  }

  private use(name: string, bytes: Uint8Array): Acquired {
    let rules = this.inUse.get(name);
    if (rules === undefined) {
      if (rulesName(bytes) !== name) return { error: "its rules are not those that their name says" };
      const decoded = decodeRules(bytes);
      if ("error" in decoded) return decoded;
      rules = new Rules(name, bytes, decoded.rules, this);
      this.inUse.set(name, rules);
    }
    rules.references++;
    return { rules };
  }
}

/** What selects whom is kept up until they are disposed of. */
export class Rules implements SelectorUser {
  readonly name: string;
  /** As they came. */
  readonly bytes: Uint8Array;
  /** The directions of which they say something. */
  readonly directions: ReadonlySet<Direction>;
  readonly policy: SelectorPolicy;
  references = 0;
  private readonly extensions: ExtensionSource;
  private readonly known = new Map<Direction, Promise<readonly string[]>>();

  constructor(name: string, bytes: Uint8Array, rules: RulesOfDirections, { selectors, extensions }: SharedRules) {
    this.name = name;
    this.bytes = bytes;
    this.directions = new Set((["ingress", "egress"] as const).filter((name) => rules[name] !== undefined));
    this.extensions = extensions;
    this.policy = buildRules(rules, selectors, extensions, this);
  }

  /** Why the rules of a direction cannot be enforced with the extensions of this host. */
  problems(direction: Direction): Promise<readonly string[]> {
    let problems = this.known.get(direction);
    if (problems === undefined) {
      problems = ruleProblems(direction, this.policy[direction].enforced, this.extensions);
      this.known.set(direction, problems);
    }
    return problems;
  }

  selectionChanged(id: NumericIdentity): void {
    this.policy.forget(id);
  }

  dispose(selectors: SelectorCache): void {
    this.policy.retire();
    for (const cached of this.policy.selectors) selectors.release(cached, this);
    selectors.prune();
  }
}
