import type { PeerRule, Rule } from "../rule.ts";
import type { Check } from "./check.ts";
import { asList, asMap, asText, join, type Members, readMembers } from "./members.ts";
import { type Direction, readPeerRule } from "./peer-rule.ts";
import { readRuleLabels } from "./rule-labels.ts";
import { isInitSelector, readSubject } from "./selector.ts";
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
  const ingress = readDirection(members, "ingress", path, everywhere, check);
  const egress = readDirection(members, "egress", path, everywhere, check);
  const ownLabels = readRuleLabels(members, path, check);
  const own = members.get("description");
  const ownDescription =
    own === undefined ? undefined : asText(own.value, join(path, "description"), "`description`", findings);
  if (!members.has("ingress") && !members.has("egress")) {
    findings.warn(
      map.at,
      path,
      "a rule without `ingress` and `egress` has no effect",
      "write `ingress: [{}]` to deny all",
    );
  }
  if (endpointSelector === undefined) return undefined;
  return {
    path,
    endpointSelector,
    ingress,
    egress,
    ingressDeny: [],
    egressDeny: [],
    labels: [...labels, ...ownLabels],
    description: ownDescription ?? description,
  };
}

function readDirection(
  members: Members,
  direction: Direction,
  path: string,
  everywhere: boolean,
  check: Check,
): PeerRule[] {
  const entry = members.get(direction);
  if (entry === undefined) return [];
  const directionPath = join(path, direction);
  const hint = `write \`${direction}: [{}]\` to deny everything, or remove it`;
  const list = asList(
    entry.value,
    directionPath,
    `\`${direction}\``,
    check.findings,
    entry.value.kind === "null" ? hint : undefined,
  );
  if (list?.items.length === 0) {
    check.findings.warn(entry.keyAt, directionPath, `\`${direction}: []\` has no effect, it denies nothing`, hint);
  }
  return (list?.items ?? []).map((item, index) =>
    readPeerRule(item, `${directionPath}[${index}]`, `${direction}[${index}]`, direction, everywhere, check),
  );
}
