import type { AgentEvent, AgentEventSubtype } from "../api/monitor-event.ts";
import { jsonText } from "../lib/json-text.ts";

const BEYOND_ASCII = /[\x7f-\uffff]/;
const EVERY_STRING = /"(?:[^"\\]|\\.)*"/g;

/** What becomes of the processes that make records: where one was killed, some may be missing. */
const LOGGED: ReadonlySet<AgentEventSubtype> = new Set([
  "Host started",
  "Host adopted",
  "Host ended",
  "Extension host started",
  "Extension host ended",
]);

/** Whether the access log has it. */
export function isLogged({ subtype }: AgentEvent): boolean {
  return LOGGED.has(subtype);
}

/** What the agent tells of itself, as a line of JSON. @param time RFC 3339, UTC. */
export function agentLine(time: string, { subtype, message }: AgentEvent): Uint8Array {
  return jsonLine({ time, type: "agent", subtype, message });
}

/** One line of JSON, in ASCII. */
export function jsonLine(value: object): Uint8Array {
  const text = JSON.stringify(value);
  const ascii = BEYOND_ASCII.test(text) ? text.replace(EVERY_STRING, (one) => jsonText(JSON.parse(one))) : text;
  return Buffer.from(`${ascii}\n`, "latin1");
}
