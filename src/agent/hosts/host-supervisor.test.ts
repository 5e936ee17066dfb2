import assert from "node:assert/strict";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { HOST_PROTOCOL_VERSION } from "../../host/bootstrap.ts";
import { SupervisedWorld, until } from "./testing/supervised-world.ts";

test("a host is told its token only, which is kept nowhere else", async (t) => {
  const world = await SupervisedWorld.create(t);
  const supervisor = await world.open({ hosts: 2 });
  await supervisor.start();
  const [one, two] = [await world.process(0), await world.process(1)];
  assert.notEqual(one.told?.token, two.told?.token);
  assert.deepEqual([one.told?.index, one.told?.resume, one.told?.configFile], [0, false, "/etc/weir.yaml"]);
  const entries = await world.entries();
  assert.deepEqual(
    entries.map(({ index, pid, version }) => [index, pid, version]),
    [
      [0, 1000, HOST_PROTOCOL_VERSION],
      [1, 1001, HOST_PROTOCOL_VERSION],
    ],
  );
  assert.ok(!JSON.stringify(entries).includes(one.told?.token ?? "?"));
  assert.equal(supervisor.authenticate(two.told?.token ?? "")?.index, 1);
  assert.equal(supervisor.authenticate(entries[0]!.tokenHash), undefined);
  two.end("killed by SIGKILL");
  await until(() => world.ends.length === 1);
  assert.equal(supervisor.authenticate(two.told?.token ?? ""), undefined);
  await world.end(supervisor);
});

test("one that ends is started again at once, then after pauses, and its end is told", async (t) => {
  const world = await SupervisedWorld.create(t);
  const supervisor = await world.open();
  await supervisor.start();
  const host = await world.attach(supervisor, 0);
  host.report({ connections: 7, counters: { opened: 20, active: 7 }, records: { made: 9, lost: 2, spooled: 0 } });
  assert.deepEqual(supervisor.counters(), { opened: 20, active: 7 });
  host.process.end("killed by SIGSEGV");
  await until(() => world.ends.length === 1);
  assert.equal(supervisor.reports()[0]?.state, "down");
  assert.deepEqual(supervisor.reports()[0]?.lastEnd, {
    time: new Date(world.clock.now()).toISOString(),
    pid: 1000,
    reason: "killed by SIGSEGV",
  });
  assert.deepEqual([world.ends[0]?.connections, world.ends[0]?.expected], [7, false]);
  assert.deepEqual(supervisor.counters(), { opened: 20 });

  await world.clock.pass(0);
  const second = await world.attach(supervisor, 1);
  assert.equal(second.process.told?.resume, true, "it may begin with what its predecessor had on disk");
  second.report({ counters: { opened: 1, active: 1 }, records: { made: 1, lost: 1, spooled: 0 } });
  assert.deepEqual(supervisor.counters(), { opened: 21, active: 1 });
  const [report] = supervisor.reports();
  assert.deepEqual([report?.state, report?.restarts, report?.recordsLost, report?.pid], ["running", 1, 3, 1001]);

  second.process.end("exited with code 1");
  await until(() => world.ends.length === 2);
  await world.clock.pass(99);
  assert.equal(world.processes.started.length, 2);
  await world.clock.pass(1);
  await world.process(2);
  await world.end(supervisor);
});

test("what cannot be started is told, and tried again", async (t) => {
  const world = await SupervisedWorld.create(t);
  world.processes.refusal = "spawn EAGAIN";
  const supervisor = await world.open();
  await supervisor.start();
  await supervisor.ready();
  assert.deepEqual(world.events, ["ended 0: could not start: spawn EAGAIN"]);
  world.processes.refusal = undefined;
  await world.clock.pass(0);
  assert.equal((await world.process(0)).told?.resume, false, "nothing has served here");
  await world.end(supervisor);
});

test("a process that could not be written down is not let run", async (t) => {
  const world = await SupervisedWorld.create(t);
  await mkdir(join(world.stateDir, "hosts.json.new"));
  const supervisor = await world.open();
  await supervisor.start();
  await until(() => world.ends.length === 1);
  assert.match(world.ends[0]?.reason ?? "", /^could not start: .*hosts\.json\.new/);
  assert.deepEqual([world.processes.started[0]?.signals, world.processes.started[0]?.told], [["SIGKILL"], undefined]);
  await world.end(supervisor);
});

test("one that falls silent is told so, then killed and started again; one that never spoke gets longer", async (t) => {
  const world = await SupervisedWorld.create(t);
  const supervisor = await world.open({ hosts: 2 });
  await supervisor.start();
  const host = await world.attach(supervisor, 0);
  await world.process(1);
  host.report();
  await world.clock.pass(2_999);
  assert.equal(supervisor.reports()[0]?.state, "running");
  await world.clock.pass(1);
  assert.deepEqual(
    supervisor.reports().map(({ state }) => state),
    ["silent", "starting"],
  );
  await world.clock.pass(6_750);
  host.report();
  assert.equal(supervisor.reports()[0]?.state, "running");
  await world.clock.pass(9_750);
  assert.deepEqual(host.process.signals, []);
  await world.clock.pass(250);
  assert.deepEqual(host.process.signals, ["SIGKILL"]);
  assert.deepEqual(world.events.slice(2), ["ended 0: did not report for 10 s and was killed"]);
  await world.clock.pass(0);
  await world.process(2);
  await world.clock.pass(10_250);
  assert.equal(world.events.at(-1), "ended 1: did not report after its start within 30 s and was killed");
  await world.end(supervisor);
});

