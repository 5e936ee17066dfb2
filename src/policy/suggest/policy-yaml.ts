import { escapeControls } from "../../lib/escape.ts";
import type { SuggestedRequestRule } from "./request-rules.ts";
import type { MatchLabel, SuggestedDocument, SuggestedItem, SuggestedPorts } from "./suggested-document.ts";

const PEER_MEMBERS = {
  ingress: { endpoints: "fromEndpoints", entities: "fromEntities", cidrs: "fromCIDR" },
  egress: { endpoints: "toEndpoints", entities: "toEntities", cidrs: "toCIDR" },
} as const;
const COMMENT_WIDTH = 110;
const COMMENT_LENGTH_MAX = 1_000;

/** Words that YAML, or some reader of it, takes for something else than text. */
const RESERVED_WORD = /^(true|false|yes|no|on|off|y|n|null|nan|inf)$/i;
const PLAIN = /^[A-Za-z]([A-Za-z0-9_./-]*[A-Za-z0-9])?$/;
const PLAIN_KEY = /^[A-Za-z]([A-Za-z0-9_./:-]*[A-Za-z0-9])?$/;

/** What cannot be seen, or deceives the eye: escaped within quotes, so that the text is safe to print. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** A suggestion as text: one YAML document, with comments. */
export function renderDocument(document: SuggestedDocument, audit: boolean): string {
  const lines = document.comments.flatMap((comment) => commentLines(comment, 0));
  lines.push("apiVersion: cilium.io/v2", "kind: CiliumNetworkPolicy", "metadata:", `  name: ${scalar(document.name)}`);
  if (document.namespace !== undefined) lines.push(`  namespace: ${scalar(document.namespace)}`);
  if (audit) lines.push("  annotations:", "    weir.dev/mode: audit");
  lines.push("spec:", ...selector("endpointSelector:", document.endpointLabels, 2));
  for (const direction of ["ingress", "egress"] as const) {
    const items = document[direction];
    if (items === undefined) continue;
    lines.push(`  ${direction}:`);
    for (const item of items) lines.push(...itemLines(item, direction));
  }
  return `${lines.join("\n")}\n`;
}

/** `# …`, broken into lines. */
export function commentLines(text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of escapeControls(text.slice(0, COMMENT_LENGTH_MAX)).split(" ")) {
    if (line !== "" && line.length + word.length + 1 > COMMENT_WIDTH - indent) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => `${" ".repeat(indent)}# ${each}`);
}

function itemLines({ peers, ports }: SuggestedItem, direction: "ingress" | "egress"): string[] {
  const member = PEER_MEMBERS[direction][peers.kind];
  const lines = [`    - ${member}:`];
  if (peers.kind === "endpoints") {
    for (const labels of peers.selectors) lines.push(...selector("-", labels, 8));
  } else {
    for (const name of peers.names) lines.push(`        - ${scalar(name)}`);
  }
  lines.push("      toPorts:");
  for (const entry of ports) lines.push(...portLines(entry));
  return lines;
}

function portLines({ ports, l7, notes }: SuggestedPorts): string[] {
  const lines = [...notes.flatMap((note) => commentLines(`${note}.`, 8)), "        - ports:"];
  for (const port of ports) lines.push(`            - port: "${port}"`, "              protocol: TCP");
  if (l7 === undefined) return lines;
  lines.push("          rules:", `            l7proto: ${scalar(l7.parser)}`, "            l7:");
  for (const rule of l7.rules) lines.push(...ruleLines(rule));
  return lines;
}

function ruleLines({ fields, notes }: SuggestedRequestRule): string[] {
  const comments = notes.flatMap((note) => commentLines(`${note}.`, 14));
  const entries = Object.entries(fields);
  if (entries.length === 0) return [...comments, "              - {}"];
  return [
    ...comments,
    ...entries.map(([name, value], index) => `              ${index === 0 ? "-" : " "} ${key(name)}: ${scalar(value)}`),
  ];
}

/** `head` is `name:` or, in a list, `-`. */
function selector(head: string, labels: readonly MatchLabel[], indent: number): string[] {
  const space = " ".repeat(indent);
  if (labels.length === 0) return [`${space}${head} {}`];
  const inner = `${space}    `;
  const values = labels.map(([name, value]) => `${inner}${key(name)}: ${scalar(value)}`);
  if (head === "-") return [`${space}- matchLabels:`, ...values];
  return [`${space}${head}`, `${space}  matchLabels:`, ...values];
}

function key(text: string): string {
  return PLAIN_KEY.test(text) && !RESERVED_WORD.test(text) ? text : quoted(text);
}

function scalar(text: string): string {
  return PLAIN.test(text) && !RESERVED_WORD.test(text) ? text : quoted(text);
}

/** Double quotes as in JSON, which YAML reads alike. */
function quoted(text: string): string {
  const json = JSON.stringify(text);
  return json.replace(UNSEEN, (character) =>
    character.length === 1
      ? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
      : `\\U${(character.codePointAt(0) as number).toString(16).padStart(8, "0")}`,
  );
}
