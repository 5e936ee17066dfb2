import assert from "node:assert/strict";
import { test } from "node:test";
import { toldLabels } from "./told-labels.ts";

test("of a network and all that are around it, the network is told", () => {
  // Sorted as texts, as label sets are: the narrowest stands anywhere.
  const v4 = ["cidr:0.0.0.0/0", "cidr:10.0.0.0/16", "cidr:10.0.0.0/9", "cidr:8.0.0.0/5", "reserved:world"];
  assert.deepEqual(toldLabels(v4), ["cidr:10.0.0.0/16", "reserved:world"]);
  const v6 = ["cidr:2000--/3", "cidr:2001-db8--/32", "cidr:----/0", "reserved:world"];
  assert.deepEqual(toldLabels(v6), ["cidr:2001-db8--/32", "reserved:world"]);
  assert.deepEqual(toldLabels(["cidr:0.0.0.0/0", "reserved:world"]), ["cidr:0.0.0.0/0", "reserved:world"]);
});

test("other labels are all told", () => {
  const labels = ["k8s:app=cidr:x/9", "reserved:world"];
  assert.equal(toldLabels(labels), labels);
});
