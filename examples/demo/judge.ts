import type { AccessLogRecord } from "../../src/api/access-log-record.ts";
import type { AccessLogFollower } from "./access-log.ts";
import type { ClientResult } from "./client.ts";
import { Faults, type Outcome } from "./outcome.ts";
import type { Attempt } from "./story.ts";
import type { Workload } from "./workload.ts";

/** What is tried, in a few words. */
function describe({ command, key, value }: Attempt): string {
  return [command, key, value === undefined ? undefined : `= ${JSON.stringify(value)}`]
    .filter((part) => part !== undefined)
    .join(" ");
}

function whatClientSaw(result: ClientResult): Outcome["seen"] {
  if (result.kind !== "error") return "allowed";
  if (/access denied/i.test(result.message)) return "denied";
  return /ECONNRESET|EPIPE|closed|reset|hang up|shutdown/i.test(result.message) ? "reset" : "failed";
}

function whatClientFound(result: ClientResult): string | undefined {
  if (result.kind !== "value") return undefined;
  return result.value === null ? "nothing" : JSON.stringify(result.value);
}

/** Whether this record is the decision on this attempt. */
function decides(record: AccessLogRecord, who: string, attempt: Attempt): boolean {
  if (record.source.endpoint !== who) return false;
  if (attempt.expected === "reset") return record.verdict === "Denied";
  if (record.type !== "Request" && record.type !== "Denied") return false;
  return record.fields["command"] === attempt.command && (record.fields["keys"] ?? "") === (attempt.key ?? "");
}

/** Lets a workload try something, and compares what it got and what the access log tells with what the policy says. */
export async function judge(
  attempt: Attempt,
  who: string,
  workload: Workload<Attempt, ClientResult>,
  log: AccessLogFollower,
): Promise<Outcome> {
  const from = log.records.length;
  const result = await workload.attempt(attempt);
  const record = await log.find(from, (candidate) => decides(candidate, who, attempt));
  const seen = whatClientSaw(result);
  const what = describe(attempt);
  const faults = new Faults(what);
  faults.expect("what the client saw", seen, attempt.expected);
  if (attempt.finds !== undefined)
    faults.expect("the value", result.kind === "value" ? result.value : undefined, attempt.finds);
  faults.expect("the access log's verdict", record?.verdict, attempt.expected === "allowed" ? "Forwarded" : "Denied");
  faults.expect("the rule that decided", record?.rule, attempt.rule);
  const error = result.kind === "error" ? result.message : undefined;
  return { what, seen, found: whatClientFound(result), error, rule: record?.rule, faults: faults.list };
}
