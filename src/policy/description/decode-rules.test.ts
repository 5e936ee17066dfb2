import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { NetworkPolicySchema, PolicyRulesSchema } from "../../api/proto/weir/v1/resources_pb.ts";
import { decodePolicy } from "./decode-policy.ts";
import { decodeRules } from "./decode-rules.ts";

type Rules = MessageInitShape<typeof PolicyRulesSchema>;
type Entry = NonNullable<NonNullable<NonNullable<Rules["ingress"]>["enforced"]>["entries"]>[number];

const ORIGIN = { place: 0, path: "" };
const ENTRY: Entry = { everyPort: true, peers: 0, origin: ORIGIN };
const TABLES: Rules = {
  texts: ["p", "alpha", "cmd"],
  places: [{ policy: 0, path: "spec.ingress[0]" }],
  selectors: [{ labels: [{ source: "any", key: "app", value: "a" }] }],
  peers: [{ everybody: true }],
};

/** @param change With values that no sender of this version would write. */
function rulesOf(change: object, entry: object = ENTRY): Rules {
  return { ...TABLES, ingress: { enforced: { enforced: true, entries: [entry] } }, ...change } as Rules;
}

function read(rules: Rules): string {
  const decoded = decodeRules(toBinary(PolicyRulesSchema, create(PolicyRulesSchema, rules)));
  return "error" in decoded ? decoded.error : "accepted";
}

test("every index, name and number of rules is checked", () => {
  assert.equal(read(rulesOf({})), "accepted");
  const l7 = { parser: 1, rules: [0] };
  const requests = [{ fields: [{ name: 2, value: "get" }], origin: ORIGIN }];
  assert.equal(read(rulesOf({ requests }, { ...ENTRY, l7 })), "accepted");
  const fields = (...fields: { name: number; value?: string; valueUtf16?: Uint8Array }[]): Rules => {
    return rulesOf({ requests: [{ fields, origin: ORIGIN }] });
  };
  const expression = (operator: number, values: string[], source = "any"): Rules => {
    return rulesOf({ selectors: [{ expressions: [{ source, key: "app", operator, values }] }] });
  };
  assert.equal(read(expression(1, ["a"])), "accepted");
  const cases: readonly (readonly [Rules, RegExp])[] = [
    [rulesOf({ texts: ["p\n"] }), /a name holds control characters/],
    [rulesOf({ texts: ["p".repeat(5000)] }), /a name has 5000 characters, more than 4096/],
    [rulesOf({ places: [{ policy: 3 }] }), /no name 3: the table has 3/],
    [rulesOf({ places: [{ policy: 0, labels: [9] }] }), /no name 9/],
    [rulesOf({ places: [{ policy: 0, path: "p".repeat(4097) }] }), /the path of a rule has 4097/],
    [rulesOf({ peers: [{ selectors: [1] }] }), /no selector 1/],
    [rulesOf({ peers: [{ selectors: [0], requires: 7 }] }), /no selector 7/],
    [rulesOf({ peers: [{}] }), /everybody and somebody, or nobody/],
    [rulesOf({ peers: [{ everybody: true, selectors: [0] }] }), /everybody and somebody/],
    [rulesOf({ peers: [{ everybody: true, requires: 0 }] }), /everybody and somebody/],
    [rulesOf({ selectors: [{ labels: [{ source: "A", key: "k" }] }] }), /"A:k": the source/],
    [rulesOf({ selectors: [{ labels: [{ source: "a", key: "" }] }] }), /there is no key/],
    [rulesOf({ selectors: [{ labels: [{ source: "a", key: "k", value: ";b" }] }] }), /the value may hold neither/],
    [expression(0, []), /0 is no operator/],
    [expression(5, []), /5 is no operator/],
    [expression(3, ["a"]), /an expression with Exists has values/],
    [expression(1, ["a;b"]), /the value may hold neither/],
    [expression(1, ["a"], "(x"), /the source in front of/],
    [fields({ name: 3 }), /no name 3/],
    [fields({ name: 2 }, { name: 2 }), /gives "cmd" twice/],
    [fields({ name: 2, value: "v".repeat(4097) }), /a value of "cmd" has 4097/],
    [fields({ name: 2, valueUtf16: new Uint8Array(3) }), /the value of "cmd" is none/],
    [fields({ name: 2, value: "v", valueUtf16: new Uint8Array(2) }), /the value of "cmd" is none/],
    [rulesOf({ requests: [{ fields: [] }] }), /does not say where it comes from/],
    [rulesOf({}, { ...ENTRY, peers: 1 }), /no list of peers 1/],
    [rulesOf({}, { ...ENTRY, everyPort: false }), /every port and of some/],
    [rulesOf({}, { ...ENTRY, ports: [80] }), /every port and of some/],
    [rulesOf({}, { ...ENTRY, everyPort: false, ports: [0] }), /0 is no port/],
    [rulesOf({}, { ...ENTRY, everyPort: false, ports: [65_536] }), /65536 is no port/],
    [rulesOf({ requests }, { ...ENTRY, l7: { ...l7, parser: 3 } }), /no name 3/],
    [rulesOf({ requests }, { ...ENTRY, l7: { ...l7, rules: [1] } }), /no request rule 1/],
    [rulesOf({ requests }, { ...ENTRY, l7, deny: true }), /denies speaks of requests/],
    [rulesOf({}, { everyPort: true, peers: 0 }), /does not say where it comes from/],
    [rulesOf({}, { ...ENTRY, origin: { place: 1 } }), /no place 1/],
    [rulesOf({}, { ...ENTRY, origin: { ...ORIGIN, effect: 3 } }), /3 is no effect/],
    [rulesOf({ egress: {} }), /a direction has no rules/],
  ];
  for (const [rules, reason] of cases) assert.match(read(rules), reason);
});

