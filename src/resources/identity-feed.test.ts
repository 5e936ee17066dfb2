import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { NumericIdentity } from "../api/identity.ts";
import type { Identity } from "../identity/allocator.ts";
import { LocalIdentityAllocator } from "../identity/local-allocator.ts";
import { IpCache } from "../ipcache/ipcache.ts";
import { cidrLabel, cidrLabels } from "../labels/cidr-label.ts";
import { LabelSet } from "../labels/label-set.ts";
import { IpAddress, parseAddress } from "../lib/ip/address.ts";
import { IpPrefix, parsePrefix } from "../lib/ip/prefix.ts";
import { labelSet } from "../policy/testing/documents.ts";
import { decodeAddress } from "./address-resource.ts";
import { decodeEndpoint } from "./endpoint-resource.ts";
import { IdentityFeed } from "./identity-feed.ts";
import { decodeIdentity, encodeIdentity } from "./identity-resource.ts";

function prefix(text: string): IpPrefix {
  const parsed = parsePrefix(text);
  assert.ok(parsed);
  return parsed;
}

test("every change is in the store when the call that makes it returns", async () => {
  const store = new Map<string, Uint8Array>();
  const identities = new LocalIdentityAllocator();
  const ipCache = new IpCache();
  const before = await identities.allocate(labelSet("app=before"));
  ipCache.upsert(prefix("10.0.0.0/8"), before.id, "generated");
  const feed = new IdentityFeed(
    {
      put: (kind, name, value) => store.set(`${kind} ${name}`, value),
      remove: (kind, name) => assert.ok(store.delete(`${kind} ${name}`), `${kind} ${name}`),
    },
    identities,
    ipCache,
  );
  const reserved = [1, 2, 3, 4, 5].map((id) => `Identity ${id}`);
  assert.deepEqual([...store.keys()], [...reserved, "Identity 256", "Address 10.0.0.0/8"]);

  const next = await identities.allocate(labelSet("app=next"));
  ipCache.upsert(prefix("10.0.0.0/8"), next.id, "agent-local");
  const read = decodeAddress(store.get("Address 10.0.0.0/8") ?? new Uint8Array());
  assert.ok("address" in read && read.address.identity === next.id && String(read.address.prefix) === "10.0.0.0/8");
  const address = parseAddress("2001:db8::1");
  assert.ok(address);
  const spec = { name: "e", addresses: [address], labels: next.labels, audit: false, observe: [] };
  feed.settled(spec, next);
  const known = decodeEndpoint(store.get("Endpoint e") ?? new Uint8Array());
  assert.ok("endpoint" in known && known.endpoint.name === "e" && known.endpoint.identity === next.id);
  assert.deepEqual(known.endpoint.addresses.map(String), ["2001:db8::1"]);

  feed.gone("e");
  ipCache.remove(prefix("10.0.0.0/8"), "agent-local");
  const back = decodeAddress(store.get("Address 10.0.0.0/8") ?? new Uint8Array());
  assert.ok("address" in back && back.address.identity === before.id);
  ipCache.remove(prefix("10.0.0.0/8"), "generated");
  await identities.release(next.id);
  assert.deepEqual([...store.keys()], [...reserved, "Identity 256"]);
});

const addresses = fc
  .oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
  .map((bytes) => new IpAddress(bytes));

test("identities of any network say their network alone, and mean the same labels", () => {
  fc.assert(
    fc.property(addresses, fc.nat({ max: 128 }), (address, wanted) => {
      const network = new IpPrefix(address, wanted % (address.bytes.length * 8 + 1));
      const identity: Identity = { id: (2 ** 24) as NumericIdentity, labels: cidrLabels(network) };
      const bytes = encodeIdentity(identity);
      assert.ok(bytes.length < 64, `${bytes.length} bytes`);
      const read = decodeIdentity(bytes);
      assert.equal("identity" in read && read.identity.labels.key, identity.labels.key);
    }),
  );
});

test("labels of networks that are not those of one network are told one by one", () => {
  const labels = new LabelSet([cidrLabel(prefix("10.0.0.0/8")), { source: "k8s", key: "app", value: "é" }]);
  const read = decodeIdentity(encodeIdentity({ id: 300 as NumericIdentity, labels }));
  assert.equal("identity" in read && read.identity.labels.key, labels.key);
});
