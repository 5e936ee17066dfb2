import type { PolicyDocument } from "./rule.ts";

/** What all documents in force may be together: bounds the memory of policy and the time to compute it. */
export interface RepositoryLimits {
  readonly documentsMax: number;
  /** See `statementsOf`. */
  readonly statementsMax: number;
}

export const REPOSITORY_LIMITS: RepositoryLimits = {
  documentsMax: 10_000,
  // Expressions cost most, about 16 kB each: these are 1.6 GB at worst, which the heap of Node can hold.
  statementsMax: 100_000,
};

/** How much a document says: its rules, their items, and the entries of `l7` lists in these. */
export function statementsOf({ rules }: PolicyDocument): number {
  let count = rules.length;
  for (const rule of rules) {
    for (const section of [rule.ingress, rule.egress, rule.ingressDeny, rule.egressDeny]) {
      count += section.length;
      for (const { toPorts } of section) for (const { l7 } of toPorts ?? []) count += l7?.rules.length ?? 0;
    }
  }
  return count;
}
