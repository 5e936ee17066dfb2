import type { ExtensionDeclaration } from "../../api/extension.ts";
import { didYouMean } from "../../lib/suggestion.ts";
import type { PortRule } from "../rule.ts";
import { bounded } from "./bounded.ts";
import type { Check } from "./check.ts";
import { type PlacedRule, warnOfHints } from "./l7-hints.ts";
import { readL7Rule } from "./l7-rule.ts";
import { asList, asMap, asText, join, readMembers } from "./members.ts";
import { type MapEntry, quote } from "./source-node.ts";

const ALLOW_ALL = "write `l7: [{}]` to allow every request";

/** The `rules` of an entry of `toPorts`; undefined after an error that leaves nothing of it. */
export function readL7(entry: MapEntry, path: string, check: Check): PortRule["l7"] {
  const { findings } = check;
  const wholePort = "remove it to allow the whole port, or give `l7proto` and `l7`";
  const map = asMap(entry.value, path, "`rules`", findings, wholePort);
  if (map === undefined) return undefined;
  if (map.entries.length === 0) {
    findings.error(entry.keyAt, path, "`rules` is empty", wholePort);
    return undefined;
  }
  const members = readMembers(map, "l7", path, findings);
  const proto = members.get("l7proto");
  const l7 = members.get("l7");
  if (proto === undefined && l7 !== undefined) {
    const known = [...check.extensions.keys()].join(", ");
    findings.error(l7.keyAt, join(path, "l7"), "`l7` without `l7proto`", `say which protocol: ${known}`);
  }
  const declaration = proto === undefined ? undefined : extensionOf(proto, join(path, "l7proto"), check);
  if (l7 === undefined) {
    // Cilium accepts this and then denies every request, which nobody can have meant.
    if (proto !== undefined)
      findings.error(proto.keyAt, path, "`l7proto` without `l7` says nothing of requests", ALLOW_ALL);
    return undefined;
  }
  const l7Path = join(path, "l7");
  const list = asList(l7.value, l7Path, "`l7`", findings, l7.value.kind === "null" ? ALLOW_ALL : undefined);
  if (list === undefined) return undefined;
  if (list.items.length === 0) findings.warn(l7.keyAt, l7Path, "`l7: []` allows no request", ALLOW_ALL);
  if (declaration === undefined) return undefined;
  const placed: PlacedRule[] = [];
  const hint = "fold entries with prefixes or expressions";
  const limit = check.limits.l7RulesMax;
  const items = bounded(list.items, limit, "entries in one `l7`", l7.keyAt, l7Path, findings, hint);
  for (const [index, item] of items.entries()) {
    const rule = readL7Rule(item, `${l7Path}[${index}]`, declaration, check);
    if (rule !== undefined) placed.push({ rule: { path: `rules.l7[${index}]`, ...rule }, at: item.at });
  }
  const rules = placed.map(({ rule }) => rule);
  if (items.length > 0 && rules.length === items.length && rules.every(({ deny }) => deny)) {
    const message = "all entries of this `l7` deny, so it allows no request";
    findings.warn(l7.keyAt, l7Path, message, "add `{}` to allow every other request");
  }
  if (rules.length === list.items.length) warnOfHints(declaration, placed, l7Path, findings);
  return { parser: declaration.name, rules };
}

function extensionOf(entry: MapEntry, path: string, check: Check): ExtensionDeclaration | undefined {
  const name = asText(entry.value, path, "`l7proto`", check.findings);
  if (name === undefined) return undefined;
  const declaration = check.extensions.get(name);
  if (declaration !== undefined) return declaration;
  const names = [...check.extensions.keys()];
  const known = names.length === 0 ? "no extension is loaded" : `known: ${names.join(", ")}`;
  const suggestion = didYouMean(name, names);
  const hint = suggestion === undefined ? known : `${known}; ${suggestion}`;
  check.findings.error(entry.value.at, path, `unknown l7proto ${quote(name)}`, hint);
  return undefined;
}
