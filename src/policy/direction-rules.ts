import type { Port } from "../api/identity.ts";
import type { RuleOrigin } from "../api/rule-origin.ts";
import { reasonOf } from "../lib/error.ts";
import type { ConnectionVerdict } from "./endpoint-policy.ts";
import { EntryIndex } from "./entry-index.ts";
import type { ExtensionSource } from "./extension-source.ts";
import { type PolicyEntry, speaksOfPeer } from "./policy-entry.ts";
import { compileRequestMatcher } from "./request/compile.ts";
import type { CachedSelector } from "./selector-cache.ts";

/** Different sets of rules that apply together; the oldest is compiled again when it is needed again. */
const VERDICTS_MAX = 1024;
/** Their `l7` rules, all together: bounds the memory of what is compiled, at about 0.4 kB each. */
const COMPILED_RULES_MAX = 250_000;

interface Judged {
  readonly verdict: ConnectionVerdict;
  /** How many rules were compiled for it. */
  readonly rules: number;
}

const NOT_ENFORCED: ConnectionVerdict = Object.freeze({ kind: "allowed", origin: undefined });

const NO_RULE: ConnectionVerdict = Object.freeze({
  kind: "denied",
  reason: "no rule allows this peer on this port",
  origin: undefined,
});

/** What the rules of one direction say, and the verdicts that follow from those which apply together. Immutable. */
export class DirectionRules {
  /** Whether the direction is in default deny. */
  readonly enforced: boolean;
  /** Where a rule is missing if none allows: the first one that puts the direction into default deny. */
  readonly missing: RuleOrigin | undefined;
  readonly entries: readonly PolicyEntry[];
  private readonly index: EntryIndex;
  private readonly extensions: ExtensionSource;
  private readonly single = new Map<PolicyEntry, ConnectionVerdict>();
  /** By the numbers of the entries that apply: peers with the same rules share one verdict and one matcher. */
  private readonly verdicts = new Map<string, Judged>();
  private readonly rulesMax: number;
  private compiledRules = 0;
  private forgottenCount = 0;

  constructor(
    enforced: boolean,
    entries: readonly PolicyEntry[],
    extensions: ExtensionSource,
    missing: RuleOrigin | undefined,
    rulesMax: number = COMPILED_RULES_MAX,
  ) {
    this.rulesMax = rulesMax;
    this.enforced = enforced;
    this.entries = entries;
    this.extensions = extensions;
    this.missing = missing;
    this.index = new EntryIndex(entries);
  }

  /** The ports that rules name. */
  get ports(): Iterable<Port> {
    return this.index.ports;
  }

  namesPort(port: Port): boolean {
    return this.index.namesPort(port);
  }

  /** Entries that name the port. */
  onPort(port: Port): readonly PolicyEntry[] {
    return this.index.onPort(port);
  }

  /** Entries that speak of a peer on a port, in order, given the selectors that select the peer (those of everybody apart). */
  applicable(port: Port, selectors: ReadonlySet<CachedSelector>): readonly PolicyEntry[] {
    return this.index.applicable(port, selectors);
  }

  /** What follows for a peer on a port, given which selectors select the peer. Tries every entry. */
  verdictOn(port: Port, selects: (cached: CachedSelector) => boolean): ConnectionVerdict {
    return this.verdictOf(
      this.entries.filter((entry) => (entry.ports?.has(port) ?? true) && speaksOfPeer(entry, selects)),
    );
  }

  /** What follows where these entries apply, in order. The same object for the same entries. */
  verdictOf(applicable: readonly PolicyEntry[]): ConnectionVerdict {
    if (!this.enforced) return NOT_ENFORCED;
    const first = applicable[0];
    if (!first) return NO_RULE;
    const denies = applicable.find((entry) => entry.deny);
    if (denies) return this.singleVerdict(denies);
    if (applicable.every((entry) => entry.l7 === undefined)) return this.singleVerdict(first);
    const signature = applicable.map((entry) => entry.index).join();
    const known = this.verdicts.get(signature);
    if (known) return known.verdict;
    const verdict = Object.freeze(this.judge(first, applicable));
    const rules = applicable.reduce((sum, { l7 }) => sum + (l7?.rules.length ?? 1), 0);
    this.makeRoom(rules);
    this.verdicts.set(signature, { verdict, rules });
    this.compiledRules += rules;
    return verdict;
  }

  /** How many verdicts were forgotten: whoever keeps some must give them up, too. */
  get forgotten(): number {
    return this.forgottenCount;
  }

  private makeRoom(rules: number): void {
    for (const [signature, oldest] of this.verdicts) {
      if (this.verdicts.size < VERDICTS_MAX && this.compiledRules + rules <= this.rulesMax) return;
      this.verdicts.delete(signature);
      this.compiledRules -= oldest.rules;
      this.forgottenCount++;
    }
  }

  /** One entry settles it, without a look at requests. */
  private singleVerdict(entry: PolicyEntry): ConnectionVerdict {
    let verdict = this.single.get(entry);
    if (!verdict) {
      const { deny, origin } = entry;
      const denied = { kind: "denied", reason: "a deny rule forbids this peer on this port", origin } as const;
      verdict = Object.freeze(deny ? denied : { kind: "allowed", origin });
      this.single.set(entry, verdict);
    }
    return verdict;
  }

  /** None denies, and at least one has an L7 part. */
  private judge(first: PolicyEntry, applicable: readonly PolicyEntry[]): ConnectionVerdict {
    const [parser, rival] = new Set(applicable.flatMap((entry) => entry.l7?.parser ?? []));
    if (parser === undefined || rival !== undefined) {
      return unusable(`rules for this peer and port name two extensions, ${parser} and ${rival}`);
    }
    const declaration = this.extensions.get(parser);
    if (!declaration) return unusable(`there is no extension ${parser}`);
    // Who is let in without an L7 part may ask for everything that is not denied, although other rules are narrower.
    const rules = applicable.flatMap((entry) => entry.l7?.rules ?? { fields: {}, origin: entry.origin });
    try {
      const matcher = compileRequestMatcher(declaration, rules);
      return { kind: "l7", parser, matcher, origin: first.origin, mode: "enforce" };
    } catch (error) {
      // Import has checked the rules against the declaration; if that has changed since, nothing is let through.
      return unusable(`the rules for extension ${parser} cannot be used: ${reasonOf(error)}`);
    }
  }
}

function unusable(reason: string): ConnectionVerdict {
  return { kind: "denied", reason, origin: undefined };
}
