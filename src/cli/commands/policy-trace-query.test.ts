import assert from "node:assert/strict";
import { test } from "node:test";
import type { TracePeer } from "../../api/trace.ts";
import { readTraceQuery, type TraceArguments } from "./policy-trace-query.ts";

const GOOD: TraceArguments = { src: ["app=x"], dst: ["app=y"], dport: "80", l7: [], direction: "both" };

function queryOf(changes: Partial<TraceArguments>) {
  const read = readTraceQuery({ ...GOOD, ...changes });
  assert.ok("query" in read, JSON.stringify(read));
  return read.query;
}

function problemsOf(changes: Partial<TraceArguments>): readonly string[] {
  const read = readTraceQuery({ ...GOOD, ...changes });
  assert.ok("problems" in read);
  return read.problems;
}

test("sides are read in every form", () => {
  const table: readonly (readonly [readonly string[], TracePeer])[] = [
    [["app=x"], { labels: ["app=x"] }],
    [["app=x,k8s:env=y", "$world"], { labels: ["app=x", "k8s:env=y", "$world"] }],
    [["note=a\\,b,c"], { labels: ["note=a,b", "c"] }],
    [["k8s:a:b=c"], { labels: ["k8s:a:b=c"] }],
    [["endpoint:x-wing"], { endpoint: "x-wing" }],
    [["identity:256"], { identity: 256 }],
    [["ip:10.0.0.1"], { address: "10.0.0.1" }],
    [["ip:fd00::1"], { address: "fd00::1" }],
  ];
  for (const [src, expected] of table) assert.deepEqual(queryOf({ src }).src, expected, src.join(" "));
});

test("ports have a protocol or not", () => {
  for (const dport of ["11211", "11211/tcp", "11211/TCP"]) assert.equal(queryOf({ dport }).dport, 11211);
  for (const dport of ["0", "65536", "80/", "80/tcp/x", "x", "-1", "80.5", ""]) {
    assert.match(problemsOf({ dport })[0] ?? "", /write a port from 1 to 65535/, dport);
  }
  assert.match(problemsOf({ dport: "53/udp" })[0] ?? "", /TCP only/);
});

test("attributes that are given again have several values, and commas can be escaped", () => {
  const { l7 } = queryOf({ l7: ["command=get,key=a\\,b", "key=c=d,key="] });
  assert.deepEqual(l7, { command: ["get"], key: ["a,b", "c=d", ""] });
  assert.equal(queryOf({}).l7, undefined);
});

test("everything that is wrong is told at once", () => {
  const problems = problemsOf({ src: [], dst: ["10.0.0.1"], dport: "99999", l7: ["get"], l7proto: "x" });
  assert.equal(problems.length, 4, problems.join("\n"));
  const table: readonly (readonly [Partial<TraceArguments>, RegExp])[] = [
    [{ dst: [] }, /--dst is missing/],
    [{ src: ["fd00::1"] }, /write ip:fd00::1/],
    [{ src: ["endpoint:a", "app=x"] }, /says all/],
    [{ src: ["endpoint:"] }, /nothing stands behind the colon/],
    [{ src: ["identity:x"] }, /an identity is a number/],
    [{ src: ["identity:99999999999"] }, /an identity is a number/],
    [{ src: ["app=x,"] }, /a label is empty/],
    [{ l7: ["=x"] }, /attribute=value/],
    [{ l7proto: "memcache" }, /there is no request/],
    [{ l7: [new Array(1025).fill("key=a").join(",")] }, /at most 1024 values/],
    [{ l7: [Array.from({ length: 65 }, (_, index) => `k${index}=a`).join(",")] }, /at most 64 attributes/],
  ];
  for (const [changes, message] of table) assert.match(problemsOf(changes).join("\n"), message);
});
