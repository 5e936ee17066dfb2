import type { RuleOrigin } from "../api/rule-origin.ts";
import type { MatcherSource } from "../policy/endpoint-policy.ts";

/** What a RULES frame says of a matcher. A decision is told by a number, 0 where no rule made it; see `DescribedRules`. */
export type DescribedMatcher =
  | {
      readonly kind: "rules";
      readonly rules: readonly {
        readonly fields: Readonly<Record<string, string>>;
        readonly deny?: true;
        readonly decision: number;
      }[];
    }
  | {
      readonly kind: "audited";
      /** null: everything is allowed. */
      readonly enforced: DescribedMatcher | null;
      /** null: nothing is allowed. */
      readonly whole: DescribedMatcher | null;
      readonly missing: number;
    }
  | { readonly kind: "constant"; readonly allowed: boolean; readonly audited: boolean; readonly decision: number };

/** A matcher without the names of policies, and the places that its numbers stand for: only the owner has those. */
export interface DescribedRules {
  readonly matcher: DescribedMatcher;
  /** By number; the first is undefined. */
  readonly origins: readonly (RuleOrigin | undefined)[];
}

export function describeMatcher(source: MatcherSource): DescribedRules {
  const origins: (RuleOrigin | undefined)[] = [undefined];
  return { matcher: describe(source, origins), origins };
}

function describe(source: MatcherSource, origins: (RuleOrigin | undefined)[]): DescribedMatcher {
  const number = (origin: RuleOrigin | undefined): number => (origin === undefined ? 0 : origins.push(origin) - 1);
  switch (source.kind) {
    case "rules":
      return {
        kind: "rules",
        rules: source.rules.map(({ fields, deny, origin }) => ({
          fields,
          ...(deny === true && { deny }),
          decision: number(origin),
        })),
      };
    case "audited": {
      const part = (of: MatcherSource | undefined): DescribedMatcher | null =>
        of === undefined ? null : describe(of, origins);
      return {
        kind: "audited",
        enforced: part(source.enforced),
        whole: part(source.whole),
        missing: number(source.missing),
      };
    }
    case "constant": {
      const { allowed, audited, origin } = source.decision;
      return { kind: "constant", allowed, audited, decision: number(origin) };
    }
  }
}
