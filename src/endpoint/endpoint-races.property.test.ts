// Endpoints, policies and the mode change at the same time, under data planes that take their time: what is there in the
// end is what a start from scratch would have made, and nothing else is left.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { NETWORK_FIRST } from "../identity/identity-type.ts";
import { RESERVED_IDENTITIES } from "../identity/reserved.ts";
import { WeirError } from "../lib/error.ts";
import type { ConnectionVerdict } from "../policy/endpoint-policy.ts";
import { PolicyCache } from "../policy/policy-cache.ts";
import type { EnforcementMode } from "../policy/resolve.ts";
import { networksOf, type PolicyMode } from "../policy/rule.ts";
import { type ItemSketch, labelSet, policyDocument } from "../policy/testing/documents.ts";
import { composePolicy } from "./compose-policy.ts";
import { address, Bench, PORT, spec } from "./testing/bench.ts";

const API = { kind: "api", name: "api" } as const;
const RESERVED_COUNT = RESERVED_IDENTITIES.length;

const ALLOWED: readonly ItemSketch[] = [
  { peers: [["app=a"]] },
  { peers: [[]] },
  { peers: "none" },
  { peers: [["lacks env"]], requires: [["app=a"]] },
  { peers: [{ cidr: "192.0.2.0/24" }] },
  { peers: [{ cidr: "0.0.0.0/0", except: ["198.51.100.0/24"] }] },
  { peers: [["app=b"]], toPorts: [{ ports: ["80"], l7: { parser: "alpha", rules: [{ cmd: "get" }] } }] },
  { peers: [["env=x"]], toPorts: [{ ports: ["80"], l7: { parser: "beta", rules: [] } }] },
  { peers: "any", toPorts: [{ ports: ["80"], l7: { parser: "beta", rules: [] } }] },
];
const DENIED = ALLOWED.filter(({ peers, toPorts }) => toPorts === undefined && peers !== "none");

