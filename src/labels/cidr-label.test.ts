import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePrefix } from "../lib/ip/prefix.ts";
import { cidrLabel, cidrLabels } from "./cidr-label.ts";

function prefix(text: string) {
  const parsed = parsePrefix(text);
  assert.ok(parsed);
  return parsed;
}

test("a network carries every wider one and the world", () => {
  assert.deepEqual(cidrLabels(prefix("192.0.2.9/3")).texts, [
    "cidr:0.0.0.0/0",
    "cidr:128.0.0.0/1",
    "cidr:192.0.0.0/2",
    "cidr:192.0.0.0/3",
    "reserved:world",
  ]);
  assert.equal(cidrLabels(prefix("2001:db8::1/128")).labels.length, 130);
});

test("the colons of IPv6 do not end a label's source", () => {
  assert.equal(cidrLabel(prefix("2001:db8::/32")).key, "2001-db8--/32");
  assert.equal(cidrLabel(prefix("::/0")).key, "--/0");
});
