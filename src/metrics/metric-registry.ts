import { Counter, Gauge, Histogram, Registry } from "@prometheus-io/client";
import type { MetricSample } from "../api/rest.ts";

/** What may stand in a label: one of these values, or at most so many different ones. Whatever is more is `other`. */
type LabelBound = readonly string[] | number;

export interface MetricDefinition {
  /** As Prometheus has it: `weir_`, what is measured, the base unit; counters end with `_total`. */
  readonly name: string;
  readonly help: string;
  /** By name; none: one series. */
  readonly labels?: Readonly<Record<string, LabelBound>>;
}

type Labels = Readonly<Record<string, string>>;

/** Gives one value; values of the same labels are added up. */
export type Emit = (value: number, labels?: Labels) => void;

/** Takes one observation, in the base unit. */
export type Observe = (labels: Labels, value: number) => void;

const OTHER = "other";

/**
 * The metrics of an agent. Counters and gauges have no memory of their own: the rooms count in plain numbers, which are
 * read when somebody asks, so that nothing is paid for between two scrapes.
 */
export class MetricRegistry {
  private readonly registry = new Registry();

  get contentType(): string {
    return this.registry.contentType;
  }

  /** The Prometheus text format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  /** One sample a series; of a histogram its sum and its count. */
  async list(): Promise<readonly MetricSample[]> {
    const metrics = await this.registry.getMetricsAsJSON();
    return metrics.flatMap((metric) =>
      metric.values.flatMap((value: (typeof metric.values)[number] & { readonly metricName?: string }) => {
        const name = value.metricName ?? metric.name;
        if (name === `${metric.name}_bucket`) return [];
        const labels = Object.entries(value.labels).map(([key, text]) => [key, String(text)]);
        return [{ name, labels: Object.fromEntries(labels) as Labels, value: value.value }];
      }),
    );
  }

  gauge(definition: MetricDefinition, read: (emit: Emit) => void | Promise<void>): void {
    this.add(Gauge<string>, definition, read);
  }

  counter(definition: MetricDefinition, read: (emit: Emit) => void | Promise<void>): void {
    this.add(Counter<string>, definition, read);
  }

  /** @param buckets Upper bounds, ascending. */
  histogram({ name, help, labels = {} }: MetricDefinition, buckets: readonly number[]): Observe {
    const labelNames = Object.keys(labels);
    const histogram = new Histogram<string>({
      name,
      help,
      labelNames,
      buckets: [...buckets],
      registers: [this.registry],
    });
    for (const combination of closedCombinations(labels)) histogram.zero(combination);
    return (given, value) => histogram.observe(boundedLabels(labels, given, new Map()), value);
  }

  private add(
    kind: typeof Gauge<string> | typeof Counter<string>,
    { name, help, labels = {} }: MetricDefinition,
    read: (emit: Emit) => void | Promise<void>,
  ): void {
    const metric: Gauge<string> | Counter<string> = new kind({
      name,
      help,
      labelNames: Object.keys(labels),
      registers: [this.registry],
      collect: async () => {
        const samples: { readonly labels: Labels; readonly value: number }[] = [];
        const seen = new Map<string, Set<string>>();
        await read((value, given = {}) => samples.push({ labels: boundedLabels(labels, given, seen), value }));
        // From here on in one go: another scrape may be collecting, too.
        metric.reset();
        for (const combination of closedCombinations(labels)) metric.inc(combination, 0);
        for (const sample of samples) metric.inc(sample.labels, sample.value);
      },
    });
  }
}

/**
 * The labels with each value that its bound does not allow replaced.
 *
 * @param seen Values that were used already, by label.
 */
function boundedLabels(
  bounds: Readonly<Record<string, LabelBound>>,
  given: Labels,
  seen: Map<string, Set<string>>,
): Labels {
  const bounded: Record<string, string> = {};
  for (const [name, bound] of Object.entries(bounds)) {
    const value = given[name] ?? OTHER;
    if (typeof bound !== "number") {
      bounded[name] = bound.includes(value) ? value : OTHER;
      continue;
    }
    const values = seen.get(name) ?? new Set();
    seen.set(name, values);
    if (values.size < bound) values.add(value);
    bounded[name] = values.has(value) ? value : OTHER;
  }
  return bounded;
}

/** Every combination of values that can be named beforehand: their series are there from the start, with 0. */
function closedCombinations(bounds: Readonly<Record<string, LabelBound>>): readonly Labels[] {
  let combinations: Labels[] = [{}];
  for (const [name, bound] of Object.entries(bounds)) {
    if (typeof bound === "number") return [];
    combinations = combinations.flatMap((labels) => bound.map((value) => ({ ...labels, [name]: value })));
  }
  return combinations;
}
