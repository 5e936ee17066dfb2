import { formatLabel, type Label, labelProblem, parseLabel } from "../../labels/label.ts";
import { bounded } from "./bounded.ts";
import type { Check } from "./check.ts";
import { asList, asText, join, type Members } from "./members.ts";
import { describeNode, type MapNode, quote, type SourceNode } from "./source-node.ts";

/** Source of labels that only Cilium's own translation of other policies may give. */
const GENERATED_SOURCE = "cilium-generated";

/** The labels that Cilium puts on every rule of a document, by which its rules can be found again. */
export function documentLabels(name: string, namespace: string | undefined): readonly string[] {
  const pairs: [string, string][] = [["name", name]];
  if (namespace !== undefined) pairs.push(["namespace", namespace]);
  pairs.push(["derived-from", "CiliumNetworkPolicy"]);
  return pairs.map(([key, value]) => formatLabel({ source: "k8s", key: `io.cilium.k8s.policy.${key}`, value }));
}

/** `labels` of a rule: text (`source:key=value`) or `{source, key, value}`. */
export function readRuleLabels(members: Members, rulePath: string, check: Check): string[] {
  const entry = members.get("labels");
  if (entry === undefined) return [];
  const path = join(rulePath, "labels");
  const labels: string[] = [];
  const list = asList(entry.value, path, "`labels` of a rule", check.findings);
  const items = bounded(
    list?.items ?? [],
    check.limits.ruleLabelsMax,
    "labels of one rule",
    entry.keyAt,
    path,
    check.findings,
    "keep those that tell the rule apart",
  );
  for (const [index, item] of items.entries()) {
    const label = readRuleLabel(item, `${path}[${index}]`, check);
    if (label === undefined) continue;
    if (label.source === GENERATED_SOURCE) {
      check.findings.error(
        item.at,
        `${path}[${index}]`,
        `labels of source \`${GENERATED_SOURCE}\` are reserved`,
        "remove it",
      );
    } else {
      labels.push(formatLabel(label));
    }
  }
  return labels;
}

function readRuleLabel(node: SourceNode, path: string, check: Check): Label | undefined {
  if (node.kind === "map") return labelOfMap(node, path, check);
  const text = asText(node, path, "a label", check.findings);
  if (text === undefined) return undefined;
  const parsed = parseLabel(text);
  if ("label" in parsed) return parsed.label;
  check.findings.error(node.at, path, parsed.error);
  return undefined;
}

function labelOfMap(map: MapNode, path: string, check: Check): Label | undefined {
  const { findings } = check;
  const errorsBefore = findings.errorCount;
  const parts = { source: "unspec", key: "", value: "" };
  for (const entry of map.entries) {
    const part = entry.key;
    if (part !== "source" && part !== "key" && part !== "value") {
      findings.error(entry.keyAt, join(path, part), `unknown key ${quote(part)}`, "a label has source, key and value");
      continue;
    }
    parts[part] = asText(entry.value, join(path, part), `\`${part}\``, findings) ?? "";
  }
  if (findings.errorCount > errorsBefore) return undefined;
  const problem = labelProblem(parts);
  if (problem === undefined) return parts;
  findings.error(map.at, path, `${describeNode(map)} is not a label: ${problem}`);
  return undefined;
}
