import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceConsumer, ResourceUpdate } from "../xds/resource.ts";
import { AgentFirst } from "./agent-first.ts";

const POLICY: ResourceUpdate = { kind: "NetworkPolicy", put: [], removed: [] };

/** A host that waits for its agent; the test says when a second has passed. */
class Waiting {
  /** Settles what the host is doing with what was delivered. */
  finish: () => void = () => {};
  private second: (() => void) | undefined;
  private readonly consumer: ResourceConsumer = {
    begin() {},
    update: () => new Promise((resolve) => (this.finish = () => resolve(undefined))),
    async synced() {},
  };
  readonly agent = new AgentFirst(this.consumer, (_, task) => {
    this.second = task;
    return () => {};
  });
  readonly delivers: Promise<boolean> = this.agent.delivers();

  async passSecond(): Promise<void> {
    const { second } = this;
    assert.ok(second, "nobody waits any more");
    this.second = undefined;
    second();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("an agent that delivers is waited for while it does, and one that is quiet is not", async () => {
  const slow = new Waiting();
  await new Promise((resolve) => setImmediate(resolve));
  slow.agent.begin("one");
  await slow.passSecond();
  const large = slow.agent.update(POLICY);
  for (let second = 0; second < 3; second++) await slow.passSecond();
  slow.finish();
  await large;
  const next = slow.agent.update(POLICY);
  slow.finish();
  await next;
  await slow.passSecond();
  await slow.agent.synced();
  assert.equal(await slow.delivers, true);

  const stopped = new Waiting();
  const first = stopped.agent.update(POLICY);
  await stopped.passSecond();
  stopped.finish();
  await first;
  await stopped.passSecond();
  assert.equal(await stopped.delivers, false, "it has not read all policy yet");

  const away = new Waiting();
  await away.passSecond();
  assert.equal(await away.delivers, false);
});

test("an agent that goes on and on is not waited for without end", async () => {
  const endless = new Waiting();
  void endless.agent.update(POLICY);
  for (let second = 0; second < 15; second++) await endless.passSecond();
  assert.equal(await endless.delivers, false);
  endless.finish();
});