test("what a later version adds is refused, not left out", () => {
  const bytes = toBinary(PolicyRulesSchema, create(PolicyRulesSchema, rulesOf({})));
  // Field 15, a number: no message here has it.
  for (const added of [Uint8Array.of(0x78, 1), Uint8Array.of(0x32, 4, 0x0a, 2, 0x78, 1)]) {
    const decoded = decodeRules(Buffer.concat([bytes, added]));
    assert.match("error" in decoded ? decoded.error : "accepted", /says something that is not known here/);
  }
});

test("every part of a policy around its rules is checked", () => {
  type Policy = MessageInitShape<typeof NetworkPolicySchema>;
  const use = { audit: true, observe: [{ port: 80, extension: "alpha" }] };
  const good: Policy = { endpoint: "e", identity: 300, revision: 7n, ingress: use, egress: { denied: true } };
  const outcome = (policy: Policy): string => {
    const decoded = decodePolicy(toBinary(NetworkPolicySchema, create(NetworkPolicySchema, policy)));
    return "error" in decoded ? decoded.error : "accepted";
  };
  assert.equal(outcome(good), "accepted");
  const { egress: _, ...oneWay } = good;
  const cases: readonly (readonly [Policy, RegExp])[] = [
    [{ ...good, endpoint: "../e" }, /"..\/e" is no name of an endpoint/],
    [{ ...good, revision: 2n ** 60n }, /revision 1152921504606846976 is too large/],
    [oneWay, /egress is missing/],
    [{ ...good, ingress: { ...use, denied: true } }, /ingress is denied, and yet audited or observed/],
    [{ ...good, ingress: { observe: [{ port: 0, extension: "alpha" }] } }, /0 is no port/],
    [{ ...good, ingress: { observe: [{ port: 1, extension: "" }] } }, /observed by nobody/],
    [{ ...good, ingress: { observe: [...use.observe, ...use.observe] } }, /observed twice/],
    [{ ...good, ingress: { observe: Array.from({ length: 65 }, () => ({})) } }, /65 observed ports, more than 64/],
  ];
  for (const [policy, reason] of cases) assert.match(outcome(policy), reason);
});
