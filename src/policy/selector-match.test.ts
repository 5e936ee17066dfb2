import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CIDR_SOURCE, cidrLabel, cidrLabels } from "../labels/cidr-label.ts";
import { endpointSelector } from "./endpoint-selector.ts";
import type { SelectorExpression } from "./rule.ts";
import { selectorMatches } from "./selector-match.ts";
import { labelSet, prefix } from "./testing/documents.ts";
import { selects } from "./testing/naive-engine.ts";

const KEYS = ["app", "env", "cluster", "world", "host", "10.0.0.0/8", "10.1.0.0/16"];
const expression: fc.Arbitrary<SelectorExpression> = fc.oneof(
  fc.record({
    source: fc.constantFrom("any", "any", "k8s", "reserved", CIDR_SOURCE),
    key: fc.constantFrom(...KEYS),
    operator: fc.constantFrom<"In" | "NotIn">("In", "NotIn", "NotIn", "NotIn"),
    values: fc.subarray(["", "a", "b"], { minLength: 1 }),
  }),
  fc.record({
    source: fc.constantFrom("any", "k8s", "reserved", CIDR_SOURCE),
    key: fc.constantFrom(...KEYS),
    operator: fc.constantFrom<"Exists" | "DoesNotExist">("Exists", "DoesNotExist", "DoesNotExist", "DoesNotExist"),
    values: fc.constant([]),
  }),
);
const labels = fc.oneof(
  fc
    .uniqueArray(
      fc.constantFrom("app=a", "k8s:app=b", "env=a", "k8s:cluster=", "cluster=a", "world=", "$world", "$host"),
      {
        selector: (text) => text.replace(/=.*|.*[:$]/g, ""),
      },
    )
    .map((texts) => labelSet(...texts)),
  fc.constantFrom("10.1.0.0/16", "10.0.0.0/8", "0.0.0.0/0", "192.0.2.1/32").map((text) => cidrLabels(prefix(text))),
);

test("however many expressions there are, all must hold", () => {
  let [matched, refused] = [0, 0];
  const property = fc.property(fc.array(expression, { maxLength: 12 }), labels, (expressions, set) => {
    const selector = endpointSelector([], expressions);
    const expected = selects(selector, set);
    assert.equal(selectorMatches(selector, set), expected);
    assert.equal(selectorMatches(selector, set), expected, "again");
    if (selector.matchExpressions.length > set.labels.length) expected ? matched++ : refused++;
  });
  fc.assert(property, { numRuns: 5000 });
  assert.ok(matched > 100 && refused > 100, `${matched} matched, ${refused} did not`);
});

test("a thousand exceptions cost what the labels of an address cost", () => {
  const excepted = Array.from({ length: 1000 }, (_, index) => {
    const { key } = cidrLabel(prefix(`172.16.${index >> 8}.${index & 255}/32`));
    return { source: CIDR_SOURCE, key, operator: "DoesNotExist" as const, values: [] };
  });
  const selector = endpointSelector([cidrLabel(prefix("0.0.0.0/0"))], excepted);
  const set = cidrLabels(prefix("10.1.2.0/24"));
  let looks = 0;
  const get = set.get.bind(set);
  set.get = (key) => {
    looks++;
    return get(key);
  };
  assert.ok(selectorMatches(selector, set));
  assert.ok(looks <= set.labels.length, `${looks} look-ups`);
  assert.ok(!selectorMatches(selector, cidrLabels(prefix("172.16.1.1/32"))));
});
