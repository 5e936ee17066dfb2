import assert from "node:assert/strict";
import { test } from "node:test";
import type { NumericIdentity, Port } from "../api/identity.ts";
import type { ConnectionVerdict, DirectionPolicy } from "./endpoint-policy.ts";
import { observed } from "./observed.ts";
import { constantMatcher } from "./request/constant-matcher.ts";

const ANYBODY = 300 as NumericIdentity;
const ORIGIN = { policy: "p", rule: "spec.ingress[0]", labels: [] };
const ALLOWED: ConnectionVerdict = { kind: "allowed", origin: ORIGIN };
const AUDITED: ConnectionVerdict = { kind: "allowed", origin: { ...ORIGIN, effect: "missing" }, audit: "no rule" };
const DENIED: ConnectionVerdict = { kind: "denied", reason: "no rule", origin: undefined };
const READ: ConnectionVerdict = {
  kind: "l7",
  parser: "r2d2",
  matcher: constantMatcher({ allowed: false, audited: false, origin: undefined }),
  origin: ORIGIN,
  mode: "enforce",
};

function direction(...verdicts: readonly ConnectionVerdict[]): DirectionPolicy {
  return { enforced: true, lookup: (_, port) => verdicts[port - 1] as ConnectionVerdict };
}

const ports = (...list: number[]): ReadonlyMap<Port, string> => new Map(list.map((port) => [port as Port, "memcache"]));
const lookup = (policy: DirectionPolicy, port: number): ConnectionVerdict => policy.lookup(ANYBODY, port as Port);

test("what passes unread on an observed port is read, and everything goes on passing", () => {
  const policy = observed(direction(ALLOWED, ALLOWED), ports(1));
  const verdict = lookup(policy, 1);
  assert.ok(verdict.kind === "l7");
  assert.deepEqual([verdict.parser, verdict.mode, verdict.origin], ["memcache", "observe", ORIGIN]);
  assert.deepEqual(verdict.matcher.match({}), { allowed: true, audited: false, origin: ORIGIN });
  assert.equal(lookup(policy, 1), verdict, "the same object for the same verdict");
  assert.equal(lookup(policy, 2), ALLOWED, "other ports are not read");
});

test("what would be denied stays audited, as a connection and request by request", () => {
  const verdict = lookup(observed(direction(AUDITED), ports(1)), 1);
  assert.ok(verdict.kind === "l7");
  assert.equal(verdict.audit, "no rule");
  assert.deepEqual(verdict.matcher.match({}), { allowed: true, audited: true, origin: AUDITED.origin });
});

test("denials and what rules have read stay as they are", () => {
  const policy = observed(direction(DENIED, READ), ports(1, 2));
  assert.equal(lookup(policy, 1), DENIED);
  assert.equal(lookup(policy, 2), READ);
});

test("without observed ports there is nothing in between", () => {
  const policy = direction(ALLOWED);
  assert.equal(observed(policy, ports()), policy);
});
