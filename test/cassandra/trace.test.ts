// weir policy trace knows the extension's attributes: one question for each kind of statement.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { weir } from "../support/agent.ts";
import { repositoryRoot } from "../support/repository.ts";

const DENIED = 3;

async function trace(...l7: string[]): Promise<{ readonly code: number | null; readonly stdout: string }> {
  return await weir(
    ...["policy", "trace", "--policy", join(repositoryRoot, "examples/policies/cassandra-empire.yaml")],
    ...["--src", "app=empire-outpost", "--dst", "app=cass-server", "--dport", "9042", "--direction", "ingress"],
    ...l7.flatMap((attributes) => ["--l7", attributes]),
  );
}

for (const [l7, code, said] of [
  [["query_action=insert,query_table=attendance.daily_records"], 0, /ALLOWED, allowed by .*rules\.l7\[2\]$/m],
  [["query_action=select", "query_table=system.local"], 0, /ALLOWED, allowed by .*rules\.l7\[0\]$/m],
  [["query_action=select,query_table=ks.t"], DENIED, /l7\[0\]: matches all but query_table "system/],
  [
    ["query_action=select,query_table=attendance.daily_records"],
    DENIED,
    /l7\[2\]: matches all but query_action "insert"/,
  ],
  // A statement without a table fits no rule about tables.
  [["query_action=list-roles"], DENIED, /DENIED, no rule allows this request/],
  // Not anchored, as the policy was published.
  [["query_action=insert,query_table=my_attendance.daily_records2"], 0, /rules\.l7\[2\]$/m],
] as const) {
  test(`trace ${l7.join(" ")}`, async () => {
    const traced = await trace(...l7);
    assert.equal(traced.code, code, traced.stdout);
    assert.match(traced.stdout, said);
    assert.match(traced.stdout, /^Request: cassandra query_action=/m);
  });
}