const key = fc.constantFrom("p", "q");
const name = fc.constantFrom("e0", "e1", "e2");
const labels = fc.constantFrom([], ["app=a"], ["app=b"], ["app=b", "env=x"]);
const step = fc.oneof(
  fc.record({
    kind: fc.constant("put" as const),
    key,
    mode: fc.constantFrom<PolicyMode>("enforce", "enforce", "audit"),
    selects: fc.constantFrom([], ["app=a"], ["lacks env"]),
    ingress: fc.array(fc.constantFrom(...ALLOWED), { maxLength: 3 }),
    ingressDeny: fc.array(fc.constantFrom(...DENIED), { maxLength: 1 }),
  }),
  fc.record({ kind: fc.constant("drop" as const), key }),
  fc.record({ kind: fc.constant("add" as const), name, labels }),
  fc.record({ kind: fc.constant("remove" as const), name }),
  fc.record({ kind: fc.constant("label" as const), name, labels }),
  fc.record({ kind: fc.constant("audit" as const), name, audit: fc.boolean() }),
  fc.record({ kind: fc.constant("move" as const), name, place: fc.integer({ min: 0, max: 2 }) }),
  fc.record({
    kind: fc.constant("mode" as const),
    mode: fc.constantFrom<EnforcementMode>("default", "always", "never"),
  }),
  fc.record({ kind: fc.constant("wait" as const), turns: fc.integer({ min: 1, max: 4 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function addressOf(place: number): string {
  return `10.0.0.${1 + place}`;
}

function begin(bench: Bench, one: Step): Promise<unknown> {
  switch (one.kind) {
    case "put": {
      const { selects, ingress, ingressDeny } = one;
      return bench.importer.put([policyDocument(one.key, [{ selects, ingress, ingressDeny }], API, one.mode)]);
    }
    case "drop":
      return bench.importer.remove(one.key);
    case "add":
      return bench.manager.add([spec(one.name, [addressOf(Number(one.name.slice(1)))], ...one.labels)]);
    case "remove":
      return bench.manager.remove(one.name);
    case "label":
      return bench.manager.update(one.name, { labels: labelSet(...one.labels) });
    case "audit":
      return bench.manager.update(one.name, { audit: one.audit });
    case "move":
      return bench.manager.update(one.name, { addresses: [address(addressOf(one.place))] });
    case "mode":
      bench.context.enforcement = one.mode;
      return bench.manager.regenerateAll();
    case "wait":
      return Promise.resolve();
  }
}

/** Makes the data planes answer after differing numbers of turns. */
function slowDown({ planes }: Bench, pace: number): void {
  let calls = pace;
  const pause = async (): Promise<void> => {
    for (let turns = (calls++ * 7) % 5; turns > 0; turns--) await nextTurn();
  };
  for (const plane of planes) {
    plane.onMove = pause;
    plane.answer = async ({ revision }) => {
      await pause();
      return { accepted: true, revision };
    };
  }
}

function compareWithFresh(bench: Bench): void {
  const fresh = new PolicyCache(bench.context, () => {});
  for (const { name, identity, audit, failure, state } of bench.manager.list()) {
    const known = bench.allocator.list().find(({ id }) => id === identity);
    assert.ok(known, `${name} has an identity that is there`);
    // What it falls back to depends on what it had before.
    if (failure !== undefined) continue;
    assert.equal(state, "ready");
    const wanted = composePolicy(fresh.get(known), { ...spec(name, []), audit });
    for (const plane of bench.planes) {
      const policy = plane.policies.get(name);
      assert.equal(policy?.identity, identity);
      for (const { id } of bench.allocator.list()) {
        for (const direction of ["ingress", "egress"] as const) {
          const actual: object | undefined = policy && shape(policy[direction].lookup(id, PORT));
          assert.deepEqual(actual, shape(wanted[direction].lookup(id, PORT)), `${name} ${direction} ${id}`);
        }
      }
    }
  }
  for (const { identity } of bench.manager.list()) fresh.forget(identity as never);
}

/** Without the matchers, which are other objects. */
function shape({ kind, origin, ...rest }: ConnectionVerdict): object {
  const { parser, mode, audit } = { parser: undefined, mode: undefined, audit: undefined, ...rest };
  return { kind, origin, parser, mode, audit };
}

function compareLeftovers(bench: Bench): void {
  const endpoints = bench.manager.list();
  const networks = new Set(bench.repository.list().flatMap((document) => [...networksOf(document)].map(String)));
  const ids = bench.allocator.list().map(({ id }) => id);
  const expected = new Set<number>([
    ...RESERVED_IDENTITIES.map(({ id }) => id),
    ...endpoints.map((one) => one.identity),
  ]);
  assert.deepEqual(new Set(ids.filter((id) => id < NETWORK_FIRST)), expected);
  assert.equal(ids.filter((id) => id >= NETWORK_FIRST).length, networks.size);
  const entries = bench.ipCache.list().map(({ prefix, identity, source }) => {
    return source === "generated" ? `${prefix}` : `${prefix} ${identity}`;
  });
  const owned = endpoints.flatMap(({ addresses, identity }) => addresses.map((text) => `${text}/32 ${identity}`));
  assert.deepEqual(entries.sort(), [...networks, ...owned].sort());
  for (const plane of bench.planes) {
    assert.deepEqual([...plane.policies.keys()].sort(), endpoints.map((one) => one.name).sort());
  }
}

test("changes that overlap end where a start from scratch ends, and leave nothing behind", async () => {
  let refused = 0;
  const property = fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.nat(4), async (steps, pace) => {
    const bench = new Bench(6);
    slowDown(bench, pace);
    const begun: Promise<unknown>[] = [];
    for (const one of steps) {
      // A change may be refused: of an endpoint that is gone, an address that is taken.
      begun.push(begin(bench, one).catch((error: unknown) => assert.ok(error instanceof WeirError, String(error))));
      for (let turns = one.kind === "wait" ? one.turns : 0; turns > 0; turns--) await nextTurn();
    }
    await Promise.all(begun);
    // What identities that come and go bring about is told afterwards, and nobody waits for it.
    while (bench.manager.list().some(({ state, failure }) => failure === undefined && state !== "ready"))
      await nextTurn();
    compareWithFresh(bench);
    compareLeftovers(bench);
    refused += bench.manager.list().filter(({ failure }) => failure !== undefined).length;
    for (const { name } of bench.manager.list()) await bench.manager.remove(name);
    for (const document of bench.repository.list()) await bench.importer.remove(document.key);
    bench.repository.prune();
    assert.equal(bench.context.selectors.size, 0);
    assert.equal(bench.allocator.list().length, RESERVED_COUNT);
    assert.equal(bench.ipCache.size, 0);
  });
  // Rules that quarrel are rare among random ones.
  const quarrel: readonly Step[] = [
    { kind: "add", name: "e0", labels: ["app=a"] },
    {
      kind: "put",
      key: "p",
      mode: "enforce",
      selects: [],
      ingress: ALLOWED.filter(({ toPorts }) => toPorts !== undefined),
      ingressDeny: [],
    },
  ];
  await fc.assert(property, { numRuns: 1500, examples: [[[...quarrel], 0]] });
  assert.ok(refused > 0, "rules that quarrel were met");
});
