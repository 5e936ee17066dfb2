import { escapeControls } from "../lib/escape.ts";
import type { AccessLogRecord, RecordPeer } from "./access-log-record.ts";
import { toldLabels } from "./told-labels.ts";

/** Printed last, behind `=>`: what came out of it. */
const STATUS_FIELD = "status";
const NEEDS_QUOTES = /[\s"]|^$/;
/** Before the policy and the rule: what the rule did. */
const EFFECTS = { allow: "by", deny: "denied by", missing: "would be missing in" } as const;
const TIME_OF_DAY = /T(.*)Z$/;

/**
 * One record as one line for people, safe to print on a terminal:
 *
 *     10:00:00.000 <- Request memcache from fleet (unspec:app=fleet) to cache (unspec:app=cache), identity 256->257,
 *     verdict Forwarded command:get keys:a by rebels spec.ingress[0].toPorts[0].rules.l7[0] => status
 *
 * Arrow, words and their order are those of `cilium monitor`; `by` gives the policy and the rule that allowed, `denied
 * by` the one that refused (or would, where the verdict is Audit), `would be missing in` where a rule would be needed.
 */
export function formatRecordLine(record: AccessLogRecord): string {
  const { source, destination } = record;
  const time = TIME_OF_DAY.exec(record.time)?.[1] ?? record.time;
  const parts = [
    time,
    record.direction === "ingress" ? "<-" : "->",
    record.type,
    record.proto,
    `from ${formatPeer(source)} to ${formatPeer(destination)}, identity ${source.identity}->${destination.identity},`,
    `verdict ${record.verdict}`,
  ];
  for (const [name, value] of Object.entries(record.fields)) {
    if (name !== STATUS_FIELD) parts.push(`${name}:${quoteWhereNeeded(value)}`);
  }
  if (record.policy !== undefined) {
    const effect = EFFECTS[record.effect ?? "allow"];
    parts.push(`${effect} ${record.policy}${record.rule === undefined ? "" : ` ${record.rule}`}`);
  }
  const status = record.fields[STATUS_FIELD];
  if (status !== undefined) parts.push(`=> ${status}`);
  return escapeControls(parts.join(" "));
}

/** Endpoints by name, others by address; the labels say what policy sees. */
function formatPeer(peer: RecordPeer): string {
  return `${peer.endpoint ?? peer.address} (${toldLabels(peer.labels).join(" ")})`;
}

/** So that a value with spaces cannot pretend to be several fields. */
function quoteWhereNeeded(value: string): string {
  return NEEDS_QUOTES.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
