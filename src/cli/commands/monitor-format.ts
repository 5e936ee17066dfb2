import type { AccessLogRecord, RecordPeer } from "../../api/access-log-record.ts";
import { type AgentItem, eventTypeOf, type MonitorItem } from "../../api/monitor-event.ts";
import { formatRecordLine } from "../../api/record-format.ts";
import { toldLabels } from "../../api/told-labels.ts";
import { escapeControls } from "../../lib/escape.ts";

export const MONITOR_FORMATS = ["compact", "dict", "json"] as const;
export type MonitorFormat = (typeof MONITOR_FORMATS)[number];

const TIME_OF_DAY = /T(.*)Z$/;
/** As wide as the longest fixed key. */
const KEY_WIDTH = 11;

/** One item of the stream, with its line ends. Text from outside cannot control the terminal. */
export function formatItem(item: MonitorItem, format: MonitorFormat): string {
  switch (format) {
    case "json":
      return `${safeJson(item)}\n`;
    case "dict":
      return `${pairsOf(item)
        .map(([key, value]) => `${escapeControls(key).padStart(KEY_WIDTH)}: ${escapeControls(value)}\n`)
        .join("")}------------\n`;
    case "compact":
      return `${compactLine(item)}\n`;
  }
}

function compactLine(item: MonitorItem): string {
  if ("lost" in item) return lostLine(item.lost);
  return isAgentItem(item) ? agentLine(item) : formatRecordLine(item);
}

function isAgentItem(item: AccessLogRecord | AgentItem): item is AgentItem {
  return item.type === "agent";
}

function lostLine(lost: number): string {
  return `** ${lost} events lost: they came faster than they could be shown`;
}

/** `10:00:00.000 >> Policy updated: {"policies":["rebels"],"revision":2,"ruleCount":1}`, the words of `cilium monitor`. */
function agentLine({ time, subtype, message }: AgentItem): string {
  return escapeControls(`${TIME_OF_DAY.exec(time)?.[1] ?? time} >> ${subtype}: `) + safeJson(message);
}

/** In ASCII, as the access log: JSON escapes the controls below it itself. */
function safeJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\x7f-\uffff]/g, escapeUnit);
}

function pairsOf(item: MonitorItem): [key: string, value: string][] {
  if ("lost" in item) return [["LOST", `${item.lost} events: they came faster than they could be shown`]];
  if (isAgentItem(item)) {
    const members = Object.entries(item.message).map(([key, value]): [string, string] => [wordsOf(key), textOf(value)]);
    return [["TIMESTAMP", item.time], ["TYPE", "agent"], ["EVENT", item.subtype], ...members];
  }
  const { type, verdict, policy, rule, effect, fields } = item;
  return [
    ["TIMESTAMP", item.time],
    ["TYPE", `${eventTypeOf(type, verdict)} ${type}`],
    ["DIRECTION", item.direction],
    ["SOURCE", peerText(item.source)],
    ["DESTINATION", peerText(item.destination)],
    ["PROTOCOL", item.proto],
    ["VERDICT", verdict],
    ...(policy === undefined ? [] : [["POLICY", policy] as [string, string]]),
    ...(rule === undefined ? [] : [["RULE", rule] as [string, string]]),
    ...(effect === undefined ? [] : [["EFFECT", effect] as [string, string]]),
    ...Object.entries(fields).map(([key, value]): [string, string] => [`FIELD ${key}`, value]),
  ];
}

function peerText({ address, endpoint, identity, labels }: RecordPeer): string {
  return `${endpoint === undefined ? "" : `${endpoint} `}${address} identity ${identity} (${toldLabels(labels).join(" ")})`;
}

/** `ruleCount` → `RULE COUNT`. */
function wordsOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => ` ${letter}`).toUpperCase();
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
