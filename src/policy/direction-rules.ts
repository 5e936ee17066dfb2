import type { Port } from "../api/identity.ts";
import { reasonOf } from "../lib/error.ts";
import type { ConnectionVerdict } from "./endpoint-policy.ts";
import type { ExtensionSource } from "./extension-source.ts";
import type { PolicyEntry } from "./policy-entry.ts";
import { compileRequestMatcher } from "./request/compile.ts";

/** Different sets of rules that apply together; the oldest is compiled again when it is needed again. */
const VERDICTS_MAX = 1024;

const NO_RULE: ConnectionVerdict = Object.freeze({
  kind: "denied",
  reason: "no rule allows this peer on this port",
  origin: undefined,
});

/** The allowances of one direction, by port, and the verdicts that follow from those which apply together. */
export class DirectionRules {
  /** Whether the direction is in default deny. */
  readonly enforced: boolean;
  readonly entries: readonly PolicyEntry[];
  /** Entries of every port; none of them has an L7 part. */
  private readonly anyPort: readonly PolicyEntry[];
  private readonly byPort = new Map<Port, PolicyEntry[]>();
  private readonly extensions: ExtensionSource;
  private readonly allowed = new Map<PolicyEntry, ConnectionVerdict>();
  /** By the numbers of the entries that apply: peers with the same rules share one verdict and one matcher. */
  private readonly verdicts = new Map<string, ConnectionVerdict>();

  constructor(enforced: boolean, entries: readonly PolicyEntry[], extensions: ExtensionSource) {
    this.enforced = enforced;
    this.entries = entries;
    this.extensions = extensions;
    this.anyPort = entries.filter((entry) => entry.ports === undefined);
    for (const entry of entries) {
      for (const port of entry.ports ?? []) {
        const present = this.byPort.get(port);
        if (present) present.push(entry);
        else this.byPort.set(port, [entry]);
      }
    }
  }

  /** The ports that rules name. */
  get ports(): Iterable<Port> {
    return this.byPort.keys();
  }

  namesPort(port: Port): boolean {
    return this.byPort.has(port);
  }

  /** Entries that name the port. */
  onPort(port: Port): readonly PolicyEntry[] {
    return this.byPort.get(port) ?? [];
  }

  /** What follows for a peer on a port, given which entries apply to the peer. */
  verdictOn(port: Port, applies: (entry: PolicyEntry) => boolean): ConnectionVerdict {
    const applicable = [...this.onPort(port).filter(applies), ...this.anyPort.filter(applies)];
    return this.verdictOf(applicable.sort((a, b) => a.index - b.index));
  }

  /** The same object for the same entries. */
  private verdictOf(applicable: readonly PolicyEntry[]): ConnectionVerdict {
    const first = applicable[0];
    if (!first) return NO_RULE;
    if (applicable.every((entry) => entry.l7 === undefined)) return this.allowedBy(first);
    const signature = applicable.map((entry) => entry.index).join();
    let verdict = this.verdicts.get(signature);
    if (!verdict) {
      verdict = Object.freeze(this.judge(first, applicable));
      if (this.verdicts.size >= VERDICTS_MAX) this.verdicts.delete(this.verdicts.keys().next().value as string);
      this.verdicts.set(signature, verdict);
    }
    return verdict;
  }

  private allowedBy(entry: PolicyEntry): ConnectionVerdict {
    let verdict = this.allowed.get(entry);
    if (!verdict) {
      verdict = Object.freeze({ kind: "allowed", origin: entry.origin });
      this.allowed.set(entry, verdict);
    }
    return verdict;
  }

  /** At least one entry has an L7 part. */
  private judge(first: PolicyEntry, applicable: readonly PolicyEntry[]): ConnectionVerdict {
    const [parser, rival] = new Set(applicable.flatMap((entry) => entry.l7?.parser ?? []));
    if (parser === undefined || rival !== undefined) {
      return {
        kind: "denied",
        reason: `rules for this peer and port name two extensions, ${parser} and ${rival}`,
        origin: undefined,
      };
    }
    const declaration = this.extensions.get(parser);
    if (!declaration) return { kind: "denied", reason: `there is no extension ${parser}`, origin: undefined };
    // Who is let in without an L7 part may ask for everything, although other rules that apply are narrower.
    const rules = applicable.flatMap((entry) => entry.l7?.rules ?? { fields: {}, origin: entry.origin });
    try {
      return {
        kind: "l7",
        parser,
        matcher: compileRequestMatcher(declaration, rules),
        origin: first.origin,
        mode: "enforce",
      };
    } catch (error) {
      // Import has checked the rules against the declaration; if that has changed since, nothing is let through.
      const reason = reasonOf(error);
      return {
        kind: "denied",
        reason: `the rules for extension ${parser} cannot be used: ${reason}`,
        origin: undefined,
      };
    }
  }
}
