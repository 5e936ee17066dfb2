import assert from "node:assert/strict";
import { test } from "node:test";
import type { AccessLogRecord } from "./access-log-record.ts";
import type { NumericIdentity } from "./identity.ts";
import { formatRecordLine } from "./record-format.ts";

const RECORD: AccessLogRecord = {
  time: "2026-11-05T10:00:00.007Z",
  type: "Request",
  verdict: "Forwarded",
  proto: "memcache",
  direction: "ingress",
  source: {
    identity: 256 as NumericIdentity,
    labels: ["unspec:a=b", "unspec:c=d"],
    address: "127.0.1.1:1",
    endpoint: "fleet",
  },
  destination: { identity: 257 as NumericIdentity, labels: ["reserved:world"], address: "127.0.2.1:11211" },
  policy: "rebels",
  rule: "spec.ingress[0]",
  fields: { command: "get", keys: "alpha" },
};

test("a request that a rule allowed", () => {
  assert.equal(
    formatRecordLine(RECORD),
    "10:00:00.007 <- Request memcache from fleet (unspec:a=b unspec:c=d) to 127.0.2.1:11211 (reserved:world), " +
      "identity 256->257, verdict Forwarded command:get keys:alpha by rebels spec.ingress[0]",
  );
});

test("what refused, or would have", () => {
  const denied = formatRecordLine({ ...RECORD, type: "Denied", verdict: "Denied", effect: "deny" });
  assert.match(denied, / verdict Denied command:get keys:alpha denied by rebels spec\.ingress\[0\]$/);
  const missing = formatRecordLine({ ...RECORD, verdict: "Audit", effect: "missing" });
  assert.match(missing, / verdict Audit .* would be missing in rebels spec\.ingress\[0\]$/);
});

test("the reason of an error comes last; egress points the other way", () => {
  const { policy: _policy, rule: _rule, ...unruled } = RECORD;
  const line = formatRecordLine({
    ...unruled,
    direction: "egress",
    verdict: "Error",
    fields: { status: "too long", a: "b" },
  });
  assert.match(line, /^10:00:00\.007 -> .* verdict Error a:b => too long$/);
});

test("values can neither control the terminal nor pretend to be other fields", () => {
  const keys = 'x" verdict Forwarded\n\u001b[2J';
  const line = formatRecordLine({ ...RECORD, verdict: "Denied", fields: { keys, empty: "" } });
  assert.ok(line.includes('keys:"x"" verdict Forwarded\\n\\x1b[2J" empty:""'), line);
});
