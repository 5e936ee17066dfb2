import { didYouMean } from "../../lib/suggestion.ts";
import type { DocumentSource, PolicyDocument, PolicyMode, Rule } from "../rule.ts";
import { bounded } from "./bounded.ts";
import type { Check, TextCheck } from "./check.ts";
import { asList, asMap, asText, type Members, readMembers } from "./members.ts";
import { readMode } from "./mode.ts";
import { readRule } from "./rule.ts";
import { documentLabels } from "./rule-labels.ts";
import { type MapNode, type Position, quote, type SourceNode } from "./source-node.ts";

const API_VERSION = "cilium.io/v2";
const KIND = "CiliumNetworkPolicy";

const WRAPPING = `wrap it: \`apiVersion: ${API_VERSION}\`, \`kind: ${KIND}\`, \`metadata: {name: …}\`, \`specs: [the list]\``;
const OTHER_KINDS: readonly string[] = [
  "CiliumClusterwideNetworkPolicy",
  "NetworkPolicy",
  "CiliumEgressGatewayPolicy",
  "CiliumLocalRedirectPolicy",
  "ClusterNetworkPolicy",
  "AdminNetworkPolicy",
];

/** A document and where its name stands. */
export interface NamedDocument {
  readonly document: PolicyDocument;
  readonly nameAt: Position;
}

/** Reads one document; undefined if there is any error in it. */
export function readDocument(node: SourceNode, source: DocumentSource, check: TextCheck): NamedDocument | undefined {
  const { findings } = check;
  const errorsBefore = findings.errorCount;
  if (node.kind === "list") {
    const message = "a list of bare rules has no name by which it could be replaced or deleted";
    findings.error(node.at, "", message, WRAPPING);
    return undefined;
  }
  const map = asMap(node, "", "a policy document", findings);
  if (map === undefined || !isPolicy(map, check)) return undefined;
  const members = readMembers(map, "document", "", findings);
  const metadata = readMetadata(members, map.at, check);
  const description = members.get("description");
  const descriptionText =
    description === undefined ? "" : (asText(description.value, "description", "`description`", findings) ?? "");
  const namespace = metadata?.namespace;
  const name = metadata?.name ?? "";
  const labels = documentLabels(name, namespace);
  const rules = readRules(members, map.at, labels, descriptionText, { ...check, namespace });
  if (metadata === undefined || findings.errorCount > errorsBefore) return undefined;
  const key = namespace === undefined ? name : `${namespace}/${name}`;
  return { document: { key, source, mode: metadata.mode, rules }, nameAt: metadata.nameAt };
}

/** Whether the rest is worth a check: what is another kind of object would only give misleading errors. */
function isPolicy(map: MapNode, check: TextCheck): boolean {
  const { findings } = check;
  const apiVersion = map.entries.find((entry) => entry.key === "apiVersion");
  const kind = map.entries.find((entry) => entry.key === "kind");
  if (kind === undefined) {
    findings.error(map.at, "", "`kind` is missing", `write \`kind: ${KIND}\``);
  } else {
    const text = asText(kind.value, "kind", "`kind`", findings);
    if (text === "List" || text === `${KIND}List`) {
      const message = `${quote(text)} is not read`;
      findings.error(
        kind.value.at,
        "kind",
        message,
        "write its items as documents of their own, with `---` between them",
      );
      return false;
    }
    if (text !== undefined && OTHER_KINDS.includes(text)) {
      findings.error(kind.value.at, "kind", `kind ${quote(text)} is not enforced yet`, `write it as a ${KIND}`);
      return false;
    }
    if (text !== undefined && text !== KIND) {
      findings.error(kind.value.at, "kind", `unknown kind ${quote(text)}`, didYouMean(text, [KIND]) ?? `write ${KIND}`);
      if (didYouMean(text, [KIND]) === undefined) return false;
    }
  }
  if (apiVersion === undefined) {
    findings.error(map.at, "", "`apiVersion` is missing", `write \`apiVersion: ${API_VERSION}\``);
  } else {
    const text = asText(apiVersion.value, "apiVersion", "`apiVersion`", findings);
    if (text !== undefined && text !== API_VERSION) {
      findings.error(apiVersion.value.at, "apiVersion", `unknown apiVersion ${quote(text)}`, `write ${API_VERSION}`);
    }
  }
  return true;
}

