import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import fc from "fast-check";
import { DeltaClient } from "./delta-client.ts";
import { RESOURCE_KINDS, type ResourceKind, type ResourceUpdate } from "./resource.ts";
import { ResourceDistribution } from "./resource-distribution.ts";
import { ManualSchedule } from "./testing/manual-schedule.ts";
import { MemoryStream } from "./testing/memory-stream.ts";
import { keyOf, ModelConsumer, textOf } from "./testing/model-consumer.ts";

type Step =
  | { readonly do: "put"; readonly kind: ResourceKind; readonly name: string; readonly content: string }
  | { readonly do: "remove"; readonly kind: ResourceKind; readonly name: string; readonly along: boolean }
  | { readonly do: "pull" | "deliver" | "answer" | "drain" | "reconnect" | "restart" | "complete" };

const name = fc.constantFrom("a", "b", "c");
const kind = fc.constantFrom(...RESOURCE_KINDS);
/** Few, so that the same comes again. Only policies may be bad. */
const content = fc.constantFrom("good-1", "good-2", "bad");
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("put" as const), kind, name, content }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("remove" as const), kind, name, along: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constantFrom("pull" as const, "deliver" as const, "answer" as const) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("drain" as const, "reconnect" as const, "restart" as const, "complete" as const),
    }),
  },
);

const subscribed: readonly Step[] = Array.from({ length: RESOURCE_KINDS.length + 1 }, () => ({ do: "answer" }));
/** Something goes and comes again as it was, between the agent's start and what tells of it. */
const cameAgain: Step[] = [
  { do: "put", kind: "Address", name: "a", content: "good-1" },
  { do: "complete" },
  { do: "remove", kind: "Address", name: "a", along: false },
  ...subscribed,
  { do: "put", kind: "Address", name: "a", content: "good-1" },
];

/** An agent that serves one host, both in memory. */
class Scene {
  private epochs = 0;
  private distribution = this.newDistribution();
  private stream: MemoryStream | undefined;
  private isComplete = false;
  /** What the agent has put: `Kind/name` → content. A policy's content names the identities and rules that it speaks of. */
  readonly store = new Map<string, string>();
  private readonly onceBad = new Set<string>();
  /** What was there when the stream began, or when the agent had put all that there was at its start, and is since. */
  private due = new Map<string, string>();
  readonly consumer = new ModelConsumer(
    (update, present) => this.check(update, present),
    (present) => this.checkSynced(present),
  );
  private readonly client = new DeltaClient("host-0", this.consumer);

  async run(step: Step): Promise<void> {
    switch (step.do) {
      case "put":
        return this.put(step.kind, step.name, step.content);
      case "remove":
        return this.remove(step.kind, step.name, step.along);
      case "reconnect":
        return this.reconnect();
      case "complete":
        return this.complete();
      case "restart":
        this.distribution = this.newDistribution();
        this.isComplete = false;
        for (const [key, content] of this.store) this.distribution.put(...partsOf(key), Buffer.from(content));
        return this.reconnect();
      default:
        await this.stream?.[step.do]();
        assert.equal(this.stream?.malformed, undefined);
    }
  }

  async reconnect(): Promise<void> {
    this.stream?.break();
    this.due = new Map(this.store);
    this.stream = await MemoryStream.open(this.distribution, this.client);
  }

  complete(): void {
    if (!this.isComplete) this.due = new Map(this.store);
    this.isComplete = true;
    this.distribution.complete();
  }

  /** Settles everything, and says how many resources had to be sent for it. */
  async settle(): Promise<number> {
    if (!this.isComplete) this.complete();
    const before = this.stream?.sent ?? 0;
    await this.stream?.drain();
    assert.equal(this.stream?.malformed, undefined);
    return (this.stream?.sent ?? 0) - before;
  }

  private put(kind: ResourceKind, name: string, content: string): void {
    if (content === "bad") this.onceBad.add(keyOf(kind, name));
    const quality = kind === "NetworkPolicy" ? content : content.replace("bad", "good");
    this.store.set(keyOf(kind, name), `${quality} ${kind === "NetworkPolicy" ? this.spokenOf().join() : ""}`);
    this.distribution.put(kind, name, Buffer.from(this.store.get(keyOf(kind, name)) ?? ""));
  }

