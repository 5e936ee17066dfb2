import type { AccessLogRecord } from "../../src/api/access-log-record.ts";
import type { AccessLogFollower } from "../demo/access-log.ts";
import { Faults, type Outcome } from "../demo/outcome.ts";
import type { Workload } from "../demo/workload.ts";
import type { ClientResult } from "./client.ts";
import type { Attempt, Judged } from "./story.ts";

/** ERROR Unauthorized of the protocol. */
const UNAUTHORIZED = 0x2100;

function whatClientSaw(result: ClientResult): Outcome["seen"] {
  if (result.kind === "done") return "allowed";
  if (result.code === UNAUTHORIZED) return "denied";
  return /ECONNRESET|EPIPE|closed|reset|hang up|shut ?down/i.test(result.message) ? "reset" : "failed";
}

/** Whether this record is the decision on a statement. */
function decides(record: AccessLogRecord, who: string, { action, table }: Judged): boolean {
  if (record.source.endpoint !== who || (record.type !== "Request" && record.type !== "Denied")) return false;
  return record.fields["query_action"] === action && record.fields["query_table"] === table;
}

/** Compares what the access log tells of a statement. @returns The record. */
async function checkRecord(
  judged: Judged,
  who: string,
  faults: Faults,
  find: (fits: (record: AccessLogRecord) => boolean) => Promise<AccessLogRecord | undefined>,
): Promise<AccessLogRecord | undefined> {
  const record = await find((candidate) => decides(candidate, who, judged));
  faults.expect(`the access log's verdict on ${judged.action} ${judged.table}`, record?.verdict, judged.verdict);
  faults.expect(`the rule that decided on ${judged.action} ${judged.table}`, record?.rule, judged.rule);
  return record;
}

/** Lets a workload try something, and compares what it got and what the access log tells with what the policy says. */
export async function judge(
  attempt: Attempt,
  who: string,
  workload: Workload<Attempt, ClientResult>,
  log: AccessLogFollower,
): Promise<Outcome> {
  const { what, expected } = attempt;
  let from = log.records.length;
  const result = await workload.attempt(attempt);
  const seen = whatClientSaw(result);
  const faults = new Faults(what);
  faults.expect("what the client saw", seen, expected);
  // Each record stands for one statement: the next is looked for behind it.
  const find = async (fits: (record: AccessLogRecord) => boolean): Promise<AccessLogRecord | undefined> => {
    const record = await log.find(from, fits);
    if (record !== undefined) from = log.records.indexOf(record) + 1;
    return record;
  };
  const records: (AccessLogRecord | undefined)[] = [];
  for (const each of attempt.judged) records.push(await checkRecord(each, who, faults, find));
  if (expected === "reset") {
    const record = await find(({ source, type }) => source.endpoint === who && type === "Connection");
    faults.expect("the access log's verdict on the connection", record?.verdict, "Denied");
  }
  const error = result.kind === "error" ? result.message : undefined;
  const found = result.kind === "done" && result.rows.length > 0 ? result.rows.join("; ") : undefined;
  const rule = expected === "allowed" ? records.at(-1)?.rule : undefined;
  return { what, seen, found, error, rule, faults: faults.list };
}
