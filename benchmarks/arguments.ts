import { parseArgs } from "node:util";

const PARTS = ["micro", "policy", "proxy", "hosts"] as const;
export type Part = (typeof PARTS)[number];

export interface BenchArguments {
  /** Tiny counts: shows that everything runs; the figures mean little. */
  readonly quick: boolean;
  readonly only: Part | undefined;
  /** Where to write all figures as JSON. */
  readonly jsonFile: string | undefined;
  /** Rewrite the tables in docs/benchmarks.md. */
  readonly updateDocs: boolean;
  /** Turns that each proxy or micro-benchmark takes; undefined: the usual number. */
  readonly rounds: number | undefined;
}

export const USAGE = `usage: npm run bench -- [--quick] [--only micro|policy|proxy|hosts] [--rounds N] [--json FILE] [--update-docs]

  --quick        tiny counts, to see that everything runs
  --only PART    one part alone: the parsers (micro), changes of policy and identities (policy), the proxies side by
                 side (proxy), or weir in one process and in several (hosts)
  --rounds N     turns that each candidate takes
  --json FILE    write all figures as JSON
  --update-docs  rewrite the tables in docs/benchmarks.md (needs a whole run)
`;

/** Throws an Error that says everything that is wrong. */
export function readArguments(texts: readonly string[]): BenchArguments {
  const { values } = parseArgs({
    args: [...texts],
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string" },
      rounds: { type: "string" },
      json: { type: "string" },
      "update-docs": { type: "boolean", default: false },
    },
  });
  const { only, rounds } = values;
  const problems: string[] = [];
  const part = PARTS.find((name) => name === only);
  if (only !== undefined && part === undefined) {
    problems.push(`--only takes ${PARTS.join(", ")}, not "${only}"`);
  }
  if (rounds !== undefined && !/^[1-9]\d{0,2}$/.test(rounds)) {
    problems.push(`--rounds takes a number from 1 to 999, not "${rounds}"`);
  }
  if (values["update-docs"] && (only !== undefined || values.quick)) {
    problems.push("--update-docs needs a whole run: leave out --quick and --only");
  }
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return {
    quick: values.quick,
    only: part,
    jsonFile: values.json,
    updateDocs: values["update-docs"],
    rounds: rounds === undefined ? undefined : Number(rounds),
  };
}
