import assert from "node:assert/strict";
import { test } from "node:test";
import { LocalIdentityAllocator } from "../identity/local-allocator.ts";
import { DirectionRules } from "./direction-rules.ts";
import { parserProblems } from "./parser-problems.ts";
import { policyEntries } from "./policy-entry.ts";
import type { SelectedRule } from "./repository.ts";
import { type CachedSelector, SelectorCache } from "./selector-cache.ts";
import { EXTENSIONS, type ItemSketch, labelSet, policyDocument } from "./testing/documents.ts";

const USER = { selectionChanged(): void {} };

function rulesOf(...ingress: readonly ItemSketch[]): readonly SelectedRule[] {
  const { rules } = policyDocument("p", [{ selects: [], ingress }]);
  return rules.map((rule, index) => ({ policy: "p", index, rule, audited: false }));
}

test("peers and requirements cost their sum, not their product", () => {
  const cache = new SelectorCache(new LocalIdentityAllocator());
  const peers = Array.from({ length: 300 }, (_, index) => [`app=${index}`]);
  const requires = Array.from({ length: 300 }, (_, index) => [`need${index}=x`]);
  let conditions = 0;
  const entries = policyEntries(rulesOf({ peers, requires }), "ingress", (selector) => {
    conditions += selector.matchLabels.length;
    return cache.acquire(selector, USER);
  });
  assert.equal(conditions, 600);
  assert.equal(entries[0]?.peers.length, 300);
  assert.equal(entries[0]?.requires?.selector.matchLabels.length, 300);
});

test("everybody with a requirement is whoever meets it, and a requirement of nothing narrows nobody", () => {
  const cache = new SelectorCache(new LocalIdentityAllocator());
  const peersOf = (item: ItemSketch) => {
    const [entry] = policyEntries(rulesOf(item), "ingress", (selector) => cache.acquire(selector, USER));
    const { peers, requires } = entry ?? {};
    return [peers === "all" ? peers : peers?.map(({ selector }) => selector.key), requires?.selector.key];
  };
  assert.deepEqual(peersOf({ peers: [["app=a"], []], requires: [["env=x"]] }), [["any:env=x;"], undefined]);
  assert.deepEqual(peersOf({ peers: [["app=a"]], requires: [["env=x"]] }), [["any:app=a;"], "any:env=x;"]);
  assert.deepEqual(peersOf({ peers: [["app=a"]], requires: [[]] }), [["any:app=a;"], undefined]);
  assert.deepEqual(peersOf({ peers: [[]], requires: [[]] }), ["all", undefined]);
});

test("a search for two extensions goes through the identities of a selector once, however many rules name it", async () => {
  const allocator = new LocalIdentityAllocator();
  const cache = new SelectorCache(allocator);
  for (let index = 0; index < 50; index++) await allocator.allocate(labelSet("app=web", `n=${index}`));
  await allocator.allocate(labelSet("app=ops"));
  const l7 = (app: string, parser: string): ItemSketch => {
    return { peers: [[`app=${app}`]], toPorts: [{ ports: ["80"], l7: { parser, rules: [] } }] };
  };
  let looks = 0;
  const counted = new Map<CachedSelector, CachedSelector>();
  const items = [l7("ops", "beta"), ...Array.from({ length: 100 }, () => l7("web", "alpha"))];
  const entries = policyEntries(rulesOf(...items), "ingress", (selector) => {
    const cached = cache.acquire(selector, USER);
    const known = counted.get(cached) ?? {
      selector,
      all: cached.all,
      anchored: cached.anchored,
      selects: (id) => cached.selects(id),
      identities() {
        looks++;
        return cached.identities();
      },
    };
    counted.set(cached, known);
    return known;
  });
  const rules = new DirectionRules(true, entries, EXTENSIONS, undefined);
  assert.deepEqual(parserProblems("ingress", rules, EXTENSIONS), []);
  assert.equal(looks, 2);
});
