import type { RuleOrigin } from "../../api/rule-origin.ts";
import { toldLabels } from "../../api/told-labels.ts";
import type {
  DirectionTrace,
  JudgedDirection,
  NearRule,
  TracedPeer,
  TracedPolicy,
  TracedRequestRule,
  TraceReport,
  TraceVerdict,
} from "../../api/trace.ts";
import { printable } from "../printable.ts";

const WORDS: Readonly<Record<TraceVerdict, string>> = {
  allowed: "ALLOWED",
  denied: "DENIED",
  audited: "AUDITED",
  depends: "DEPENDS ON THE REQUEST",
};

const SEPARATOR = "-".repeat(64);

/** The trace for people. */
export function traceText(report: TraceReport): string {
  const { src, dst, dport, protocol, directions, notes, verdict } = report;
  const lines = [
    SEPARATOR,
    `Tracing From: ${peerText(src)} => To: ${peerText(dst)} Ports: [${dport}/${protocol}]`,
    ...requestLines(report),
    ...directions.flatMap((direction) => ["", ...directionLines(direction)]),
    ...(notes.length === 0 ? [] : ["", ...notes.map((note) => `Note: ${note}`)]),
    "",
    `Final verdict: ${WORDS[verdict]}${verdict === "depends" ? " (give it with --l7)" : ""}`,
  ];
  return `${lines.map(printable).join("\n")}\n`;
}

function peerText({ labels, identity, endpoint, address }: TracedPeer): string {
  const known = [
    ...(endpoint === undefined ? [] : [`endpoint ${endpoint}`]),
    ...(identity === undefined ? [] : [`identity ${identity}`]),
    ...(address === undefined ? [] : [address]),
  ];
  return `[${toldLabels(labels).join(", ")}]${known.length === 0 ? "" : ` (${known.join(", ")})`}`;
}

function requestLines({ l7, l7proto }: TraceReport): readonly string[] {
  if (l7 === undefined) return [];
  const attributes = Object.entries(l7).flatMap(([name, values]) => values.map((value) => `${name}=${value}`));
  return [`Request: ${l7proto ?? ""} ${attributes.join(" ")}`.trimEnd()];
}

function directionLines(trace: DirectionTrace): readonly string[] {
  const title = `${trace.direction === "egress" ? "Egress policy of From" : "Ingress policy of To"}`;
  if (trace.kind === "skipped") return [`${title}: skipped, ${trace.because}`];
  const { enforcement, verdict, reason } = trace;
  const { mode, enforced, because } = enforcement;
  return [
    `${title}: ${enforced ? "enforced" : "not enforced"} (mode ${mode}: ${because})`,
    `  Selected by: ${policiesText(trace)}`,
    ...listLines("L7 rules for this peer and port", trace.l7Rules, trace.left.l7Rules, requestRuleText),
    ...listLines("Came close", trace.near, trace.left.near, nearText),
    `  ${trace.direction === "egress" ? "Egress" : "Ingress"} verdict: ${WORDS[verdict]}, ${reason}`,
  ];
}

function policiesText({ policies, left }: JudgedDirection): string {
  if (policies.length === 0) return "no policy";
  const text = ({ name, mode, rules }: TracedPolicy): string =>
    `${name} (${[...rules, ...(mode === "audit" ? ["audited"] : [])].join(", ")})`;
  return [...policies.map(text), ...(left.policies > 0 ? [`${left.policies} more`] : [])].join(", ");
}

function listLines<T>(title: string, items: readonly T[], left: number, text: (item: T) => string): readonly string[] {
  if (items.length === 0) return [];
  const more = left > 0 ? [`    … and ${left} more`] : [];
  return [`  ${title}:`, ...items.map((item) => `    ${text(item)}`), ...more];
}

function requestRuleText({ rule, audited, fields }: TracedRequestRule): string {
  const conditions = Object.entries(fields).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return `${ruleText(rule, audited)}: ${conditions.length === 0 ? "every request" : conditions.join(", ")}`;
}

function nearText({ rule, audited, reasons }: NearRule): string {
  return `${ruleText(rule, audited)}: ${reasons.join("; ")}`;
}

function ruleText({ policy, rule, effect }: RuleOrigin, audited: boolean): string {
  const kind = [...(effect === "deny" ? ["deny rule"] : []), ...(audited ? ["audited"] : [])];
  return `policy ${policy}, ${rule}${kind.length === 0 ? "" : ` (${kind.join(", ")})`}`;
}
