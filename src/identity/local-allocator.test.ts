import assert from "node:assert/strict";
import { test } from "node:test";
import type { NumericIdentity } from "../api/identity.ts";
import { cidrLabels } from "../labels/cidr-label.ts";
import { type LabelSet, parseLabels } from "../labels/label-set.ts";
import { type IpPrefix, parsePrefix } from "../lib/ip/prefix.ts";
import { LocalIdentityAllocator } from "./local-allocator.ts";
import { ReservedIdentity } from "./reserved.ts";

function labels(...texts: string[]): LabelSet {
  const result = parseLabels(texts);
  assert.ok("labels" in result);
  return result.labels;
}

test("equal labels share an identity, from 256 on", async () => {
  const allocator = new LocalIdentityAllocator();
  const one = await allocator.allocate(labels("a=1", "b=2"));
  assert.equal(one.id, 256);
  assert.equal(await allocator.allocate(labels("b=2", "a=1")), one);
  assert.equal((await allocator.allocate(labels("k8s:a=1", "b=2"))).id, 257);
  assert.equal(allocator.get(one.id), one);
});

test("reserved labels have their reserved identity, which is never removed", async () => {
  const allocator = new LocalIdentityAllocator();
  const heard: string[] = [];
  allocator.subscribe((change) => heard.push(change.kind));
  assert.equal((await allocator.allocate(labels("$world"))).id, ReservedIdentity.World);
  await allocator.release(ReservedIdentity.World);
  await allocator.release(ReservedIdentity.World);
  assert.deepEqual(allocator.get(ReservedIdentity.World)?.labels.texts, ["reserved:world"]);
  assert.equal(allocator.get(ReservedIdentity.Unknown), undefined);
  assert.deepEqual(
    allocator.list().map((identity) => identity.id),
    [1, 2, 3, 4, 5],
  );
  assert.deepEqual(heard, []);
});

test("an identity is removed with its last reference, and listeners hear of it", async () => {
  const allocator = new LocalIdentityAllocator();
  const heard: string[] = [];
  const stop = allocator.subscribe(({ kind, identity }) => heard.push(`${kind} ${identity.id}`));
  const { id } = await allocator.allocate(labels("a=1"));
  await allocator.allocate(labels("a=1"));
  await allocator.release(id);
  assert.deepEqual(heard, ["added 256"]);
  assert.ok(allocator.get(id));
  await allocator.release(id);
  assert.deepEqual(heard, ["added 256", "removed 256"]);
  assert.equal(allocator.get(id), undefined);
  await assert.rejects(allocator.release(id), RangeError);
  stop();
  await allocator.allocate(labels("a=1"));
  assert.equal(heard.length, 2);
});

test("numbers come back as late as possible, and exhaustion is an error that leaves nothing behind", async () => {
  const allocator = new LocalIdentityAllocator({ workloadsMax: 3 });
  const allocate = async (name: string): Promise<NumericIdentity> => (await allocator.allocate(labels(name))).id;
  assert.deepEqual([await allocate("a"), await allocate("b")], [256, 257]);
  await allocator.release(256 as NumericIdentity);
  assert.equal(await allocate("c"), 258);
  await allocator.release(257 as NumericIdentity);
  assert.deepEqual([await allocate("d"), await allocate("e")], [256, 257]);
  await assert.rejects(allocate("f"), { code: "WEIR_IDENTITY_EXHAUSTED", message: /unspec:f.*all 3 are in use/ });
  await allocator.release(258 as NumericIdentity);
  assert.equal(await allocate("f"), 258);
  assert.equal(allocator.list().length, 8);
});

test("networks have numbers of their own and never use up those of workloads", async () => {
  const allocator = new LocalIdentityAllocator({ workloadsMax: 1, networksMax: 2 });
  const network = async (text: string): Promise<number> =>
    (await allocator.allocate(cidrLabels(parsePrefix(text) as IpPrefix))).id;
  assert.deepEqual([await network("10.0.0.0/8"), await network("10.1.0.0/16")], [2 ** 24, 2 ** 24 + 1]);
  await assert.rejects(network("10.2.0.0/16"), { code: "WEIR_IDENTITY_EXHAUSTED", message: /networks.*all 2 are/ });
  assert.equal((await allocator.allocate(labels("a=1"))).id, 256);
  await assert.rejects(allocator.allocate(labels("b=1")), { code: "WEIR_IDENTITY_EXHAUSTED" });
  await allocator.release((2 ** 24) as NumericIdentity);
  assert.equal(await network("10.2.0.0/16"), 2 ** 24);
});
