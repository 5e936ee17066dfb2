import assert from "node:assert/strict";
import { test } from "node:test";
import type { AccessLogRecord } from "../../api/access-log-record.ts";
import type { NumericIdentity } from "../../api/identity.ts";
import type { AgentItem, MonitorItem } from "../../api/monitor-event.ts";
import { formatItem, MONITOR_FORMATS } from "./monitor-format.ts";

const RECORD: AccessLogRecord = {
  time: "2026-11-05T10:00:00.007Z",
  type: "Request",
  verdict: "Audit",
  proto: "memcache",
  direction: "ingress",
  source: {
    identity: 256 as NumericIdentity,
    labels: ["k8s:a=b", "k8s:c=d"],
    address: "127.0.1.1:1",
    endpoint: "fleet",
  },
  destination: { identity: 2 as NumericIdentity, labels: ["reserved:world"], address: "127.0.2.1:11211" },
  policy: "rebels",
  rule: "spec.ingress[0]",
  effect: "missing",
  fields: { command: "get" },
};
const AGENT: AgentItem = {
  time: "2026-11-05T10:00:00.007Z",
  type: "agent",
  subtype: "Policy updated",
  message: { policies: ["rebels", "more"], revision: 2, ruleCount: 1 },
};

test("dict: one member a line, and a line between two events", () => {
  assert.equal(
    formatItem(RECORD, "dict"),
    `  TIMESTAMP: 2026-11-05T10:00:00.007Z
       TYPE: l7 Request
  DIRECTION: ingress
     SOURCE: fleet 127.0.1.1:1 identity 256 (k8s:a=b k8s:c=d)
DESTINATION: 127.0.2.1:11211 identity 2 (reserved:world)
   PROTOCOL: memcache
    VERDICT: Audit
     POLICY: rebels
       RULE: spec.ingress[0]
     EFFECT: missing
FIELD command: get
------------
`,
  );
  assert.equal(
    formatItem(AGENT, "dict"),
    `  TIMESTAMP: 2026-11-05T10:00:00.007Z
       TYPE: agent
      EVENT: Policy updated
   POLICIES: rebels, more
   REVISION: 2
 RULE COUNT: 1
------------
`,
  );
  assert.match(formatItem({ lost: 3 }, "dict"), /^ +LOST: 3 events.*\n-+\n$/);
});

test("compact: one line each", () => {
  assert.match(formatItem(RECORD, "compact"), /^10:00:00\.007 <- Request memcache from fleet .*\n$/);
  const message = '{"policies":["rebels","more"],"revision":2,"ruleCount":1}';
  assert.equal(formatItem(AGENT, "compact"), `10:00:00.007 >> Policy updated: ${message}\n`);
  assert.match(formatItem({ lost: 3 }, "compact"), /^\*\* 3 events lost: [^\n]*\n$/);
});

test("json: the item again", () => {
  for (const item of [RECORD, AGENT, { lost: 3 }]) assert.deepEqual(JSON.parse(formatItem(item, "json")), item);
});

test("no form lets text from outside control the terminal or begin a line", () => {
  const evil = "\u001b[2J\n\u0085\u202e\u2028x";
  const items: MonitorItem[] = [
    { ...RECORD, fields: { [evil]: evil }, policy: evil, proto: evil },
    { ...AGENT, subtype: evil, message: { error: evil, settings: { [evil]: evil } } },
  ];
  for (const format of MONITOR_FORMATS) {
    for (const item of items) {
      const text = formatItem(item, format);
      assert.match(text, /^[\n\x20-\x7e]*$/, format);
      assert.ok(!/^x/m.test(text), format);
    }
  }
});
