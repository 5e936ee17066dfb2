import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { IpAddress, parseAddress } from "./address.ts";
import { IpPrefix, parsePrefix } from "./prefix.ts";
import { PrefixTrie } from "./prefix-trie.ts";

const prefix = (text: string): IpPrefix => parsePrefix(text) as IpPrefix;
const address = (text: string): IpAddress => parseAddress(text) as IpAddress;

test("the longest prefix that contains the address wins", () => {
  const trie = new PrefixTrie<string>();
  for (const text of ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "::/0", "2001:db8::/32"])
    trie.insert(prefix(text), text);
  assert.equal(trie.longestMatch(address("10.1.2.3")), "10.1.2.3/32");
  assert.equal(trie.longestMatch(address("::ffff:10.1.2.3")), "10.1.2.3/32");
  assert.equal(trie.longestMatch(address("10.1.2.4")), "10.1.0.0/16");
  assert.equal(trie.longestMatch(address("10.2.0.0")), "10.0.0.0/8");
  assert.equal(trie.longestMatch(address("11.0.0.0")), undefined);
  assert.equal(trie.longestMatch(address("2001:db8::1")), "2001:db8::/32");
  assert.equal(trie.longestMatch(address("::1")), "::/0");
  trie.remove(prefix("10.1.0.0/16"));
  assert.equal(trie.longestMatch(address("10.1.2.4")), "10.0.0.0/8");
});

/** Few distinct addresses, so that prefixes nest and repeat. */
const addresses = fc
  .oneof(
    fc.tuple(fc.constantFrom(10, 11, 138), fc.constantFrom(0, 1, 128), fc.constant(0), fc.constantFrom(0, 1, 255)),
    fc.array(fc.constantFrom(0, 128), { minLength: 16, maxLength: 16 }),
  )
  .map((bytes) => new IpAddress(Uint8Array.from(bytes)));
const prefixes = fc
  .tuple(addresses, fc.nat({ max: 128 }))
  .map(([base, length]) => new IpPrefix(base, length % (base.bytes.length * 8 + 1)));

test("agrees with a plain list under any changes", () => {
  const steps = fc.array(fc.record({ prefix: prefixes, remove: fc.boolean(), value: fc.nat() }), { maxLength: 60 });
  fc.assert(
    fc.property(steps, fc.array(addresses, { maxLength: 10 }), (changes, subjects) => {
      const trie = new PrefixTrie<number>();
      const list = new Map<string, { prefix: IpPrefix; value: number }>();
      for (const change of changes) {
        const key = change.prefix.toString();
        if (change.remove) {
          assert.equal(trie.remove(change.prefix), list.get(key)?.value);
          list.delete(key);
        } else {
          trie.insert(change.prefix, change.value);
          list.set(key, change);
        }
        assert.equal(trie.size, list.size);
        assert.equal(trie.exact(change.prefix), list.get(key)?.value);
      }
      for (const subject of [...subjects, ...changes.map((change) => change.prefix.address)]) {
        const best = [...list.values()]
          .filter((entry) => entry.prefix.contains(subject))
          .sort((a, b) => b.prefix.length - a.prefix.length)[0];
        assert.equal(trie.longestMatch(subject), best?.value);
      }
      const entries = [...trie.entries()].map(([key, value]) => `${key}=${value}`);
      assert.deepEqual([...entries].sort(), [...list.values()].map((e) => `${e.prefix}=${e.value}`).sort());
    }),
  );
});

test("keeps no nodes of removed prefixes", () => {
  const trie = new PrefixTrie<number>();
  const texts = Array.from({ length: 200 }, (_, index) => `10.${index}.0.0/16`);
  for (const text of texts) trie.insert(prefix(text), 1);
  for (const text of texts) trie.remove(prefix(text));
  assert.equal(trie.size, 0);
  assert.deepEqual([...trie.entries()], []);
  assert.equal((trie as unknown as { v4: unknown }).v4, undefined);
});