test("time in which the agent itself stood still does not count", async (t) => {
  const world = await SupervisedWorld.create(t);
  const supervisor = await world.open();
  await supervisor.start();
  const host = await world.attach(supervisor, 0);
  host.report();
  await world.clock.pass(9_000);
  await world.clock.standStill(3_600_000);
  assert.equal(supervisor.reports()[0]?.state, "running");
  await world.clock.pass(9_500);
  assert.deepEqual(host.process.signals, []);
  await world.clock.pass(750);
  assert.deepEqual(host.process.signals, ["SIGKILL"]);
  await world.end(supervisor);
});

test("a host that attaches anew is heard there, and no more where it was before", async (t) => {
  const world = await SupervisedWorld.create(t);
  const supervisor = await world.open();
  await supervisor.start();
  const before = await world.attach(supervisor, 0);
  before.report({ connections: 1 });
  const after = await world.attach(supervisor, 0);
  after.report({ connections: 2 });
  before.report({ connections: 1 });
  before.detach();
  assert.deepEqual(before.heard, ["close"]);
  assert.equal(supervisor.reports()[0]?.connections, 2);
  void supervisor.stop(3_000);
  await until(() => after.heard.length > 0);
  assert.deepEqual(after.heard, ["drain 3000"]);
  after.process.end("exited with code 0");
  await world.end(supervisor);
});

test("at the end all are told to; who does not in time is killed", async (t) => {
  const world = await SupervisedWorld.create(t);
  const supervisor = await world.open({ hosts: 3 });
  await supervisor.start();
  const good = await world.attach(supervisor, 0);
  const stuck = await world.attach(supervisor, 1);
  const deaf = await world.process(2);
  const stopped = supervisor.stop(4_000);
  await until(() => deaf.signals.length > 0);
  assert.deepEqual([good.heard, stuck.heard, deaf.signals], [["drain 4000"], ["drain 4000"], ["SIGTERM"]]);
  stuck.report({ state: "draining" });
  assert.equal(supervisor.reports()[1]?.state, "draining");
  good.process.end("exited with code 0");
  await until(() => world.ends.length === 1);
  assert.deepEqual([world.ends[0]?.reason, world.ends[0]?.expected], ["was told to end, and exited with code 0", true]);
  await world.clock.pass(4_750);
  assert.deepEqual(stuck.process.signals, []);
  await world.clock.pass(500);
  await stopped;
  assert.deepEqual([stuck.process.signals, deaf.signals], [["SIGKILL"], ["SIGTERM", "SIGKILL"]]);
  assert.deepEqual(await world.entries(), []);
  assert.equal(world.clock.untilNext(), undefined, "nothing goes on");
  assert.equal(world.processes.started.length, 3);
});

test("what was ordered and may not have been heard is said again", async (t) => {
  const world = await SupervisedWorld.create(t);
  const supervisor = await world.open();
  await supervisor.start();
  const host = await world.attach(supervisor, 0);
  void supervisor.stop(4_000);
  await until(() => host.heard.length > 0);
  host.detach();
  assert.deepEqual(host.process.signals, ["SIGTERM"]);
  const again = await world.attach(supervisor, 0);
  assert.deepEqual(again.heard, ["drain 4000"]);
  again.report({ state: "draining" });
  again.detach();
  assert.deepEqual(host.process.signals, ["SIGTERM"]);
  host.process.end("exited with code 0");
  await world.end(supervisor);
});

test("a list of hosts that cannot be read ends the start: nobody would know of them", async (t) => {
  const world = await SupervisedWorld.create(t);
  const file = join(world.stateDir, "hosts.json");
  const entry = { index: 0, instance: "a", pid: 1, start: "1", tokenHash: "0".repeat(64), configKey: "0".repeat(64) };
  for (const text of [
    "{",
    JSON.stringify({ version: 1, hosts: [{ ...entry, version: 1, startedAt: "2026-01-01T00:00:00Z" }] }),
  ]) {
    await writeFile(file, text);
    await chmod(file, 0o600);
    await assert.rejects(world.open(), {
      code: "WEIR_CONFIG_INVALID",
      message: /hosts\.json cannot be read: .*remove it/s,
    });
  }
});

test("a host that somebody else has told to end is replaced while its last connections go on", async (t) => {
  const world = await SupervisedWorld.create(t);
  const supervisor = await world.open();
  await supervisor.start();
  const first = await world.attach(supervisor, 0);
  first.report();
  first.report({ state: "draining", connections: 2 });
  const second = await world.attach(supervisor, 1);
  second.report();
  assert.deepEqual(
    supervisor.reports().map(({ pid, state, connections }) => [pid, state, connections]),
    [
      [1001, "running", 0],
      [1000, "draining", 2],
    ],
  );
  await world.end(supervisor);
});

test("one that stands still is killed however long it may take to end: it has not closed its listeners", async (t) => {
  const world = await SupervisedWorld.create(t);
  const supervisor = await world.open();
  await supervisor.start();
  (await world.attach(supervisor, 0)).report();
  const stopped = supervisor.stop(3_600_000);
  await world.clock.pass(9_000);
  assert.deepEqual(world.ends, []);
  await world.clock.pass(1_500);
  await stopped;
  assert.deepEqual(
    world.ends.map(({ reason }) => reason),
    ["did not report for 10 s and was killed"],
  );
});

test("a host serves from its first report as such to its end, whether it is attached or not", async (t) => {
  const world = await SupervisedWorld.create(t);
  const supervisor = await world.open();
  await supervisor.start();
  const host = await world.attach(supervisor, 0);
  host.report({ state: "starting" });
  assert.deepEqual(supervisor.serving(), []);
  host.report();
  host.detach();
  assert.deepEqual(supervisor.serving(), [host.process.told?.instance]);
  await world.end(supervisor);
  assert.deepEqual(supervisor.serving(), []);
});