  /** As the agent does it: identities and rules go when no policy speaks of them any more. @param along So do the policies. */
  private remove(kind: ResourceKind, name: string, along: boolean): void {
    this.store.delete(keyOf(kind, name));
    // What goes and comes again, even as it was, is new: it may come after what was there.
    this.due.delete(keyOf(kind, name));
    if (isSpokenOf(kind)) {
      for (const [key, content] of [...this.store]) {
        if (!key.startsWith("NetworkPolicy/") || !referencesOf(content).includes(keyOf(kind, name))) continue;
        if (along) this.remove(...partsOf(key), false);
        else this.put(...partsOf(key), "good-1");
      }
    }
    this.distribution.remove(kind, name);
  }

  private spokenOf(): string[] {
    return [...this.store.keys()].filter((key) => isSpokenOf(partsOf(key)[0]));
  }

  /** The order in which a host gets things. */
  private check({ kind, put, removed }: ResourceUpdate, present: ReadonlyMap<string, string>): void {
    if (kind === "NetworkPolicy") {
      for (const spokenOf of put.flatMap((policy) => referencesOf(textOf(policy)))) {
        // One that the agent has removed since may be missing: a newer policy comes then, too.
        if (!this.store.has(spokenOf)) continue;
        assert.ok(present.has(spokenOf), `a policy came before ${spokenOf}`);
      }
    }
    if (isSpokenOf(kind)) {
      for (const spokenOf of removed.map((name) => keyOf(kind, name))) {
        const speaking = [...present].filter(
          ([key, content]) => key.startsWith("NetworkPolicy/") && referencesOf(content).includes(spokenOf),
        );
        // A policy whose newer version is refused stays as it is, whatever it speaks of.
        const served = speaking.filter(([key]) => !this.onceBad.has(key));
        assert.deepEqual(served, [], `${spokenOf} went before the policies that speak of it`);
      }
    }
  }

  private checkSynced(present: ReadonlyMap<string, string>): void {
    assert.ok(this.isComplete, "the agent has not put all that there is yet");
    for (const [key, content] of this.due) {
      const isStill = this.store.get(key) === content && !content.startsWith("bad");
      if (isStill) assert.ok(present.has(key), `${key} was not delivered`);
    }
  }

  private newDistribution(): ResourceDistribution {
    this.epochs += 1;
    return new ResourceDistribution({
      epoch: `epoch-${this.epochs}`,
      versionOf: (value) => createHash("sha256").update(value).digest("base64url"),
      schedule: new ManualSchedule().schedule,
    });
  }
}

function partsOf(key: string): [ResourceKind, string] {
  const [kind, name] = key.split("/");
  return [kind as ResourceKind, name ?? ""];
}

function isSpokenOf(kind: ResourceKind): boolean {
  return kind === "Identity" || kind === "PolicyRules";
}

function referencesOf(content: string): string[] {
  return (content.split(" ")[1] ?? "").split(",").filter((one) => one !== "");
}

function good(contents: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...contents].filter(([, content]) => !content.startsWith("bad")).sort());
}

describe("delta xDS, whatever happens in whatever order", () => {
  it("gives a host what the agent has, policies after their identities and rules, and nothing twice", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 100, size: "max" }), async (steps) => {
        const scene = new Scene();
        await scene.reconnect();
        for (const one of steps) await scene.run(one);
        await scene.settle();
        const { inForce } = scene.consumer;
        const refused = [...scene.store].filter(([, content]) => content.startsWith("bad")).map(([key]) => key);
        const expected = good(scene.store);
        // Where the newest is refused, one from before may be in force; the rest is exactly what the agent has.
        const others = [...inForce].filter(([key]) => !refused.includes(key));
        assert.deepEqual(Object.fromEntries(others.sort()), expected);

        assert.equal(await scene.settle(), 0, "what was settled or refused is not sent again");
        const { begun } = scene.consumer;
        await scene.reconnect();
        assert.equal(await scene.settle(), refused.length, "after a reconnection only what was refused comes again");
        assert.equal(scene.consumer.begun, begun, "the same agent goes on where it was");
      }),
      { numRuns: 400, examples: [[cameAgain]] },
    );
  });
});
