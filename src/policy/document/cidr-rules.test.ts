import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { cidrLabels } from "../../labels/cidr-label.ts";
import { LabelSet } from "../../labels/label-set.ts";
import { IpAddress } from "../../lib/ip/address.ts";
import { IpPrefix } from "../../lib/ip/prefix.ts";
import type { CidrRule } from "../rule.ts";
import { selectorMatches } from "../selector-match.ts";
import { cidrSelectors } from "./cidr-rules.ts";

/** Few different bits, so that networks meet: addresses of both families that begin with 10.. or fd00.. */
const address = fc
  .tuple(fc.boolean(), fc.array(fc.constantFrom(0, 1, 128, 255), { minLength: 3, maxLength: 3 }))
  .map(([v4, rest]) => new IpAddress(Uint8Array.from(v4 ? [10, ...rest] : [0xfd, ...rest, ...Array(12).fill(0)])));

function prefixOf(inside: IpAddress, atLeast: number): fc.Arbitrary<IpPrefix> {
  const max = inside.bytes.length * 8;
  const length = fc.oneof(fc.constant(atLeast), fc.integer({ min: atLeast, max: Math.max(atLeast, 32) }));
  return length.map((bits) => new IpPrefix(inside, Math.min(bits, max)));
}

/** `except` lies inside of `cidr`, as the reader makes sure. */
const rule: fc.Arbitrary<CidrRule> = address
  .chain((inside) => prefixOf(inside, 0))
  .chain((cidr) => {
    const within = fc.array(address, { maxLength: 3 }).chain((addresses) => {
      const inside = addresses.filter((one) => cidr.contains(one));
      return fc.tuple(...inside.map((one) => prefixOf(one, cidr.length)));
    });
    return within.map((except) => ({ cidr, except }));
  });

function labelsOf(one: IpAddress, named: readonly IpPrefix[]): LabelSet {
  const networks = named.filter((network) => network.length > 0 && network.contains(one));
  const longest = networks.toSorted((a, b) => b.length - a.length)[0];
  if (longest !== undefined) return cidrLabels(longest);
  // A whole family has an identity of its own only where something is excepted from it.
  return named.some((network) => network.length === 0 && network.contains(one))
    ? cidrLabels(new IpPrefix(one, 0))
    : new LabelSet([{ source: "reserved", key: "world", value: "" }]);
}

test("an address is selected by the networks that hold it and do not except it, whatever else is named", () => {
  const outcomes = { selected: 0, not: 0 };
  fc.assert(
    fc.property(
      fc.array(rule, { minLength: 1, maxLength: 3 }),
      fc.array(rule, { maxLength: 2 }),
      address,
      (rules, others, one) => {
        const named = [...rules, ...others].flatMap(({ cidr, except }) =>
          cidr.length === 0 && except.length === 0 ? [] : [cidr, ...except],
        );
        const labels = labelsOf(one, named);
        const meant = rules.some(({ cidr, except }) => cidr.contains(one) && !except.some((not) => not.contains(one)));
        const wholeWorld = rules.some(({ cidr, except }) => cidr.length === 0 && except.length === 0);
        const selected = cidrSelectors(rules).some((selector) => selectorMatches(selector, labels));
        assert.equal(selected, meant || wholeWorld);
        outcomes[selected ? "selected" : "not"]++;
      },
    ),
    { numRuns: 500 },
  );
  assert.ok(outcomes.selected > 50 && outcomes.not > 50, JSON.stringify(outcomes));
});

test("an endpoint is in no network", () => {
  const endpoint = new LabelSet([{ source: "k8s", key: "app", value: "a" }]);
  const everything = new IpPrefix(new IpAddress(Uint8Array.of(10, 0, 0, 0)), 0);
  for (const selector of cidrSelectors([{ cidr: everything, except: [] }])) {
    assert.equal(selectorMatches(selector, endpoint), false);
  }
});
