import type { AccessLogRecord } from "../../src/api/access-log-record.ts";
import type { AccessLogFollower } from "./access-log.ts";
import type { ClientResult } from "./client.ts";
import { describe, type Outcome } from "./screen.ts";
import type { Attempt } from "./story.ts";
import type { Workload } from "./workload.ts";

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
  workload: Workload,
  log: AccessLogFollower,
): Promise<Outcome> {
  const from = log.records.length;
  const result = await workload.attempt(attempt);
  const record = await log.find(from, (candidate) => decides(candidate, who, attempt));
  const seen = whatClientSaw(result);
  const faults: string[] = [];
  const expect = (what: string, found: unknown, expected: unknown): void => {
    if (found !== expected)
      faults.push(`${describe(attempt)}: ${what} is ${String(found)}, expected ${String(expected)}`);
  };
  expect("what the client saw", seen, attempt.expected);
  if (attempt.finds !== undefined)
    expect("the value", result.kind === "value" ? result.value : undefined, attempt.finds);
  expect("the access log's verdict", record?.verdict, attempt.expected === "allowed" ? "Forwarded" : "Denied");
  expect("the rule that decided", record?.rule, attempt.rule);
  const error = result.kind === "error" ? result.message : undefined;
  return { attempt, seen, found: whatClientFound(result), error, rule: record?.rule, faults };
}
