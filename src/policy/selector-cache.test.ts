import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { NumericIdentity } from "../api/identity.ts";
import type { Identity } from "../identity/allocator.ts";
import { LocalIdentityAllocator } from "../identity/local-allocator.ts";
import type { LabelSet } from "../labels/label-set.ts";
import { SelectorCache, type SelectorUser } from "./selector-cache.ts";
import { selectorMatches } from "./selector-match.ts";
import { labelSet, selector } from "./testing/documents.ts";

class CountingUser implements SelectorUser {
  changes = 0;

  selectionChanged(): void {
    this.changes++;
  }
}

test("selectors follow identities as they come and go", async () => {
  const allocator = new LocalIdentityAllocator();
  const early = await allocator.allocate(labelSet("k8s:app=db", "env=prod"));
  const cache = new SelectorCache(allocator);
  const user = new CountingUser();
  const cached = cache.acquire(selector("app=db"), user);
  assert.ok(cached.selects(early.id));

  const late = await allocator.allocate(labelSet("app=db"));
  assert.ok(cached.selects(late.id));
  assert.equal(user.changes, 1);
  await allocator.allocate(labelSet("app=web"));
  assert.equal(user.changes, 1);
  assert.deepEqual([...cached.identities()], [early.id, late.id]);
  assert.deepEqual([...cache.selectorsOf(late.id)], [cached]);

  await allocator.release(early.id);
  assert.ok(!cached.selects(early.id));
  assert.equal(user.changes, 2);
});

test("selectors select as they say", () => {
  const workload = labelSet("k8s:app=db", "env=prod", "flag");
  for (const [texts, expected] of [
    [[], true],
    [["reserved:all"], true],
    [["app=db"], true],
    [["k8s:app=db"], true],
    [["unspec:app=db"], false],
    [["app=db", "env=prod", "flag"], true],
    [["app=db", "env=test"], false],
    [["app"], false],
    [["env="], false],
  ] as const) {
    assert.equal(selectorMatches(selector(...texts), workload), expected, JSON.stringify(texts));
  }
  assert.ok(selectorMatches(selector(), labelSet("$world")));
  assert.ok(selectorMatches(selector("reserved:world"), labelSet("$world")));
});

test("the entity cluster is everybody but the world, and what is cut out of the world", async () => {
  const allocator = new LocalIdentityAllocator();
  const early = await allocator.allocate(labelSet("app=db"));
  const cached = new SelectorCache(allocator).acquire(selector("reserved:cluster"), new CountingUser());
  const late = await allocator.allocate(labelSet("app=web"));
  const cidr = await allocator.allocate(labelSet("cidr:10.0.0.0/8", "$world"));
  const selected = allocator.list().filter(({ id }) => cached.selects(id));
  assert.ok(selected.includes(early) && selected.includes(late));
  assert.deepEqual(
    selected
      .flatMap(({ labels }) => labels.texts)
      .filter((text) => text.startsWith("reserved:"))
      .sort(),
    ["reserved:health", "reserved:host", "reserved:init", "reserved:unmanaged"],
  );
  assert.ok(!cached.selects(cidr.id));
  await allocator.release(early.id);
  assert.ok(!cached.selects(early.id));
});

test("selectors of everybody track nobody", async () => {
  const allocator = new LocalIdentityAllocator();
  const cache = new SelectorCache(allocator);
  const user = new CountingUser();
  for (const cached of [cache.acquire(selector(), user), cache.acquire(selector("reserved:all"), user)]) {
    assert.ok(cached.all);
    assert.ok(cached.selects(0 as NumericIdentity));
    assert.equal(cached.identities().size, 0);
  }
  await allocator.allocate(labelSet("app=db"));
  assert.equal(user.changes, 0);
});

test("equal selectors are one, kept until nobody holds it and the cache is pruned", async () => {
  const allocator = new LocalIdentityAllocator();
  const cache = new SelectorCache(allocator);
  const [one, other] = [new CountingUser(), new CountingUser()];
  const cached = cache.acquire(selector("a=1", "b=2"), one);
  assert.equal(cache.acquire(selector("b=2", "a=1"), other), cached);
  cache.release(cached, one);
  cache.prune();
  assert.equal(cache.size, 1);
  await allocator.allocate(labelSet("a=1", "b=2"));
  assert.deepEqual([one.changes, other.changes], [0, 1]);

  cache.release(cached, other);
  assert.deepEqual([...cache.matching(labelSet("a=1", "b=2"))], [cached], "released, not pruned");
  assert.equal(cache.acquire(selector("a=1", "b=2"), one), cached);
  cache.prune();
  assert.equal(cache.size, 1, "taken again before the pruning");

  cache.release(cached, one);
  cache.prune();
  assert.equal(cache.size, 0);
  assert.deepEqual([...cache.matching(labelSet("a=1", "b=2"))], []);
});

