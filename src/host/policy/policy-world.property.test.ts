// A host against the agent that it is served by: after any changes, and under any agent that takes over, it says the very
// same of every endpoint, peer, port and request, and never something of two agents at once.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { labels, rule } from "../../../test/policies/arbitraries.ts";
import type { NumericIdentity, Port } from "../../api/identity.ts";
import type { EndpointSpec } from "../../endpoint/endpoint-spec.ts";
import { NETWORK_FIRST, WORKLOAD_FIRST } from "../../identity/identity-type.ts";
import { parseAddress } from "../../lib/ip/address.ts";
import { decodePolicy } from "../../policy/description/decode-policy.ts";
import type { EnforcementMode } from "../../policy/resolve.ts";
import type { PolicyDocument } from "../../policy/rule.ts";
import { EXTENSIONS, labelSet, policyDocument } from "../../policy/testing/documents.ts";
import { KeptResources } from "./kept-resources.ts";
import { replay } from "./last-good.ts";
import { PolicyWorld } from "./policy-world.ts";
import { picture, type Subjects } from "./testing/picture.ts";
import { NUMBERS, TestAgent } from "./testing/test-agent.ts";
import { TestTarget } from "./testing/test-target.ts";

const API = { kind: "api", name: "api" } as const;
const NAMES = ["e0", "e1", "e2", "e3"];
/** Two for each endpoint, and some that are nobody's. */
const ADDRESSES = ["10.0.0.1", "10.1.2.3", "10.1.0.9", "192.0.2.1", "2001:db8::1", "2001:db8::2", "192.0.2.7", "::2"];
const OTHERS = ["127.0.0.1", "::1", "10.1.9.9", "203.0.113.1", "2001:db8::9"];

const name = fc.constantFrom(...NAMES);
const observe = fc.uniqueArray(
  fc.record({
    port: fc.constantFrom(80, 443, 9999).map((port) => port as Port),
    extension: fc.constantFrom("alpha", "beta"),
    direction: fc.constantFrom("ingress" as const, "egress" as const),
  }),
  { maxLength: 2, selector: ({ port, direction }) => `${port} ${direction}` },
);
const addresses = fc.uniqueArray(fc.constantFrom(0, 1), { maxLength: 2 });
const mode = fc.constantFrom<EnforcementMode>("default", "default", "always", "never");
const event = fc.oneof(
  {
    arbitrary: fc.record({
      kind: fc.constant("put" as const),
      key: fc.constantFrom("p", "q", "r"),
      mode: fc.constantFrom("enforce", "enforce", "audit"),
      rules: fc.array(rule, { maxLength: 3 }),
    }),
    weight: 6,
  },
  { arbitrary: fc.record({ kind: fc.constant("drop" as const), key: fc.constantFrom("p", "q", "r") }), weight: 2 },
  {
    arbitrary: fc.record({
      kind: fc.constant("endpoint" as const),
      name,
      labels,
      audit: fc.boolean(),
      observe,
      addresses,
    }),
    weight: 5,
  },
  { arbitrary: fc.record({ kind: fc.constant("gone" as const), name }), weight: 2 },
  { arbitrary: fc.record({ kind: fc.constant("mode" as const), mode }), weight: 1 },
  { arbitrary: fc.record({ kind: fc.constant("deliver" as const), steps: fc.integer({ min: 1, max: 8 }) }), weight: 3 },
  { arbitrary: fc.record({ kind: fc.constant("resume" as const) }), weight: 1 },
  { arbitrary: fc.record({ kind: fc.constant("restart" as const), taken: fc.integer({ min: 0, max: 3 }) }), weight: 2 },
);
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

/** What was compared, by what came out: a comparison that never meets a case proves nothing of it. */
const met = new Map<string, number>();
/** Policies that referred to rules that another one had, too. */
let shared = 0;
function count(lines: readonly string[]): void {
  for (const line of lines) {
    const kind = /: (denied by \w+|allowed by nothing|allowed|alpha \w+|beta \w+)/.exec(line)?.[1];
    if (kind !== undefined) met.set(kind, (met.get(kind) ?? 0) + 1);
  }
}

/** One host under one agent after the other. */
class Play {
  private agent = new TestAgent();
  private former: TestAgent | undefined;
  private readonly target = new TestTarget();
  private readonly host = new PolicyWorld(this.target, EXTENSIONS);
  /** What the host would leave on disk. */
  private kept = new KeptResources("another");
  private readonly documents = new Map<string, PolicyDocument>();
  private readonly specs = new Map<string, EndpointSpec>();
  private mode: EnforcementMode = "default";

  async run(events: readonly Event[]): Promise<void> {
    await this.restart(0);
    for (const one of events) await this.step(one);
    await this.deliver();
    this.compare();
    await this.resume();
    this.agent.checkRules();
  }

