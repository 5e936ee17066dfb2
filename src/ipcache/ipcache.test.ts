import assert from "node:assert/strict";
import { test } from "node:test";
import type { NumericIdentity } from "../api/identity.ts";
import { ReservedIdentity } from "../identity/reserved.ts";
import { type IpAddress, parseAddress } from "../lib/ip/address.ts";
import { type IpPrefix, parsePrefix } from "../lib/ip/prefix.ts";
import { IpCache } from "./ipcache.ts";

const prefix = (text: string): IpPrefix => parsePrefix(text) as IpPrefix;
const address = (text: string): IpAddress => parseAddress(text) as IpAddress;
const id = (number: number): NumericIdentity => number as NumericIdentity;

test("the longest prefix decides, and world is what nothing is known of", () => {
  const cache = new IpCache();
  cache.upsert(prefix("10.0.0.0/8"), id(300), "generated");
  cache.upsert(prefix("10.0.0.1"), id(301), "agent-local");
  cache.upsert(prefix("2001:db8::/32"), id(302), "kvstore");
  assert.equal(cache.lookup(address("10.0.0.1")), 301);
  assert.equal(cache.lookup(address("::ffff:10.0.0.1")), 301);
  assert.equal(cache.lookup(address("10.0.0.2")), 300);
  assert.equal(cache.lookup(address("2001:db8::1")), 302);
  assert.equal(cache.lookup(address("192.0.2.1")), ReservedIdentity.World);
  assert.equal(cache.lookup(address("::1")), ReservedIdentity.World);
});

test("a less trusted source never replaces a more trusted one, and counts again without it", () => {
  const cache = new IpCache();
  const host = prefix("10.0.0.1");
  cache.upsert(host, id(301), "agent-local");
  cache.upsert(host, id(302), "k8s");
  cache.upsert(host, id(303), "kvstore");
  assert.equal(cache.lookup(address("10.0.0.1")), 301);
  assert.deepEqual(cache.list(), [{ prefix: host, identity: 301, source: "agent-local" }]);
  assert.ok(cache.remove(host, "agent-local"));
  assert.equal(cache.lookup(address("10.0.0.1")), 303);
  assert.ok(!cache.remove(host, "agent-local"));
  assert.ok(!cache.remove(host, "generated"));
  assert.ok(cache.remove(host, "kvstore"));
  assert.ok(cache.remove(host, "k8s"));
  assert.equal(cache.lookup(address("10.0.0.1")), ReservedIdentity.World);
  assert.deepEqual(cache.list(), []);
});

test("the unknown identity is an entry like any other, not the lack of one", () => {
  const cache = new IpCache();
  cache.upsert(prefix("10.0.0.1"), ReservedIdentity.Unknown, "k8s");
  assert.equal(cache.lookup(address("10.0.0.1")), ReservedIdentity.Unknown);
});

test("a full cache refuses new entries and still takes changes of old ones", () => {
  const cache = new IpCache(2);
  cache.upsert(prefix("10.0.0.1"), id(301), "k8s");
  cache.upsert(prefix("10.0.0.2"), id(302), "k8s");
  assert.throws(() => cache.upsert(prefix("10.0.0.3"), id(303), "k8s"), { code: "WEIR_LIMIT_EXCEEDED" });
  cache.upsert(prefix("10.0.0.2"), id(304), "k8s");
  assert.equal(cache.lookup(address("10.0.0.2")), 304);
  cache.remove(prefix("10.0.0.1"), "k8s");
  cache.upsert(prefix("10.0.0.3"), id(303), "k8s");
  assert.equal(cache.lookup(address("10.0.0.3")), 303);
});

test("listeners hear of each prefix that stands for another identity, and of no other", () => {
  const cache = new IpCache();
  const heard: string[] = [];
  const stop = cache.subscribe((changed, identity) => heard.push(`${changed} ${identity}`));
  cache.upsert(prefix("10.0.0.1/32"), id(300), "k8s");
  cache.upsert(prefix("10.0.0.1/32"), id(301), "generated");
  cache.upsert(prefix("10.0.0.1/32"), id(302), "agent-local");
  cache.remove(prefix("10.0.0.1/32"), "generated");
  cache.remove(prefix("10.0.0.1/32"), "agent-local");
  cache.remove(prefix("10.0.0.1/32"), "k8s");
  stop();
  cache.upsert(prefix("10.0.0.2/32"), id(300), "k8s");
  assert.deepEqual(heard, ["10.0.0.1/32 300", "10.0.0.1/32 302", "10.0.0.1/32 300", "10.0.0.1/32 undefined"]);
});
