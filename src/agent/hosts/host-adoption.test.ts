import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { type AttachedFake, SupervisedWorld, until } from "./testing/supervised-world.ts";

/** Hosts that serve, and whose agent is no more. */
async function leftBehind(world: SupervisedWorld, hosts: number): Promise<void> {
  const first = await world.open({ hosts });
  await first.start();
  for (let n = 0; n < hosts; n += 1) (await world.attach(first, n)).report();
  world.killAgent();
  world.events.length = 0;
}

async function serve(host: Promise<AttachedFake>): Promise<AttachedFake> {
  (await host).report();
  return host;
}

test("hosts that outlived an agent serve on under the next one", async (t) => {
  const world = await SupervisedWorld.create(t);
  await leftBehind(world, 2);
  const before = await world.entries();
  const second = await world.open({ hosts: 2 });
  await second.start();
  assert.deepEqual(
    second.reports().map(({ state, adopted, pid }) => [state, adopted, pid]),
    [
      ["starting", true, 1000],
      ["starting", true, 1001],
    ],
  );
  await serve(world.attach(second, 1));
  await serve(world.attach(second, 0));
  await second.ready();
  assert.deepEqual(world.events, ["adopted 1", "adopted 0"]);
  assert.deepEqual(
    second.reports().map(({ state, restarts }) => [state, restarts]),
    [
      ["running", 0],
      ["running", 0],
    ],
  );
  assert.deepEqual(await world.entries(), before);
  assert.equal(world.processes.started.length, 2);
  world.processes.started[0]?.end("ended");
  await until(() => world.ends.length === 1);
  await world.clock.pass(0);
  assert.equal((await world.process(2)).told?.resume, true);
  await world.end(second);
});

test("one that never attaches is killed and replaced; one that ended meanwhile is replaced at once", async (t) => {
  const world = await SupervisedWorld.create(t);
  await leftBehind(world, 2);
  world.processes.started[1]?.end("killed by SIGKILL");
  await until(() => world.processes.find(1001, "start of 1001") === undefined);
  const second = await world.open({ hosts: 2 });
  await second.start();
  assert.deepEqual(world.events, ["ended 1: ended while no agent ran"]);
  assert.equal((await world.process(2)).told?.resume, false, "this agent has told no host anything yet");
  assert.equal(second.reports()[1]?.lastEnd?.reason, "ended while no agent ran");
  await world.clock.pass(9_750);
  assert.deepEqual(world.processes.started[0]?.signals, []);
  await world.clock.pass(500);
  assert.deepEqual(world.processes.started[0]?.signals, ["SIGKILL"]);
  assert.ok(world.events.includes("ended 0: did not attach within 10 s and was killed"));
  await world.clock.pass(0);
  assert.equal((await world.process(3)).told?.index, 0);
  await world.end(second);
});

test("a number that belongs to another process now is left alone", async (t) => {
  const world = await SupervisedWorld.create(t);
  await leftBehind(world, 1);
  const file = join(world.stateDir, "hosts.json");
  await writeFile(file, (await readFile(file, "utf8")).replace("start of 1000", "an earlier start"));
  const second = await world.open();
  await second.start();
  await world.process(1);
  await world.clock.pass(15_000);
  assert.deepEqual(world.processes.started[0]?.signals, []);
  assert.deepEqual(await world.entries().then((entries) => entries.map(({ pid }) => pid)), [1001]);
  await world.end(second);
});

test("hosts of another configuration serve until their successors do, then drain", async (t) => {
  const world = await SupervisedWorld.create(t);
  await leftBehind(world, 2);
  const second = await world.open({ hosts: 2, logLevel: "debug" });
  await second.start();
  await world.process(3);
  const old = [await serve(world.attach(second, 0)), await serve(world.attach(second, 1))];
  const next = [await world.attach(second, 2), await world.attach(second, 3)];
  assert.deepEqual(
    second.reports().map(({ pid, state }) => [pid, state]),
    [
      [1002, "starting"],
      [1003, "starting"],
      [1000, "running"],
      [1001, "running"],
    ],
  );
  next[0]?.report({ state: "starting" });
  assert.deepEqual(old[0]?.heard, []);
  next[0]?.report();
  assert.deepEqual([old[0]?.heard, old[1]?.heard], [["drain 5000"], []]);
  old[0]?.report({ state: "draining", connections: 3 });
  assert.deepEqual(second.reports().map(({ pid, state, connections }) => [pid, state, connections])[2], [
    1000,
    "draining",
    3,
  ]);
  old[0]?.process.end("exited with code 0");
  await until(() => world.ends.length === 1);
  assert.deepEqual(world.events.at(-1), "ended 0: was told to end, and exited with code 0");
  next[1]?.report();
  assert.deepEqual(old[1]?.heard, ["drain 5000"]);
  await world.clock.pass(5_750);
  for (const host of next) host.report();
  await world.clock.pass(500);
  assert.deepEqual(old[1]?.process.signals, ["SIGKILL"]);
  await world.listed([1002, 1003]);
  await world.end(second);
});

test("a host that says something else of itself than the list does is replaced", async (t) => {
  const world = await SupervisedWorld.create(t);
  await leftBehind(world, 1);
  const second = await world.open();
  await second.start();
  const old = await world.attach(second, 0);
  old.report({ configKey: "another" });
  assert.deepEqual(world.events, []);
  await serve(world.attach(second, 1));
  assert.deepEqual(old.heard, ["drain 5000"]);
  await world.end(second);
});

