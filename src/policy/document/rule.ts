import type { PeerRule, Rule } from "../rule.ts";
import { bounded } from "./bounded.ts";
import type { Check } from "./check.ts";
import { asList, asMap, asText, join, type Members, readMembers } from "./members.ts";
import { readPeerRule } from "./peer-rule.ts";
import { readRuleLabels } from "./rule-labels.ts";
import { isInitSelector, readSubject } from "./scoping.ts";
import { SECTIONS, type SectionNames } from "./section.ts";
import type { SourceNode } from "./source-node.ts";

/**
 * One entry of `spec` or `specs`; undefined after an error that leaves nothing of it. `labels` and `description` are
 * the document's.
 */
export function readRule(
  node: SourceNode,
  path: string,
  labels: readonly string[],
  description: string,
  check: Check,
): Rule | undefined {
  const { findings } = check;
  const map = asMap(node, path, `\`${path}\``, findings);
  if (map === undefined) return undefined;
  const members = readMembers(map, "rule", path, findings);
  const subject = members.get("endpointSelector");
  const subjectPath = join(path, "endpointSelector");
  if (subject === undefined) {
    const hint = "it says which endpoints the rule protects; `{}` selects all";
    findings.error(map.at, path, "`endpointSelector` is missing", hint);
  }
  const endpointSelector = subject === undefined ? undefined : readSubject(subject.value, subjectPath, check);
  const everywhere = endpointSelector !== undefined && isInitSelector(endpointSelector);
  const read = (names: SectionNames): PeerRule[] => readSection(members, names, path, everywhere, check);
  const ingress = read(SECTIONS.ingress);
  const egress = read(SECTIONS.egress);
  const ingressDeny = read(SECTIONS.ingressDeny);
  const egressDeny = read(SECTIONS.egressDeny);
  const ownLabels = readRuleLabels(members, path, check);
  const own = members.get("description");
  const ownDescription =
    own === undefined ? undefined : asText(own.value, join(path, "description"), "`description`", findings);
  if (Object.keys(SECTIONS).every((section) => !members.has(section))) {
    const message = "a rule without `ingress` and `egress` has no effect";
    findings.warn(map.at, path, message, "write `ingress: [{}]` to deny all");
  }
  if (endpointSelector === undefined) return undefined;
  return {
    path,
    endpointSelector,
    ingress,
    egress,
    ingressDeny,
    egressDeny,
    labels: [...labels, ...ownLabels],
    description: ownDescription ?? description,
  };
}

function readSection(
  members: Members,
  names: SectionNames,
  rulePath: string,
  everywhere: boolean,
  check: Check,
): PeerRule[] {
  const { findings, limits } = check;
  const { section } = names;
  const entry = members.get(section);
  if (entry === undefined) return [];
  const path = join(rulePath, section);
  const hint = names.deny ? "remove it to deny nothing" : `write \`${section}: [{}]\` to deny everything, or remove it`;
  const nullHint = entry.value.kind === "null" ? hint : undefined;
  const list = asList(entry.value, path, `\`${section}\``, findings, nullHint);
  if (list?.items.length === 0) {
    findings.warn(entry.keyAt, path, `\`${section}: []\` has no effect, it denies nothing`, hint);
  }
  const items = bounded(
    list?.items ?? [],
    limits.itemsMax,
    `items in one \`${section}\``,
    entry.keyAt,
    path,
    findings,
    "write several rules",
  );
  return items.map((item, index) =>
    readPeerRule(item, `${section}[${index}]`, { path: `${path}[${index}]`, names, everywhere }, check),
  );
}
