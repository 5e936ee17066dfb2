import assert from "node:assert/strict";
import { test } from "node:test";
import type { RuleOrigin } from "../api/rule-origin.ts";
import { auditedVerdict } from "./audit.ts";
import type { ConnectionVerdict } from "./endpoint-policy.ts";
import { constantMatcher } from "./request/constant-matcher.ts";

const INFORCE: RuleOrigin = { policy: "in-force", rule: "spec.ingress[0]", labels: [] };
const AUDITED: RuleOrigin = { policy: "audited", rule: "spec.ingress[0]", labels: [] };

function reading(parser: string, origin: RuleOrigin): ConnectionVerdict {
  return {
    kind: "l7",
    parser,
    matcher: constantMatcher({ allowed: true, audited: false, origin }),
    origin,
    mode: "enforce",
  };
}

function decided(enforced: ConnectionVerdict, whole: ConnectionVerdict): unknown {
  const verdict = auditedVerdict(enforced, whole);
  assert.ok(verdict.kind === "l7");
  return { parser: verdict.parser, decision: verdict.matcher.match({}) };
}

test("what both allow passes by the rule in force", () => {
  const seen = decided(reading("memcache", INFORCE), reading("memcache", AUDITED));
  assert.deepEqual(seen, { parser: "memcache", decision: { allowed: true, audited: false, origin: INFORCE } });
});

test("requests are audited where enforcing everything would give the connection to another extension", () => {
  const seen = decided(reading("memcache", INFORCE), reading("http", AUDITED));
  const missing = { ...AUDITED, effect: "missing" };
  assert.deepEqual(seen, { parser: "memcache", decision: { allowed: true, audited: true, origin: missing } });
});