test("a host that runs an extension as it was for a while is replaced, although it was started as one would be now", async (t) => {
  const world = await SupervisedWorld.create(t);
  await leftBehind(world, 1);
  const second = await world.open();
  await second.start();
  const old = await world.attach(second, 0);
  const process = { state: "running", confined: true, unconfined: [], problems: [], connections: 0 } as const;
  const counts = { pid: 1, memoryBytes: 1, restarts: 1, recordsDropped: 0 };
  old.report({ extensionHosts: [{ extensions: ["a"], ...process, ...counts, changed: true }] });
  assert.deepEqual(world.events, []);
  await serve(world.attach(second, 1));
  assert.deepEqual(old.heard, ["drain 5000"]);
  await world.end(second);
});

test("hosts of another protocol are told by a signal, and do not stay for ever", async (t) => {
  const world = await SupervisedWorld.create(t);
  await leftBehind(world, 2);
  const file = join(world.stateDir, "hosts.json");
  const list = (await readFile(file, "utf8")).replaceAll(/"version":\d+,"index"/g, '"version":999,"index"');
  await writeFile(file, list);
  const second = await world.open({ hosts: 2 });
  await second.start();
  const next = await serve(world.attach(second, 2));
  assert.deepEqual(world.processes.started.map(({ signals }) => signals).slice(0, 2), [["SIGTERM"], []]);
  const other = await world.attach(second, 3);
  for (let passed = 0; passed < 60_000; passed += 1_000) {
    await world.clock.pass(1_000);
    next.report();
    other.report({ state: "starting" });
  }
  assert.deepEqual(world.processes.started[1]?.signals, ["SIGTERM"]);
  await world.end(second);
});

test("with fewer hosts, those too many drain when the others serve; with none, at once", async (t) => {
  const world = await SupervisedWorld.create(t);
  await leftBehind(world, 3);
  const second = await world.open({ hosts: 1 });
  await second.start();
  const [one, two] = [await serve(world.attach(second, 1)), await serve(world.attach(second, 2))];
  assert.deepEqual([one.heard, two.heard], [[], []]);
  await serve(world.attach(second, 0));
  assert.deepEqual([one.heard, two.heard], [["drain 5000"], ["drain 5000"]]);
  for (const host of [one, two]) host.process.end("exited with code 0");
  await until(() => world.ends.length === 2);
  world.killAgent();

  const third = await world.open({ hosts: 0 });
  const list = await world.listNumber();
  let started = false;
  const start = third.start().then(() => {
    started = true;
  });
  const last = await world.attach(third, 0);
  await until(() => last.process.signals.length > 0);
  assert.deepEqual([last.process.signals, last.heard], [["SIGTERM"], ["drain 5000"]]);
  last.report();
  while ((await world.listNumber()) === list);
  await world.clock.pass(100);
  assert.equal(started, false, "it still accepts");
  last.report({ state: "draining" });
  await start;
  assert.equal(world.processes.started.length, 3);
  await world.end(third);
});

test("detached, hosts go on, and the list tells of them", async (t) => {
  const world = await SupervisedWorld.create(t);
  const first = await world.open({ hosts: 2, detach: true });
  await first.start();
  for (const n of [0, 1]) await serve(world.attach(first, n));
  await first.stop(1_000);
  world.processes.forgetAgent();
  assert.equal(world.clock.untilNext(), undefined, "the agent can end");
  assert.deepEqual(
    world.processes.started.map(({ signals, released }) => [signals, released]),
    [
      [[], true],
      [[], true],
    ],
  );
  assert.deepEqual(
    (await world.entries()).map(({ pid }) => pid),
    [1000, 1001],
  );
  const second = await world.open({ hosts: 2 });
  await second.start();
  await serve(world.attach(second, 0));
  assert.deepEqual(world.events.slice(2), ["adopted 0"]);
  await world.end(second);
});

test("an agent that cannot go on ends the hosts that it has started; those that had served before serve on", async (t) => {
  const world = await SupervisedWorld.create(t);
  await leftBehind(world, 1);
  const second = await world.open({ hosts: 2 });
  await second.start();
  await world.process(1);
  const [old, own] = world.processes.started;
  const abandoned = second.abandon();
  await until(() => own?.signals.includes("SIGKILL") === true);
  own?.end("killed by SIGKILL");
  await abandoned;
  assert.deepEqual(old?.signals, []);
  assert.deepEqual(
    (await world.entries()).map(({ pid }) => pid),
    [1000],
  );
  await second.stop(0);
  assert.deepEqual(old?.signals, [], "it ends once");
});

test("the successor of one that ended while no agent ran is waited for: policies are in force only when it has answered", async (t) => {
  const world = await SupervisedWorld.create(t);
  await leftBehind(world, 1);
  world.processes.started[0]?.end("killed by SIGKILL");
  await until(() => world.processes.find(1000, "start of 1000") === undefined);
  const started = Promise.withResolvers<void>();
  const { processes } = world;
  const slow = { find: processes.find.bind(processes), start: () => started.promise.then(() => processes.start()) };
  const second = await world.open({ hosts: 1, processes: slow });
  await second.start();
  let ready = false;
  const waiting = second.ready().then(() => {
    ready = true;
  });
  await world.clock.pass(100);
  assert.equal(ready, false);
  started.resolve();
  const host = await world.attach(second, 1);
  await world.clock.pass(100);
  assert.equal(ready, false);
  host.report();
  await waiting;
  await world.end(second);
});

test("an agent that ends starts no successor of one that it would not keep", async (t) => {
  const world = await SupervisedWorld.create(t);
  await leftBehind(world, 1);
  const second = await world.open();
  await second.start();
  const stopped = second.stop(4_000);
  const old = await world.attach(second, 0);
  old.report({ configKey: "another" });
  old.process.end("exited with code 0");
  await stopped;
  assert.equal(world.processes.started.length, 1);
});
