import assert from "node:assert/strict";
import { test } from "node:test";
import { type IpAddress, parseAddress } from "./address.ts";
import { IpPrefix, parsePrefix } from "./prefix.ts";

const address = (text: string): IpAddress => parseAddress(text) as IpAddress;

test("prefixes have one canonical text", () => {
  for (const [text, canonical] of [
    ["10.0.0.0/8", "10.0.0.0/8"],
    ["10.1.2.3/8", "10.0.0.0/8"],
    ["10.255.0.0/9", "10.128.0.0/9"],
    ["10.1.2.3", "10.1.2.3/32"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["2001:db8:ffff::/33", "2001:db8:8000::/33"],
    ["::1", "::1/128"],
    ["ff::/0", "::/0"],
    ["::ffff:10.1.2.3", "10.1.2.3/32"],
    ["::ffff:10.1.2.3/104", "10.0.0.0/8"],
    ["::ffff:0:0/96", "0.0.0.0/0"],
    ["::ffff:10.1.2.3/95", "::fffe:0:0/95"],
  ] as const) {
    assert.equal(parsePrefix(text)?.toString(), canonical);
  }
});

test("what is no prefix is refused", () => {
  for (const text of "|/8|10.0.0.0/33|10.0.0.0/|10.0.0.0/08|10.0.0.0/-1|10.0.0.0/8/8|::/129|10/8|10.0.0.0/ 8".split(
    "|",
  )) {
    assert.equal(parsePrefix(text), undefined, JSON.stringify(text));
  }
  assert.throws(() => new IpPrefix(address("10.0.0.1"), 33), RangeError);
  assert.throws(() => new IpPrefix(address("10.0.0.1"), 1.5), RangeError);
});

test("contains", () => {
  const prefix = parsePrefix("10.32.0.0/11") as IpPrefix;
  assert.ok(prefix.contains(address("10.32.0.0")));
  assert.ok(prefix.contains(address("10.63.255.255")));
  assert.ok(prefix.contains(address("::ffff:10.40.0.1")));
  assert.ok(!prefix.contains(address("10.64.0.0")));
  assert.ok(!prefix.contains(address("10.31.255.255")));
  assert.ok(!(parsePrefix("0.0.0.0/0") as IpPrefix).contains(address("::1")));
  assert.ok(IpPrefix.host(address("::1")).contains(address("::1")));
});