interface Metadata {
  readonly name: string;
  readonly nameAt: Position;
  readonly namespace: string | undefined;
  readonly mode: PolicyMode;
}

function readMetadata(members: Members, at: Position, check: TextCheck): Metadata | undefined {
  const { findings } = check;
  const entry = members.get("metadata");
  const hint = "write `metadata: {name: …}`; a document replaces the one of its name";
  if (entry === undefined) {
    findings.error(at, "metadata", "`metadata` is missing", hint);
    return undefined;
  }
  const map = asMap(entry.value, "metadata", "`metadata`", findings, hint);
  if (map === undefined) return undefined;
  const metadata = readMembers(map, "metadata", "metadata", findings);
  const nameEntry = metadata.get("name");
  if (nameEntry === undefined) findings.error(map.at, "metadata", "`metadata.name` is missing", hint);
  const name = nameEntry === undefined ? undefined : readName(nameEntry.value, "metadata.name", 253, check);
  const namespaceEntry = metadata.get("namespace");
  const namespace =
    namespaceEntry === undefined ? undefined : readName(namespaceEntry.value, "metadata.namespace", 63, check);
  const mode = readMode(metadata, check);
  if (name === undefined || nameEntry === undefined) return undefined;
  if (namespaceEntry !== undefined && namespace === undefined) return undefined;
  return { name, nameAt: nameEntry.value.at, namespace, mode };
}

/** Kubernetes' syntax: names are DNS subdomains, namespaces (63 characters) single DNS labels. */
function readName(node: SourceNode, path: string, lengthMax: number, check: TextCheck): string | undefined {
  const text = asText(node, path, `\`${path}\``, check.findings);
  if (text === undefined) return undefined;
  const label = "[a-z0-9]([a-z0-9-]*[a-z0-9])?";
  const syntax = new RegExp(lengthMax === 63 ? `^${label}$` : `^${label}(\\.${label})*$`);
  if (text.length <= lengthMax && syntax.test(text)) return text;
  const signs = lengthMax === 63 ? "digits and `-`" : "digits, `-` and `.`";
  const hint = `at most ${lengthMax} lower-case letters, ${signs}, a letter or digit first and last`;
  check.findings.error(node.at, path, `${quote(text)} is not a valid \`${path}\``, hint);
  return undefined;
}

function readRules(
  members: Members,
  at: Position,
  labels: readonly string[],
  description: string,
  check: Check,
): Rule[] {
  const { findings, limits } = check;
  const spec = members.get("spec");
  const specs = members.get("specs");
  if (spec === undefined && specs === undefined) {
    findings.error(at, "", "there is neither `spec` nor `specs`", "`spec` is one rule, `specs` a list of rules");
  }
  const rules: (Rule | undefined)[] = [];
  if (spec !== undefined) rules.push(readRule(spec.value, "spec", labels, description, check));
  if (specs !== undefined) {
    const list = asList(specs.value, "specs", "`specs`", findings);
    if (list?.items.length === 0) findings.error(specs.keyAt, "specs", "`specs` has no rule", "list at least one");
    const items = bounded(
      list?.items ?? [],
      limits.rulesMax,
      "rules in one document",
      specs.keyAt,
      "specs",
      findings,
      "split the document",
    );
    for (const [index, item] of items.entries()) {
      rules.push(readRule(item, `specs[${index}]`, labels, description, check));
    }
  }
  return rules.filter((rule) => rule !== undefined);
}
