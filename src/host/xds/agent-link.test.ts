// Both sides of xds.sock together, over a real socket.
import assert from "node:assert/strict";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { ModelConsumer } from "../../xds/testing/model-consumer.ts";
import { JoinedHost, JoinedWorld, reportOf, tokenOf, until } from "./testing/joined-agent.ts";

/** Passes bytes on between hosts and an agent, and can break off or stop. */
class Wire {
  readonly path: string;
  private readonly pairs: (readonly [Socket, Socket])[] = [];
  private readonly server = createServer((near) => {
    const far = connect(this.target);
    this.pairs.push([near, far]);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on("data", (chunk) => {
        this.bytes += chunk.length;
        if (to.destroyed || this.frozen) return;
        to.write(chunk);
        this.onBytes();
      });
      from.on("error", () => {});
      from.on("close", () => to.destroy());
    }
  });
  private readonly target: string;
  bytes = 0;
  /** What comes is swallowed, as if a process stood still behind it. */
  frozen = false;
  onBytes: () => void = () => {};

  constructor(folder: string, target: string) {
    this.path = join(folder, "wire.sock");
    this.target = target;
  }

  async open(): Promise<void> {
    this.server.listen(this.path);
    await once(this.server, "listening");
  }

  break(): void {
    for (const [near, far] of this.pairs.splice(0)) {
      near.destroy();
      far.destroy();
    }
  }

  async close(): Promise<void> {
    this.break();
    this.server.close();
    await once(this.server, "close");
  }
}