test("a new identity costs the selectors that could match it, a new selector the identities that it could match", async () => {
  const allocator = new LocalIdentityAllocator();
  const looked: LabelSet[] = [];
  const cache = new SelectorCache(allocator);
  const user = new CountingUser();
  for (let index = 0; index < 500; index++) cache.acquire(selector("env=prod", `app=${index}`), user);
  const labels = labelSet("env=prod", "app=7");
  const has = labels.has.bind(labels);
  labels.has = (...asked): boolean => {
    looked.push(labels);
    return has(...asked);
  };
  await allocator.allocate(labels);
  assert.equal(user.changes, 1);
  // Two labels of the one selector that asks for app=7; the other 499 are not looked at, except the first, which was
  // filed under env=prod while no label was rarer than another.
  assert.ok(looked.length <= 4, `${looked.length} label look-ups`);
});

test("thousands of selectors that select almost everybody take no room for each identity", async () => {
  const allocator = new LocalIdentityAllocator();
  const cache = new SelectorCache(allocator);
  const held = Array.from({ length: 2000 }, (_, index) => {
    return cache.acquire(selector(`lacks k${index}`), { selectionChanged: undefined });
  });
  let looks = 0;
  const labels = labelSet("app=a");
  const get = labels.get.bind(labels);
  labels.get = (key) => {
    looks++;
    return get(key);
  };
  const { id } = await allocator.allocate(labels);
  assert.equal(looks, 0, "nobody wants to know");
  assert.ok(held.every((cached) => cached.selects(id) && !cached.anchored));
  assert.equal(cache.selectorsOf(id).size, 2000);
  const [first] = held;
  assert.ok(first?.identities().has(id));
});

const LABELS = ["a=1", "a=2", "b=1", "k8s:b=1", "c=1", "$world"];
const labelsOf = (max: number): fc.Arbitrary<readonly string[]> =>
  fc.uniqueArray(fc.constantFrom(...LABELS), {
    maxLength: max,
    selector: (text) => /[abc](?==)|\$world/.exec(text)?.[0],
  });
/** May ask for `cluster` as well, and for what must not be there. */
const askedFor = fc
  .tuple(labelsOf(2), fc.subarray(["reserved:cluster", "lacks a", "has b", "a notin 1", "b in 1,2"], { maxLength: 2 }))
  .map(([labels, others]) => [...labels, ...others]);
const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("identity" as const), labels: labelsOf(3) }),
    fc.record({ kind: fc.constant("forget" as const), place: fc.nat() }),
    fc.record({ kind: fc.constant("acquire" as const), labels: askedFor }),
    fc.record({ kind: fc.constant("release" as const), place: fc.nat(), prune: fc.boolean() }),
  ),
  { maxLength: 40 },
);

test("agrees with matching every selector against every identity, in any order of events", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (events) => {
      // So few that numbers come back with other labels.
      const allocator = new LocalIdentityAllocator({ workloadsMax: 2 });
      const cache = new SelectorCache(allocator);
      const user = new CountingUser();
      const identities: Identity[] = [];
      const held = new Map<string, ReturnType<SelectorCache["acquire"]>>();
      const selecting = ({ labels }: Identity): number =>
        [...held.values()].filter(({ all, selector }) => !all && selectorMatches(selector, labels)).length;
      for (const event of events) {
        const before = { told: user.changes, identities: allocator.list() };
        if (event.kind === "identity") {
          if (identities.length < 2) identities.push(await allocator.allocate(labelSet(...event.labels)));
        } else if (event.kind === "acquire") {
          const cached = cache.acquire(selector(...event.labels), user);
          held.set(cached.selector.key, cached);
        } else if (event.kind === "forget") {
          const [gone] = identities.splice(event.place % (identities.length || 1), 1);
          if (gone) await allocator.release(gone.id);
        } else {
          const cached = [...held.values()][event.place % (held.size || 1)];
          if (cached) {
            held.delete(cached.selector.key);
            cache.release(cached, user);
          }
          if (event.prune) cache.prune();
        }
        const now = allocator.list();
        const changed = [
          ...now.filter((one) => !before.identities.includes(one)),
          ...before.identities.filter((one) => !now.includes(one)),
        ];
        const expectedTold = changed.reduce((sum, one) => sum + selecting(one), 0);
        assert.equal(user.changes - before.told, expectedTold, "told once for each selector that selects");
        for (const identity of now) {
          const found = [...cache.selectorsOf(identity.id)].filter(
            (cached) => held.get(cached.selector.key) === cached,
          );
          assert.equal(found.length, selecting(identity));
        }
        for (const cached of held.values()) {
          const expected = allocator.list().filter(({ labels }) => selectorMatches(cached.selector, labels));
          const actual = allocator.list().filter(({ id }) => cached.selects(id));
          assert.deepEqual(actual, expected);
          if (!cached.all) assert.equal(cached.identities().size, expected.length);
        }
      }
      cache.prune();
      for (const { id, labels } of allocator.list()) {
        const matching = [...cache.matching(labels)].map((cached) => cached.selector.key).sort();
        const expected = [...held.values()].filter((cached) => selectorMatches(cached.selector, labels));
        const tracked = expected.filter(({ all }) => !all).map((cached) => cached.selector.key);
        assert.deepEqual([...cache.selectorsOf(id)].map((cached) => cached.selector.key).sort(), tracked.sort());
        assert.deepEqual(matching, expected.map((cached) => cached.selector.key).sort());
      }
    }),
    { numRuns: 1000 },
  );
});