  private async step(one: Event): Promise<void> {
    const { agent } = this;
    switch (one.kind) {
      case "put": {
        const document = policyDocument(one.key, one.rules, API, one.mode);
        this.documents.set(one.key, document);
        await agent.importer.put([document]);
        return;
      }
      case "drop":
        if (this.documents.delete(one.key)) await agent.importer.remove(one.key);
        return;
      case "endpoint": {
        const place = NAMES.indexOf(one.name) * 2;
        const texts = one.addresses.map((index) => ADDRESSES[place + index] as string);
        const spec: EndpointSpec = {
          name: one.name,
          labels: labelSet(...one.labels),
          audit: one.audit,
          observe: one.observe,
          addresses: texts.flatMap((text) => parseAddress(text) ?? []),
        };
        const { name: _, ...change } = spec;
        await (this.specs.has(one.name) ? agent.manager.update(one.name, change) : agent.manager.add([spec]));
        this.specs.set(one.name, spec);
        return;
      }
      case "gone":
        if (this.specs.delete(one.name)) await agent.manager.remove(one.name);
        return;
      case "mode":
        this.mode = one.mode;
        await agent.setMode(one.mode);
        return;
      case "deliver":
        for (let step = 0; step < one.steps; step++) if (!(await this.deliverNext())) this.compare();
        return;
      case "resume":
        await this.resume();
        return;
      case "restart":
        await this.restart(one.taken);
        return;
    }
  }

  /** Another agent, whose numbers mean others. */
  private async restart(taken: number): Promise<void> {
    const agent = new TestAgent(this.mode);
    await agent.takeNumbers(taken);
    for (const spec of [...this.specs.values()].reverse()) await agent.manager.add([spec]);
    if (this.documents.size > 0) await agent.importer.put([...this.documents.values()]);
    await this.take(agent);
  }

  /** Another host begins with what this one has kept, and says the same. */
  private async resume(): Promise<void> {
    const before = this.seen();
    const target = new TestTarget();
    const host = new PolicyWorld(target, EXTENSIONS);
    const { resources } = this.kept.lastGood();
    const rules = resources.filter(({ kind }) => kind === "PolicyRules").map(({ name }) => name);
    const policies = resources.filter(({ kind }) => kind === "NetworkPolicy").map(({ value }) => decodePolicy(value));
    const needed = policies.flatMap((one) => ("policy" in one ? (one.policy.rules ?? []) : []));
    assert.deepEqual([...rules].sort(), [...new Set(needed)].sort(), "rules are kept once, and no others");
    shared += needed.length - rules.length;
    assert.deepEqual(await replay(this.kept.lastGood(), host), []);
    const seen = picture({ peers: host, policies: target.policies }, this.subjects());
    assert.deepEqual(seen, before, "a host that resumes goes on where the one before it was");
  }

  private async take(agent: TestAgent): Promise<void> {
    this.former = this.agent;
    this.agent = agent;
    const before = this.seen();
    this.host.begin("another");
    this.kept = new KeptResources("another");
    while (await this.deliverNext()) assert.deepEqual(this.seen(), before, "nothing changes before all is there");
    const expected = this.expected();
    this.target.onChange = () => assert.deepEqual(this.seen(), expected, "all changes within one turn");
    await this.host.synced();
    this.target.onChange = () => {};
    this.compare();
  }

  private async deliver(): Promise<void> {
    while (await this.deliverNext());
  }

  /** @returns Whether there was something. */
  private async deliverNext(): Promise<boolean> {
    const delivery = this.agent.next();
    if (delivery === undefined) return false;
    assert.equal(await this.host.update(delivery), undefined);
    this.kept.note(delivery, true, this.kept);
    return true;
  }

  private compare(): void {
    const seen = this.seen();
    count(seen);
    assert.deepEqual(seen, this.expected());
  }

  private seen(): readonly string[] {
    return picture({ peers: this.host, policies: this.target.policies }, this.subjects());
  }

  private expected(): readonly string[] {
    return picture({ peers: this.agent.peers, policies: this.agent.policies }, this.subjects());
  }

  /** Numbers of both agents, and some that mean nobody, or nobody yet. */
  private subjects(): Subjects {
    const identities = [...this.agent.identities.list(), ...(this.former?.identities.list() ?? [])];
    const numbers = new Set([...identities.map(({ id }) => id as number), 0, 65_000]);
    for (const first of [WORKLOAD_FIRST, NETWORK_FIRST]) {
      for (let index = 0; index < NUMBERS; index++) numbers.add(first + index);
    }
    return { numbers: numbers as Set<NumericIdentity>, addresses: [...ADDRESSES, ...OTHERS], endpoints: NAMES };
  }
}

test("a host says the same as its agent, after any changes and under any agent", async (t) => {
  const property = fc.asyncProperty(fc.array(event, { minLength: 3, maxLength: 16 }), (events) =>
    new Play().run(events),
  );
  await fc.assert(property, { numRuns: 500 });
  t.diagnostic(JSON.stringify(Object.fromEntries(met)));
  for (const what of [
    "denied by nothing",
    "denied by p",
    "allowed",
    "allowed by nothing",
    "alpha enforce",
    "alpha observe",
    "beta enforce",
    "beta observe",
  ]) {
    assert.ok((met.get(what) ?? 0) > 10, `${what}: ${met.get(what) ?? 0} times`);
  }
  assert.ok(shared > 100, `${shared} policies shared rules`);
});