describe("the link between a host and its agent", () => {
  let world: JoinedWorld;
  beforeEach(async () => {
    world = await JoinedWorld.create();
  });
  afterEach(() => world.end());

  it("brings what the agent has, reports, orders and records", async () => {
    const agent = await world.agent("one");
    agent.put("NetworkPolicy", "web", "policy");
    agent.put("Identity", "7", "labels");
    agent.distribution.complete();
    const consumer = new ModelConsumer();
    const host = world.host(consumer);
    await until(() => consumer.log.includes("synced"));
    assert.deepEqual(consumer.log, ["begin one", "put Identity/7", "put NetworkPolicy/web", "synced"]);
    assert.equal(host.link.connected, true);

    assert.equal(host.link.report(reportOf(0, { connections: 3 })), true);
    await until(() => agent.reports.length > 0);
    assert.deepEqual(agent.reports, [reportOf(0, { connections: 3 })]);

    agent.channels.get("host-0")?.drain(1234);
    await until(() => host.commands.length > 0);
    assert.deepEqual(host.commands, [{ order: "drain", graceMs: 1234 }]);

    host.records.add("first");
    host.records.add("second");
    await until(() => host.records.acknowledged === 2);
    assert.deepEqual(agent.batches, ["first", "second"]);

    const answers = await agent.distribution.answers("NetworkPolicy", "web");
    assert.deepEqual(answers, [{ subscriber: "host-0", accepted: true }]);
    assert.deepEqual(await agent.distribution.settled(), []);
  });

  it("lets nobody but the owner connect", async () => {
    await world.agent("one");
    assert.equal((await stat(world.socketPath)).mode & 0o777, 0o600);
  });

  it("refuses one policy of several, with its reason, and goes on with the last good one", async () => {
    const agent = await world.agent("one");
    const told: string[] = [];
    let bad = "";
    agent.distribution.onAnswer((kind, name, version, answer) => {
      const what = answer.accepted ? "accepted" : answer.reason;
      told.push(`${kind}/${name} ${version === bad ? "bad" : "good"}: ${what}`);
    });
    for (const name of ["a", "b", "c"]) agent.put("NetworkPolicy", name, `good ${name}`);
    agent.distribution.complete();
    const consumer = new ModelConsumer();
    world.host(consumer);
    await until(() => consumer.log.includes("synced"));
    await agent.distribution.settled();
    told.length = 0;

    agent.put("NetworkPolicy", "a", "good again");
    bad = agent.put("NetworkPolicy", "b", "bad");
    agent.put("NetworkPolicy", "c", "good again");
    assert.deepEqual(await agent.distribution.answers("NetworkPolicy", "b"), [
      { subscriber: "host-0", accepted: false, reason: "b is bad" },
    ]);
    await agent.distribution.settled();
    assert.deepEqual(told, [
      "NetworkPolicy/a good: accepted",
      "NetworkPolicy/b bad: b is bad",
      "NetworkPolicy/c good: accepted",
    ]);
    assert.equal(consumer.inForce.get("NetworkPolicy/b"), "good b");
    assert.equal(consumer.inForce.get("NetworkPolicy/c"), "good again");
  });

  it("goes on with another agent: nothing is in force before all of it is there", async () => {
    const first = await world.agent("one");
    first.put("Identity", "7", "app=web");
    first.put("NetworkPolicy", "web", "policy");
    first.distribution.complete();
    const consumer = new ModelConsumer();
    const host = world.host(consumer);
    await until(() => consumer.log.includes("synced"));
    host.records.add("kept");
    first.acknowledged = () => new Promise(() => {});
    await first.close();
    await until(() => !host.link.connected);
    assert.equal(host.link.report(reportOf(0)), false);
    consumer.log.length = 0;

    const second = await world.agent("two");
    second.put("Identity", "7", "app=database");
    await until(() => consumer.log.length === 2);
    assert.deepEqual(consumer.log, ["begin two", "put Identity/7"]);
    assert.equal(consumer.inForce.get("Identity/7"), "app=web");
    second.put("NetworkPolicy", "web", "another policy");
    second.distribution.complete();
    await until(() => consumer.log.includes("synced"));
    assert.deepEqual(
      [...consumer.inForce],
      [
        ["Identity/7", "app=database"],
        ["NetworkPolicy/web", "another policy"],
      ],
    );
    await until(() => second.batches.length > 0);
    assert.match(host.log.text, /warn no agent: going on with what is in force/);
  });

  it("sends only differences after the connection broke in the middle of a large policy", async (t) => {
    const agent = await world.agent("one");
    const wire = new Wire(world.folder, world.socketPath);
    await wire.open();
    t.after(() => wire.close());
    agent.put("Identity", "7", "labels");
    agent.put("NetworkPolicy", "small", "policy");
    agent.distribution.complete();
    const consumer = new ModelConsumer();
    const host = world.host(consumer, wire.path);
    await until(() => consumer.log.includes("synced"));
    consumer.log.length = 0;

    const broken = wire.bytes + 4_000_000;
    wire.onBytes = () => {
      if (wire.bytes < broken) return;
      wire.onBytes = () => {};
      wire.break();
    };
    const large = "x".repeat(15_000_000);
    agent.put("NetworkPolicy", "large", large);
    agent.put("Identity", "8", "labels");
    await until(() => consumer.inForce.has("NetworkPolicy/large"));
    await until(() => consumer.log.includes("synced"));
    assert.equal(host.connections, 2);
    assert.equal(consumer.begun, 1, "the same agent");
    assert.deepEqual(
      consumer.log.filter((line) => line !== "put Identity/8"),
      ["put NetworkPolicy/large", "synced"],
    );
    assert.equal(consumer.inForce.get("NetworkPolicy/large"), large);
    await until(() => agent.attachments.length === 3);
    assert.deepEqual(agent.attachments, ["+host-0", "-host-0", "+host-0"]);
    assert.doesNotMatch(agent.log.text, /closed a call/);
  });

  it("sends a slow host what there is then, not what there was meanwhile", async () => {
    const agent = await world.agent("one");
    agent.distribution.complete();
    let go = (): void => {};
    const consumer = new ModelConsumer();
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const update = consumer.update.bind(consumer);
    consumer.update = async (what) => {
      await gate;
      return update(what);
    };
    world.host(consumer);
    await until(() => consumer.log.includes("synced"));
    const many = 5_000;
    for (let change = 1; change <= many; change += 1) {
      agent.put("NetworkPolicy", "web", `policy ${change}`);
      if (change % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    go();
    assert.deepEqual(await agent.distribution.answers("NetworkPolicy", "web"), [
      { subscriber: "host-0", accepted: true },
    ]);
    assert.equal(consumer.inForce.get("NetworkPolicy/web"), `policy ${many}`);
    const updates = consumer.log.filter((line) => line === "put NetworkPolicy/web").length;
    assert.ok(updates <= 18, `16 in flight, one on its way and the last one, not ${updates}`);
  });

  it("takes a host that does not answer in time for one that refuses", async () => {
    const agent = await world.agent("one", 20);
    agent.distribution.complete();
    const consumer = new ModelConsumer();
    const update = consumer.update.bind(consumer);
    let go = (): void => {};
    consumer.update = (what) =>
      new Promise((resolve) => {
        go = () => resolve(update(what));
      });
    world.host(consumer);
    await until(() => consumer.log.includes("synced"));
    agent.put("NetworkPolicy", "web", "policy");
    assert.deepEqual(await agent.distribution.answers("NetworkPolicy", "web"), [
      { subscriber: "host-0", accepted: false, reason: "it has not answered within 20 ms" },
    ]);
    assert.deepEqual(await agent.distribution.settled(), ["host-0"]);
    go();
    await until(() => consumer.inForce.has("NetworkPolicy/web"));
  });

  it("tells whoever has a wrong token nothing else, and logs no token", async () => {
    const agent = await world.agent("one");
    agent.put("NetworkPolicy", "web", "policy");
    agent.distribution.complete();
    const consumer = new ModelConsumer();
    const stranger = new JoinedHost(world.socketPath, consumer, "wrong-token");
    stranger.link.start();
    await until(() => stranger.log.lines.length > 0);
    await stranger.link.close();
    assert.match(stranger.log.text, /unauthenticated.*the token of a host is needed/);
    assert.deepEqual([consumer.log, agent.attachments, agent.batches], [[], [], []]);
    assert.match(agent.log.text, /refused calls that showed no token/);
    assert.doesNotMatch(`${stranger.log.text}${agent.log.text}`, /wrong-token|secret/);
  });

  it("says when no agent knows the host for too long, however often agents come and go meanwhile", async () => {
    const first = await world.agent("one");
    const stranger = new JoinedHost(world.socketPath, new ModelConsumer(), "wrong-token");
    stranger.link.start();
    const told = (what: string) => stranger.log.lines.filter((line) => line.includes(what)).length;
    await until(() => told("unauthenticated") === 1);
    await first.close();
    // That there is no agent says nothing.
    await until(() => told("ENOENT") === 1);
    stranger.aheadMs = 5_000;
    const second = await world.agent("two");
    await until(() => told("unauthenticated") === 2);
    await second.close();
    await until(() => told("ENOENT") === 2);
    assert.equal(stranger.unknown, 0);
    stranger.aheadMs = 11_000;
    await world.agent("three");
    await until(() => stranger.unknown > 0);
    await stranger.link.close();
  });

  it("forgets that it was not known as soon as it is", async () => {
    const agent = await world.agent("one");
    agent.knows = () => false;
    const host = world.host();
    await until(() => host.log.text.includes("unauthenticated"));
    agent.knows = () => true;
    await until(() => host.link.connected);
    host.aheadMs = 11_000;
    agent.knows = () => false;
    const before = agent.refused;
    agent.channels.get("host-0")?.close();
    // With the second, the first has been dealt with.
    await until(() => agent.refused > before + 1);
    assert.equal(host.unknown, 0);
  });

  it("has a host once: the newer connection takes the place of the older one", async () => {
    const agent = await world.agent("one");
    agent.distribution.complete();
    const older = world.host();
    await until(() => older.link.connected);
    const newer = new JoinedHost(world.socketPath, new ModelConsumer(), tokenOf(0));
    newer.link.start();
    await until(() => agent.attachments.length >= 3);
    assert.deepEqual(agent.attachments.slice(0, 3), ["+host-0", "-host-0", "+host-0"]);
    await older.link.close();
    await until(() => newer.link.connected);
    await newer.link.close();
    await until(() => agent.attachments.at(-1) === "-host-0");
    assert.match(agent.log.text, /takes the place of the older one/);
  });

  it("gives up a host that stands still, and takes it again", async (t) => {
    const agent = await world.agent("one", undefined, { authenticateMs: 60_000, pingMs: 20 });
    const wire = new Wire(world.folder, world.socketPath);
    await wire.open();
    t.after(() => wire.close());
    agent.distribution.complete();
    const host = world.host(new ModelConsumer(), wire.path);
    await until(() => host.link.connected);
    wire.frozen = true;
    await until(() => agent.attachments.at(-1) === "-host-0");
    wire.frozen = false;
    await until(() => agent.attachments.at(-1) === "+host-0");
  });

  it("ends while its agent does not answer, and while there is none", async () => {
    const silent = createServer((socket) => socket.on("error", () => {}).resume());
    silent.listen(world.socketPath);
    await once(silent, "listening");
    const host = world.host();
    await once(silent, "connection");
    await host.link.close();
    silent.close();
    const alone = world.host(new ModelConsumer(), join(world.folder, "none.sock"));
    await until(() => alone.log.lines.length > 0);
    await alone.link.close();
    assert.match(alone.log.text, /no agent: .*ENOENT/);
  });

  it("gives nothing to its consumer any more when it was closed and the consumer is idle", async () => {
    const agent = await world.agent("one");
    agent.distribution.complete();
    const consumer = new ModelConsumer();
    const update = consumer.update.bind(consumer);
    let go: (() => void) | undefined;
    consumer.update = (what) =>
      new Promise((resolve) => {
        go = () => resolve(update(what));
      });
    const host = world.host(consumer);
    await until(() => consumer.log.includes("synced"));
    for (const name of ["a", "b"]) agent.put("NetworkPolicy", name, "policy");
    await until(() => go !== undefined);
    await host.link.close();
    let isIdle = false;
    const idle = host.link.consumerIdle().then(() => {
      isIdle = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isIdle, false);
    go?.();
    await idle;
    await until(() => agent.attachments.includes("-host-0"));
    assert.deepEqual(
      consumer.log.filter((line) => line.startsWith("put")),
      ["put NetworkPolicy/a"],
    );
  });

  it("keeps two hosts apart", async () => {
    const agent = await world.agent("one");
    agent.distribution.complete();
    const consumers = [new ModelConsumer(), new ModelConsumer()];
    const hosts = consumers.map(
      (consumer, host) => new JoinedHost(world.socketPath, consumer, tokenOf(host), `host-${host}`),
    );
    for (const { link } of hosts) link.start();
    await until(() => consumers.every((consumer) => consumer.log.includes("synced")));
    agent.put("NetworkPolicy", "web", "bad");
    const answers = await agent.distribution.answers("NetworkPolicy", "web");
    assert.deepEqual(answers.map(({ subscriber, accepted }) => `${subscriber} ${accepted}`).sort(), [
      "host-0 false",
      "host-1 false",
    ]);
    await hosts[0]?.link.close();
    await until(() => agent.attachments.includes("-host-0"));
    agent.put("NetworkPolicy", "web", "good");
    assert.deepEqual(await agent.distribution.answers("NetworkPolicy", "web"), [
      { subscriber: "host-1", accepted: true },
    ]);
    await hosts[1]?.link.close();
  });

  it("closes the call of a host that reports what is none", async () => {
    const agent = await world.agent("one");
    const host = world.host();
    await until(() => host.link.connected);
    host.link.report(reportOf(1));
    await until(() => agent.log.text.includes("closed a call"));
    assert.match(agent.log.text, /"call":"Attach","reason":"a report of another host"/);
    await until(() => agent.attachments.length >= 2);
  });

  it("sends records again that were not acknowledged, also where they cannot be taken", async () => {
    const agent = await world.agent("one");
    let refusals = 2;
    agent.acknowledged = () => {
      if (refusals === 0) return Promise.resolve(1);
      refusals -= 1;
      return Promise.reject(new Error("the disk is full"));
    };
    const host = world.host();
    host.records.add("only");
    await until(() => host.records.acknowledged === 1);
    assert.deepEqual(agent.batches, ["only", "only", "only"]);
    await until(() => agent.attachments.length === 5);
    assert.deepEqual(agent.recordsEnded, ["host-0", "host-0"], "once for each call");
    assert.match(agent.log.text, /records that cannot be taken: the disk is full/);
  });
});
