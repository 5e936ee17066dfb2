import { createHash } from "node:crypto";
import type { NumericIdentity } from "../../api/identity.ts";
import { decodeRules, type RulesOfDirections } from "../../policy/description/decode-rules.ts";
import type { ExtensionSource } from "../../policy/extension-source.ts";
import type { Direction } from "../../policy/policy-entry.ts";
import type { SelectorCache, SelectorUser } from "../../policy/selector-cache.ts";
import type { SelectorPolicy } from "../../policy/selector-policy.ts";
import { buildRules } from "./build-rules.ts";
import { ruleProblems } from "./rule-problems.ts";

/** The rules of all endpoints of one world: those that came as the same bytes are compiled once. */
export class SharedRules {
  readonly selectors: SelectorCache;
  readonly extensions: ExtensionSource;
  private readonly byHash = new Map<string, Rules>();

  constructor(selectors: SelectorCache, extensions: ExtensionSource) {
    this.selectors = selectors;
    this.extensions = extensions;
  }

  /** How many different ones there are. */
  get size(): number {
    return this.byHash.size;
  }

  /** Each call needs one `release`. */
  acquire(bytes: Uint8Array): { readonly rules: Rules } | { readonly error: string } {
    const hash = createHash("sha256").update(bytes).digest("base64");
    let rules = this.byHash.get(hash);
    if (rules === undefined) {
      const decoded = decodeRules(bytes);
      if ("error" in decoded) return decoded;
      rules = new Rules(hash, bytes, decoded.rules, this);
      this.byHash.set(hash, rules);
    }
    rules.references++;
    return { rules };
  }

  /** Nobody enforces them any more, once each `acquire` is given back. */
  release(rules: Rules): void {
    rules.references--;
    if (rules.references > 0) return;
    this.byHash.delete(rules.hash);
    rules.dispose(this.selectors);
  }
}

/** What selects whom is kept up until they are disposed of. */
export class Rules implements SelectorUser {
  readonly hash: string;
  /** As they came. */
  readonly bytes: Uint8Array;
  /** The directions of which they say something. */
  readonly directions: ReadonlySet<Direction>;
  readonly policy: SelectorPolicy;
  references = 0;
  private readonly extensions: ExtensionSource;
  private readonly known = new Map<Direction, Promise<readonly string[]>>();

  constructor(hash: string, bytes: Uint8Array, rules: RulesOfDirections, { selectors, extensions }: SharedRules) {
    this.hash = hash;
    // What was delivered may be a part of a larger message, which need not be kept.
    this.bytes = bytes.slice();
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
