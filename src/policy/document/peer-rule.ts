import type { PeerRule, PortRule } from "../rule.ts";
import { bounded } from "./bounded.ts";
import type { Check } from "./check.ts";
import { asList, asMap, join, type Members, readMembers } from "./members.ts";
import { type ItemPlace, readPeers, readRequires } from "./peers.ts";
import { readPortRule } from "./port-rule.ts";
import type { SourceNode } from "./source-node.ts";

/** One item of a section. What comes back is whole only if no error was found. */
export function readPeerRule(node: SourceNode, rulePath: string, place: ItemPlace, check: Check): PeerRule {
  const { findings } = check;
  const { path, names } = place;
  const nothing: PeerRule = { path: rulePath, peers: { kind: "none" }, requires: [], toPorts: undefined };
  const everybody = `write \`${names.level === "ingressItem" ? "fromEntities" : "toEntities"}: [all]\` to deny everybody`;
  const hint = names.deny ? everybody : "write `{}` for an item that allows nothing";
  const map = asMap(node, path, `an item of \`${names.section}\``, findings, hint);
  if (map === undefined) return nothing;
  // Who writes this may mean "deny everything" as well as "deny nothing".
  if (names.deny && map.entries.length === 0) {
    findings.error(map.at, path, `an empty item of \`${names.section}\` names nobody`, everybody);
  }
  const members = readMembers(map, names.level, path, findings);
  if (members.size === 0) return nothing;
  const peers = readPeers(members, place, check);
  const requires = readRequires(members, place, check);
  const requiresEntry = members.get(names.requires);
  const toPorts = readToPorts(members, place, check);
  if (peers === undefined && requiresEntry !== undefined && toPorts !== undefined) {
    const effect = names.deny ? "denies" : "allows";
    const message = `\`${names.requires}\` names no peers, so this item ${effect} nothing on its ports`;
    findings.warn(requiresEntry.keyAt, join(path, names.requires), message, `add \`${names.endpoints}\``);
  }
  return {
    path: rulePath,
    peers: peers ?? { kind: requiresEntry === undefined ? "any" : "none" },
    requires,
    toPorts,
  };
}

function readToPorts(members: Members, { path, names }: ItemPlace, check: Check): PortRule[] | undefined {
  const { findings, limits } = check;
  const entry = members.get("toPorts");
  if (entry === undefined) return undefined;
  const toPortsPath = join(path, "toPorts");
  const effect = names.deny ? "deny" : "allow";
  const hint = `remove it to ${effect} all ports, or list the ports`;
  const nullHint = entry.value.kind === "null" ? hint : undefined;
  const list = asList(entry.value, toPortsPath, "`toPorts`", findings, nullHint);
  if (list?.items.length === 0) findings.error(entry.keyAt, toPortsPath, "`toPorts` lists no ports", hint);
  const items = bounded(
    list?.items ?? [],
    limits.portRulesMax,
    "entries in one `toPorts`",
    entry.keyAt,
    toPortsPath,
    findings,
    "write several items",
  );
  return items.flatMap(
    (item, index) => readPortRule(item, `${toPortsPath}[${index}]`, `toPorts[${index}]`, names.deny, check) ?? [],
  );
}
