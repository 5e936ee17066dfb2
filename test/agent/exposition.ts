// The text format of Prometheus, read strictly.
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details

/** One metric with what is there of it. */
export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
  /** Values of each label, `le` of histograms not counted. */
  readonly labels: ReadonlyMap<string, ReadonlySet<string>>;
}

export interface Sample {
  /** Of a histogram with `_bucket`, `_sum` or `_count`. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface OpenFamily extends Family {
  readonly samples: Sample[];
  readonly labels: Map<string, Set<string>>;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;

/** Throws where a line is not as the format has it, or a sample stands below another metric's header. */
export function parseExposition(text: string): ReadonlyMap<string, Family> {
  const families = new Map<string, Family>();
  let help: { readonly name: string; readonly text: string } | undefined;
  let family: OpenFamily | undefined;
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const [, kind, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (kind === "HELP") {
      help = { name, text: rest };
    } else if (kind === "TYPE") {
      if (help?.name !== name) throw new Error(`no help stands above ${line}`);
      if (families.has(name)) throw new Error(`${name} is there twice`);
      family = { name, type: rest, help: help.text, samples: [], labels: new Map() };
      families.set(name, family);
    } else {
      if (family === undefined) throw new Error(`no metric stands above ${line}`);
      addSample(family, line);
    }
  }
  return families;
}

function addSample(family: OpenFamily, line: string): void {
  const [, name = "", labelText = "", valueText = ""] = SAMPLE.exec(line) ?? [];
  const suffixes = family.type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
  if (!suffixes.some((suffix) => name === family.name + suffix)) throw new Error(`not of ${family.name}: ${line}`);
  const value = valueText === "+Inf" ? Number.POSITIVE_INFINITY : Number(valueText);
  if (Number.isNaN(value)) throw new Error(`no number: ${line}`);
  const labels = parseLabels(labelText, line);
  for (const [label, text] of Object.entries(labels)) {
    if (label === "le" && family.type === "histogram") continue;
    family.labels.set(label, (family.labels.get(label) ?? new Set()).add(text));
  }
  family.samples.push({ name, labels, value });
}

function parseLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const match = LABEL.exec(text);
    if (match === null) throw new Error(`labels cannot be read: ${line}`);
    labels[match[1] as string] = match[2] as string;
  }
  return labels;
}
