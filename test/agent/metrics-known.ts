// Which metrics an expression may name, and what it must not do with them.
import { ApiRequestCounter } from "../../src/metrics/api-request-counter.ts";
import { Metrics } from "../../src/metrics/metrics.ts";
import { RecordCounter } from "../../src/metrics/record-counter.ts";
import { sampleSources } from "../../src/metrics/testing/sources.ts";
import { type Family, parseExposition } from "./exposition.ts";
import { parsePromql, type Selector } from "./promql.ts";

/** What Prometheus adds to every series. */
const SCRAPE_LABELS = ["instance", "job"];

export interface Counters {
  readonly records: RecordCounter;
  readonly apiRequests: ApiRequestCounter;
}

/** All metrics of an agent, each with at least one series. @param drive Counts something before. */
export async function allMetrics(drive: (counters: Counters) => void = () => {}): Promise<ReadonlyMap<string, Family>> {
  const records = new RecordCounter({ record() {}, recordAt() {} }, ["memcache", "r2d2", "tcp"]);
  const apiRequests = new ApiRequestCounter();
  for (const status of [200, 302, 404, 500]) apiRequests.answered("GET", "/v1/policy", status);
  drive({ records, apiRequests });
  const sources = sampleSources(() => records.counts());
  using metrics = new Metrics({ version: "1.2.3", startedAtMs: 0 });
  metrics.readFrom({ ...sources, agent: () => ({ ...sources.agent(), apiRequests: apiRequests.counts() }) });
  return parseExposition(await metrics.text());
}

/** The metric that a series belongs to. */
function familyOf(metrics: ReadonlyMap<string, Family>, series: string): Family | undefined {
  const histogram = metrics.get(series.replace(/_(bucket|sum|count)$/, ""));
  return metrics.get(series) ?? (histogram?.type === "histogram" ? histogram : undefined);
}

function labelsOf(family: Family, series: string): readonly string[] {
  return [...family.labels.keys(), ...SCRAPE_LABELS, ...(series.endsWith("_bucket") ? ["le"] : [])];
}

function selectorProblems(metrics: ReadonlyMap<string, Family>, selector: Selector): string[] {
  const { metric, matchers, taker } = selector;
  const family = familyOf(metrics, metric);
  if (family === undefined) return [`there is no metric ${metric}`];
  const problems: string[] = [];
  const grows = family.type !== "gauge";
  const counts = ["rate", "irate", "increase"].includes(taker ?? "");
  if (family.type === "histogram" && metric === family.name) problems.push(`${metric} has no series of that name`);
  if (grows && !counts && taker !== "changes") problems.push(`${metric} only grows: it needs a rate`);
  if (!grows && counts) problems.push(`${metric} is a gauge and has no ${taker}`);
  for (const { label, operator, value } of matchers) {
    if (!labelsOf(family, metric).includes(label)) problems.push(`${metric} has no label ${label}`);
    const values = [...(family.labels.get(label) ?? [])];
    if (values.length === 0 || value.includes("$")) continue;
    const wanted = operator.endsWith("~") ? value.split("|") : [value];
    for (const one of wanted) if (!values.includes(one)) problems.push(`${metric}: ${label} is never ${one}`);
  }
  return problems;
}

/** What is wrong with an expression; empty: nothing. */
export function expressionProblems(metrics: ReadonlyMap<string, Family>, expression: string): string[] {
  try {
    const { selectors, groupings } = parsePromql(expression);
    const problems = selectors.flatMap((selector) => selectorProblems(metrics, selector));
    const labels = labelsInReach(metrics, expression);
    return [...problems, ...groupings.filter((label) => !labels.has(label)).map((label) => `no metric has ${label}`)];
  } catch (error) {
    return [(error as Error).message];
  }
}

/** Labels that the result of an expression can have, or that it may group by. */
export function labelsInReach(metrics: ReadonlyMap<string, Family>, expression: string): ReadonlySet<string> {
  const { selectors } = parsePromql(expression);
  return new Set(
    selectors.flatMap(({ metric }) => {
      const family = familyOf(metrics, metric);
      return family === undefined ? [] : labelsOf(family, metric);
    }),
  );
}
