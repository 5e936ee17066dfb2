import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExtensionHostEvent, HostSelfReport } from "../api/host-report.ts";
import { HostReporter, type HostSnapshot } from "./host-reporter.ts";

const WHO = { instance: "i", index: 0, pid: 1, startedAt: "", version: 1, configKey: "k" };
const SNAPSHOT: HostSnapshot = {
  state: "running",
  connections: 0,
  counters: {},
  listeners: [],
  records: { made: 0, lost: 0, spooled: 0 },
  extensionHosts: [],
};

test("a report goes when something has changed, else once a second", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const sent: HostSelfReport[] = [];
  let nowMs = 0;
  let connections = 0;
  const reporter = new HostReporter({
    who: WHO,
    snapshot: () => ({ ...SNAPSHOT, connections }),
    send: (report) => sent.push(report) > 0,
    now: () => nowMs,
  });
  reporter.start();
  const pass = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += 250) {
      nowMs += 250;
      t.mock.timers.tick(250);
    }
  };
  pass(250);
  assert.equal(sent.length, 1);
  pass(750);
  assert.equal(sent.length, 1);
  pass(250);
  assert.equal(sent.length, 2);
  connections = 1;
  pass(250);
  assert.equal(sent.at(-1)?.connections, 1);
  reporter.reportNow();
  assert.equal(sent.length, 4);
  reporter.stop();
  pass(5_000);
  assert.equal(sent.length, 4);
});

test("what happened while there was no agent is told to the next one, once", () => {
  const sent: HostSelfReport[] = [];
  let agent = false;
  const reporter = new HostReporter({
    who: WHO,
    snapshot: () => SNAPSHOT,
    send: (report) => agent && sent.push(report) > 0,
    now: () => 0,
  });
  const event: ExtensionHostEvent = { event: "started", time: "t", extensions: ["x"], pid: 2 };
  reporter.add(event);
  assert.equal(sent.length, 0);
  agent = true;
  reporter.reportNow();
  assert.deepEqual(sent[0]?.ends, [event]);
  reporter.reportNow();
  assert.deepEqual(sent[1]?.ends, []);
});

test("what happened before there was anything to tell is told later", () => {
  const sent: HostSelfReport[] = [];
  let snapshot: HostSnapshot | undefined;
  const reporter = new HostReporter({
    who: WHO,
    snapshot: () => snapshot,
    send: (report) => sent.push(report) > 0,
    now: () => 0,
  });
  const event: ExtensionHostEvent = { event: "started", time: "t", extensions: ["x"], pid: 2 };
  reporter.add(event);
  assert.equal(sent.length, 0);
  snapshot = SNAPSHOT;
  reporter.reportNow();
  assert.deepEqual(sent[0]?.ends, [event]);
});
