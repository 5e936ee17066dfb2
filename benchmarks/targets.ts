import { hostsName, WITHOUT_HOSTS } from "./hosts/groups.ts";
import { cqlPipelineName, cqlRulesName, EXECUTE, QUERY } from "./micro/cassandra.ts";
import { pipelineName } from "./micro/memcached.ts";
import { NODE_PIPE, WEIR } from "./proxy/candidate.ts";
import { CQL_LARGE, cqlModeName, FIFTY_CONNECTIONS, LARGE_VALUES } from "./proxy/mode.ts";
import { summarize } from "./proxy/summary.ts";
import type { Results } from "./results.ts";
import { formatNumber, formatTable } from "./table.ts";

/** What a result is held against: at most so much. */
interface Target {
  readonly work: string;
  readonly unit: string;
  readonly max: number;
  /** undefined: not measured in this run. */
  readonly measured: (results: Results) => number | undefined;
}

const CQL_REQUESTS = ["QUERY", "EXECUTE"] as const;
const CQL_CONNECTIONS = 50;

const TARGETS: readonly Target[] = [
  {
    work: "memcached get and hit through the parser, with policy and record",
    unit: "ns",
    max: 300,
    measured: nanosecondsOf("memcached get and hit"),
  },
  {
    work: "the same, allocations",
    unit: "",
    max: 2,
    measured: (results) => micro(results, "memcached get and hit")?.allocations,
  },
  {
    work: "one of 2,048 pipelined gets against a single one",
    unit: "×",
    max: 1.2,
    measured: (results) => ratio(nanosecondsOf(pipelineName(2_048))(results), nanosecondsOf(pipelineName(1))(results)),
  },
  {
    work: "CQL QUERY and row through the parser, with policy and record",
    unit: "ns",
    max: 500,
    measured: nanosecondsOf(QUERY),
  },
  {
    work: "CQL EXECUTE and row, the same",
    unit: "ns",
    max: 250,
    measured: nanosecondsOf(EXECUTE),
  },
  ...CQL_REQUESTS.map(
    (request): Target => ({
      work: `one of 2,048 pipelined ${request}s against a single one`,
      unit: "×",
      max: 1.2,
      measured: (results) =>
        ratio(
          nanosecondsOf(cqlPipelineName(request, 2_048))(results),
          nanosecondsOf(cqlPipelineName(request, 1))(results),
        ),
    }),
  ),
  {
    work: "CQL QUERY under 10,000 regex rules with literals, the last one fits, varied tables",
    unit: "ns",
    max: 10_000,
    measured: nanosecondsOf(cqlRulesName(10_000)),
  },
  {
    work: "10,000 rules, the last one fits, varied keys: prefix",
    unit: "ns",
    max: 1_000,
    measured: matching("matcher: prefix, 10000 rules, last fits"),
  },
  {
    work: "the same: exact",
    unit: "ns",
    max: 1_000,
    measured: matching("matcher: exact, 10000 rules, last fits"),
  },
  {
    work: "the same: regex with a literal at its beginning",
    unit: "ns",
    max: 10_000,
    measured: matching("matcher: regex, literal prefix, 10000 rules, last fits"),
  },
  {
    work: "the same: regex with a literal within",
    unit: "ns",
    max: 10_000,
    measured: matching("matcher: regex, literal within, 10000 rules, last fits"),
  },
  {
    work: "1,000 regex rules without a literal, decided before",
    unit: "ns",
    max: 1_000,
    measured: matching("matcher: regex, no literal, 1000 rules, remembered"),
  },
  ...(
    [
      ["import of one rule", "importRuleUs"],
      ["arrival of one identity", "arrivalUs"],
      ["departure of one identity", "departureUs"],
      ["a label change", "labelChangeUs"],
      ["first look-up of a peer", "lookupUs"],
    ] as const
  ).map(
    ([work, figure]): Target => ({
      work: `${work}: 50,000 identities and 10,000 rules against 1,000 and 100`,
      unit: "×",
      max: 2,
      measured: (results) => growth(results, figure),
    }),
  ),
  {
    work: `${FIFTY_CONNECTIONS}: CPU against the Node pipe beside it`,
    unit: "×",
    max: 1.1,
    measured: cpuToNodePipe(FIFTY_CONNECTIONS),
  },
  {
    work: "100 KiB values: CPU against the Node pipe beside it",
    unit: "×",
    max: 1,
    measured: cpuToNodePipe(LARGE_VALUES),
  },
  ...CQL_REQUESTS.map((request): Target => {
    const mode = cqlModeName(request, CQL_CONNECTIONS);
    return { work: `${mode}: CPU-s per million requests`, unit: "", max: 1.5, measured: cpuPerMillion(mode) };
  }),
  {
    work: "CQL results of 100 KiB: CPU against the Node pipe beside it",
    unit: "×",
    max: 1,
    measured: cpuToNodePipe(CQL_LARGE),
  },
  ...[FIFTY_CONNECTIONS, ...CQL_REQUESTS.map((request) => cqlModeName(request, CQL_CONNECTIONS))].map(
    (mode): Target => ({
      work: `${mode}, hosts: 1: CPU against hosts: 0 beside it`,
      unit: "×",
      max: 1.1,
      measured: ({ hosts }) => hosts && summarize(hosts, mode, hostsName(1), WITHOUT_HOSTS)?.cpuToBase,
    }),
  ),
];

/** The largest world, whose rules are spread over endpoints, against the smallest one. */
function growth(results: Results, figure: "importRuleUs" | "arrivalUs" | "departureUs" | "labelChangeUs" | "lookupUs") {
  const find = (identities: number, rules: number): number | undefined =>
    results.policy?.find((one) => one.identities === identities && one.rules === rules)?.[figure];
  return ratio(find(50_000, 10_000), find(1_000, 100));
}

function micro(results: Results, name: string): { nanoseconds: number; allocations: number } | undefined {
  return results.micro?.find((result) => result.name === name);
}

function nanosecondsOf(name: string): Target["measured"] {
  return (results) => micro(results, name)?.nanoseconds;
}

function matching(name: string): Target["measured"] {
  return (results) => results.matcher?.find((result) => result.name === name)?.value;
}

function ratio(value: number | undefined, base: number | undefined): number | undefined {
  return value === undefined || base === undefined ? undefined : value / base;
}

function cpuPerMillion(mode: string): Target["measured"] {
  return ({ proxy }) => (proxy === undefined ? undefined : summarize(proxy, mode, WEIR)?.cpuSecondsPerMillion);
}

function cpuToNodePipe(mode: string): Target["measured"] {
  return ({ proxy }) => {
    if (!proxy?.candidates.includes(NODE_PIPE)) return undefined;
    return summarize(proxy, mode, WEIR)?.cpuToBase;
  };
}

export function formatTargets(results: Results): string {
  return formatTable(
    ["target", "at most", "measured", "result"],
    TARGETS.map((target) => {
      const measured = target.measured(results);
      return [
        target.work,
        withUnit(target.max, target.unit),
        withUnit(measured, target.unit),
        judge(target.max, measured),
      ];
    }),
  );
}

function withUnit(value: number | undefined, unit: string): string {
  return value === undefined || unit === "" ? formatNumber(value) : `${formatNumber(value)} ${unit}`;
}

function judge(max: number, measured: number | undefined): string {
  if (measured === undefined || !Number.isFinite(measured)) return "not measured";
  const percent = Math.round(Math.abs(measured / max - 1) * 100);
  return measured <= max ? `met, ${percent} % below` : `missed by ${percent} %`;
}
