import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LocalIdentityAllocator } from "../identity/local-allocator.ts";
import { ReservedIdentity } from "../identity/reserved.ts";
import { parseAddress } from "../lib/ip/address.ts";
import { IpPrefix, parsePrefix } from "../lib/ip/prefix.ts";
import { CidrIdentities } from "./cidr-identities.ts";
import { IpCache } from "./ipcache.ts";

const RESERVED = 5;

const prefix = (text: string): IpPrefix => {
  const parsed = parsePrefix(text);
  assert.ok(parsed);
  return parsed;
};
const prefixes = (...texts: readonly string[]): readonly IpPrefix[] => texts.map(prefix);

function rig(networksMax?: number, entriesMax?: number) {
  const identities = new LocalIdentityAllocator(networksMax === undefined ? {} : { networksMax });
  const ipCache = new IpCache(entriesMax);
  const behind = (text: string): number => ipCache.lookup(parseAddress(text)!);
  return { identities, ipCache, behind, networks: new CidrIdentities(identities, ipCache) };
}

test("the narrowest network decides, until its last mention is released", async () => {
  const { networks, behind, identities, ipCache } = rig();
  await networks.acquire(prefixes("10.0.0.0/8", "10.1.0.0/16", "10.1.0.0/16"));
  await networks.acquire(prefixes("10.1.0.0/16"));
  assert.equal(behind("10.1.0.1"), 2 ** 24 + 1);
  assert.ok(identities.get((2 ** 24 + 1) as never)?.labels.has("cidr", "10.0.0.0/8", ""));
  await networks.release(prefixes("10.1.0.0/16", "10.1.0.0/16"));
  assert.equal(behind("10.1.0.1"), 2 ** 24 + 1);
  await networks.release(prefixes("10.1.0.0/16"));
  assert.equal(behind("10.1.0.1"), 2 ** 24);
  await networks.release(prefixes("10.0.0.0/8"));
  assert.equal(behind("10.1.0.1"), ReservedIdentity.World);
  assert.deepEqual([identities.list().length, ipCache.list().length], [RESERVED, 0]);
});

test("an endpoint's own address wins over a network that holds it alone", async () => {
  const { networks, behind, ipCache } = rig();
  await networks.acquire(prefixes("10.0.0.1/32"));
  ipCache.upsert(IpPrefix.host(parseAddress("10.0.0.1")!), 300 as never, "agent-local");
  assert.equal(behind("10.0.0.1"), 300);
});

test("what cannot be had wholly leaves nothing behind", async () => {
  for (const [networksMax, entriesMax, code] of [
    [2, 9, "WEIR_IDENTITY_EXHAUSTED"],
    [9, 2, "WEIR_LIMIT_EXCEEDED"],
  ] as const) {
    const { networks, identities, ipCache } = rig(networksMax, entriesMax);
    await networks.acquire(prefixes("10.0.0.0/8"));
    await assert.rejects(networks.acquire(prefixes("10.0.0.0/8", "10.1.0.0/16", "10.2.0.0/16")), { code });
    assert.deepEqual([identities.list().length, ipCache.list().length], [RESERVED + 1, 1]);
    await networks.release(prefixes("10.0.0.0/8"));
    assert.deepEqual([identities.list().length, ipCache.list().length], [RESERVED, 0]);
    await networks.acquire(prefixes("10.1.0.0/16", "10.2.0.0/16"));
  }
});

test("what was not acquired cannot be released, and nothing else is", async () => {
  const { networks, ipCache } = rig();
  await networks.acquire(prefixes("10.0.0.0/8"));
  await assert.rejects(networks.release(prefixes("10.0.0.0/8", "10.0.0.0/8")), RangeError);
  await assert.rejects(networks.release(prefixes("10.0.0.0/8", "::/0")), RangeError);
  assert.equal(ipCache.list().length, 1);
});

test("a network's identity goes only after nobody stands for it any more", async () => {
  const identities = new LocalIdentityAllocator();
  const ipCache = new IpCache();
  const moved = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const networks = new CidrIdentities(identities, ipCache, () => {
    asked.resolve();
    return moved.promise;
  });
  await networks.acquire(prefixes("10.0.0.0/8"));
  const released = networks.release(prefixes("10.0.0.0/8"));
  await asked.promise;
  assert.deepEqual([identities.list().length, ipCache.list().length], [RESERVED + 1, 0]);
  moved.resolve();
  await released;
  assert.equal(identities.list().length, RESERVED);
});

for (const [name, room, together] of [
  ["whatever comes and goes at the same time", 5, true],
  // A number is free again when nobody stands for its identity any more, which the next change does not wait for.
  ["whatever comes and goes one after the other, with too little room", 3, false],
] as const) {
  test(`${name}, what is known is what is mentioned`, async () => {
    const texts = ["10.0.0.0/8", "10.1.0.0/16", "10.1.1.0/24", "::/0", "2001:db8::/32"];
    const list = fc.array(fc.constantFrom(...texts), { maxLength: 6 });
    const steps = fc.array(fc.record({ add: fc.boolean(), list }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(steps, async (changes) => {
        const { networks, identities, ipCache } = rig(room);
        // A model that counts: changes take place in the order of their calls.
        const counts = new Map<string, number>();
        const outcomes: Promise<boolean>[] = [];
        for (const { add, list } of changes) {
          const work = add ? networks.acquire(prefixes(...list)) : networks.release(prefixes(...list));
          const outcome = work.then(
            () => true,
            () => false,
          );
          outcomes.push(outcome);
          if (!together) await outcome;
        }
        for (const [index, { add, list }] of changes.entries()) {
          const next = new Map(counts);
          for (const text of list) next.set(text, (next.get(text) ?? 0) + (add ? 1 : -1));
          const held = [...next.values()].filter((count) => count > 0).length;
          const possible = held <= room && [...next.values()].every((count) => count >= 0);
          assert.equal(await outcomes[index], possible);
          if (possible) for (const [text, count] of next) counts.set(text, count);
        }
        const held = [...counts].filter(([, count]) => count > 0).map(([text]) => text);
        assert.deepEqual(new Set(ipCache.list().map((entry) => entry.prefix.toString())), new Set(held));
        assert.equal(identities.list().length, RESERVED + held.length);
      }),
    );
  });
}

test("whoever is slow to look again holds up no later change", async () => {
  const allocator = new LocalIdentityAllocator();
  const ipCache = new IpCache();
  const looked = Promise.withResolvers<void>();
  const networks = new CidrIdentities(allocator, ipCache, () => looked.promise);
  const ten = prefix("10.0.0.0/8");
  await networks.acquire([ten]);
  const id = ipCache.lookup(ten.address);
  const released = networks.release([ten]);
  await networks.acquire([ten]);
  assert.equal(ipCache.lookup(ten.address), id, "it comes back as what it was");
  looked.resolve();
  await released;
  assert.ok(allocator.get(id), "and stays it");
});
