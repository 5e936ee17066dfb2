import { RESERVED_SOURCE } from "../../labels/label.ts";
import { endpointSelector } from "../endpoint-selector.ts";
import type { EndpointSelector, SelectorExpression, SelectorLabel } from "../rule.ts";
import { bounded } from "./bounded.ts";
import type { Check } from "./check.ts";
import { readExpressions } from "./expressions.ts";
import { checkLabelValue, readLabelName } from "./label-syntax.ts";
import { asMap, asText, join, readMembers } from "./members.ts";
import { type MapEntry, quote, type SourceNode } from "./source-node.ts";

/** What a selector asks for, before namespaces are looked at. */
export interface SelectorParts {
  readonly labels: readonly SelectorLabel[];
  readonly expressions: readonly SelectorExpression[];
}

/** `name`: for messages. undefined: an error was told. */
export function readSelector(node: SourceNode, path: string, name: string, check: Check): SelectorParts | undefined {
  const { findings } = check;
  const map = asMap(node, path, name, findings, "write `{}` to select everything");
  if (map === undefined) return undefined;
  const errorsBefore = findings.errorCount;
  const members = readMembers(map, "selector", path, findings);
  const matchLabels = members.get("matchLabels");
  const labels = matchLabels === undefined ? [] : readMatchLabels(matchLabels, join(path, "matchLabels"), check);
  const matchExpressions = members.get("matchExpressions");
  const expressionsPath = join(path, "matchExpressions");
  const expressions = matchExpressions === undefined ? [] : readExpressions(matchExpressions, expressionsPath, check);
  const all = labels.find((label) => label.source === RESERVED_SOURCE && label.key === "all");
  if (matchLabels !== undefined && all !== undefined && labels.length + expressions.length > 1) {
    const message = "`reserved:all` selects everything, whatever stands beside it";
    findings.error(matchLabels.keyAt, join(path, "matchLabels"), message, "remove it or the other labels");
  }
  return findings.errorCount === errorsBefore ? { labels, expressions } : undefined;
}

/** `reserved:all` is another way to write the selector that asks for nothing. */
export function selectorOf({ labels, expressions }: SelectorParts): EndpointSelector {
  return endpointSelector(
    labels.filter((label) => label.source !== RESERVED_SOURCE || label.key !== "all"),
    expressions,
  );
}

function readMatchLabels(entry: MapEntry, path: string, check: Check): SelectorLabel[] {
  const { findings, limits } = check;
  const hint = "write `{}` to select everything, or indent the labels below it";
  const map = asMap(entry.value, path, "`matchLabels`", findings, hint);
  const entries = bounded(
    map?.entries ?? [],
    limits.labelsMax,
    "labels in one selector",
    entry.keyAt,
    path,
    findings,
    "ask for fewer",
  );
  const labels: SelectorLabel[] = [];
  const seen = new Map<string, MapEntry>();
  for (const labelEntry of entries) {
    const label = readLabel(labelEntry, path, check);
    if (label === undefined) continue;
    const first = seen.get(`${label.source}:${label.key}`);
    if (first === undefined) {
      seen.set(`${label.source}:${label.key}`, labelEntry);
      labels.push(label);
    } else {
      const message = `${quote(labelEntry.key)} is the same label as ${quote(first.key)}`;
      findings.error(labelEntry.keyAt, join(path, labelEntry.key), message, "remove one");
    }
  }
  return labels;
}

function readLabel(entry: MapEntry, path: string, check: Check): SelectorLabel | undefined {
  const labelPath = join(path, entry.key);
  const name = `label ${quote(entry.key)}`;
  const value = asText(entry.value, labelPath, name, check.findings, 'write "" for the empty value');
  const label = readLabelName(entry.key, entry.keyAt, labelPath, check);
  if (label === undefined || value === undefined) return undefined;
  return checkLabelValue(value, label.source, entry.value.at, labelPath, check) ? { ...label, value } : undefined;
}
