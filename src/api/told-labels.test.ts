import assert from "node:assert/strict";
import { test } from "node:test";
import { cidrLabels } from "../labels/cidr-label.ts";
import { parsePrefix } from "../lib/ip/prefix.ts";
import { toldLabels } from "./told-labels.ts";

test("of a network and all that are around it, the network is told", () => {
  for (const [text, label] of [
    ["10.1.2.0/24", "cidr:10.1.2.0/24"],
    ["192.0.2.7/32", "cidr:192.0.2.7/32"],
    ["2001:db8::/32", "cidr:2001-db8--/32"],
    ["0.0.0.0/0", "cidr:0.0.0.0/0"],
  ] as const) {
    const prefix = parsePrefix(text);
    assert.ok(prefix);
    assert.deepEqual(toldLabels(cidrLabels(prefix).texts), [label, "reserved:world"]);
  }
});

test("other labels are all told", () => {
  const labels = ["k8s:app=cidr:x/9", "reserved:world"];
  assert.equal(toldLabels(labels), labels);
});
