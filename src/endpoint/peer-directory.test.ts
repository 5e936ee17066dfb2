import assert from "node:assert/strict";
import { test } from "node:test";
import { LocalIdentityAllocator } from "../identity/local-allocator.ts";
import { ReservedIdentity } from "../identity/reserved.ts";
import { putHostAddresses } from "../ipcache/host-addresses.ts";
import { IpCache } from "../ipcache/ipcache.ts";
import { LabelSet, parseLabels } from "../labels/label-set.ts";
import { parseAddress } from "../lib/ip/address.ts";
import { IpPrefix } from "../lib/ip/prefix.ts";
import { PeerDirectory } from "./peer-directory.ts";

const address = (text: string) => parseAddress(text)!;

test("an address is an endpoint, the machine itself, or the world", async () => {
  const identities = new LocalIdentityAllocator();
  const ipCache = new IpCache();
  putHostAddresses(ipCache);
  const peers = new PeerDirectory(ipCache, identities);
  const parsed = parseLabels(["app=a"]);
  assert.ok("labels" in parsed);
  const identity = await identities.allocate(parsed.labels);
  ipCache.upsert(IpPrefix.host(address("10.0.0.1")), identity.id, "agent-local");
  const spec = { name: "a", labels: parsed.labels, audit: false, observe: [] };
  peers.settled({ ...spec, addresses: [address("10.0.0.1"), address("10.0.0.2")] }, identity);

  const known = { identity: identity.id, labels: ["unspec:app=a"], endpoint: "a" };
  assert.deepEqual(peers.ofEndpoint("a"), known);
  assert.equal(peers.ofEndpoint("b"), undefined);
  assert.deepEqual(peers.ofAddress(address("::ffff:10.0.0.1")), known);
  for (const text of ["127.0.0.1", "::1"]) {
    const host = { identity: ReservedIdentity.Host, labels: ["reserved:host"] };
    assert.deepEqual(peers.ofAddress(address(text)), host);
  }
  // An endpoint claims 10.0.0.2, but the ipcache decides.
  for (const text of ["127.0.0.2", "10.0.0.2", "2001:db8::1"]) {
    const world = { identity: ReservedIdentity.World, labels: ["reserved:world"] };
    assert.deepEqual(peers.ofAddress(address(text)), world);
  }

  const other = await identities.allocate(new LabelSet([{ source: "unspec", key: "b", value: "" }]));
  ipCache.upsert(IpPrefix.host(address("10.0.0.3")), other.id, "agent-local");
  peers.settled({ ...spec, addresses: [address("10.0.0.3")] }, other);
  const changed = { identity: other.id, labels: ["unspec:b"], endpoint: "a" };
  assert.deepEqual([peers.ofEndpoint("a"), peers.ofAddress(address("10.0.0.3"))], [changed, changed]);
  // The address that it gave up is still in the ipcache, but is not the endpoint's any more.
  assert.equal(peers.ofAddress(address("10.0.0.1")).endpoint, undefined);
  peers.gone("a");
  assert.equal(peers.ofEndpoint("a"), undefined);
  assert.equal(peers.ofAddress(address("10.0.0.3")).endpoint, undefined);
});
