import assert from "node:assert/strict";
import test from "node:test";
import { documentOf, parse, problemLine } from "../../../test/policies/problem-lines.ts";

// Texts that nobody means well with: refused by the limit that they break, and by nothing else.

function list(count: number, item: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => item(index)).join(",");
}

function ingress(item: string): string {
  return documentOf(`spec: {endpointSelector: {}, ingress: [{${item}}]}`);
}

function l7(entries: string): string {
  return ingress(`toPorts: [{ports: [{port: 1, protocol: TCP}], rules: {l7proto: r2d2, l7: [${entries}]}}]`);
}

const BYTES = /^1:1 the text has \d+ bytes, more than the limit of 4194304 \(split it into several files\)$/;
const TOKENS = /^\d+:\d+ more words and signs than the limit of 500000 \(split the text\)$/;

for (const [name, text, expected] of [
  ["100 MB", () => "a: b\n".repeat(20_000_000), BYTES],
  [
    "1,000,000 rules",
    () => documentOf(`specs: [${list(1_000_000, () => "{endpointSelector: {}, ingress: [{}]}")}]`),
    BYTES,
  ],
  ["1,000,000 empty rules", () => documentOf(`specs: [${list(1_000_000, () => "{}")}]`), TOKENS],
  ["800,000 empty rules, each in a line", () => documentOf(`specs:\n${"- {}\n".repeat(800_000)}`), TOKENS],
  ["1,000,000 documents", () => "---\n".repeat(1_000_000), TOKENS],
  ["4,000,000 empty lines", () => "\n".repeat(4_000_000), TOKENS],
  [
    "4,000,000 brackets",
    () => "[".repeat(4_000_000),
    /^1:65 nested deeper than the limit of 64 \(no policy needs that\)$/,
  ],
  [
    "60,000 labels",
    () => ingress(`fromEndpoints: [{matchLabels: {${list(60_000, (index) => `l${index}: x`)}}}]`),
    /^4:58 60000 labels in one selector, more than the limit of 100 /,
  ],
  [
    "100,000 selectors",
    () => ingress(`fromRequires: [${list(100_000, () => "{}")}]`),
    /^4:41 100000 selectors in one list, more than the limit of 1000 /,
  ],
  [
    "100,000 networks in one list",
    () => ingress(`fromCIDR: [${list(100_000, (index) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`)}]`),
    /^4:41 100000 networks in one list, more than the limit of 1000 /,
  ],
  [
    "100,000 networks in 100 lists",
    () =>
      documentOf(
        `spec: {endpointSelector: {}, ingress: [${list(100, (high) => `{fromCIDR: [${list(1000, (low) => `10.${high}.${low >> 8}.${low & 255}`)}]}`)}]}`,
      ),
    /^3:18 with policy `p`, the text names 100000 networks, more than the limit of 10000 /,
  ],
  [
    "100,000 exceptions",
    () => ingress(`fromCIDRSet: [{cidr: 10.0.0.0/8, except: [${list(100_000, () => "10.1.0.0/16")}]}]`),
    /^4:74 100000 exceptions of one network, more than the limit of 1000 /,
  ],
  [
    "expressions that take long to compile",
    () => l7(list(4000, (index) => `{file: '(?i)${"\\pL\\pN".repeat(160)}${index}'}`)),
    /^4:\d+ the expressions of this text are larger than the limit of 1000000 instructions /,
  ],
] as const) {
  test(`${name}: refused with the limit named`, () => {
    const { documents, errors } = parse(text());
    assert.deepEqual(documents, []);
    assert.equal(errors.length, 1, errors.slice(0, 3).map(problemLine).join("\n"));
    assert.match(errors.map(problemLine).join("\n"), expected);
  });
}

test("a policy at its limits is read", () => {
  const { errors, documents } = parse(l7(list(10_000, (index) => `{file: '^fleet/${index}/[a-z]+$'}`)));
  assert.deepEqual(errors, []);
  assert.equal(documents[0]?.rules[0]?.ingress[0]?.toPorts?.[0]?.l7?.rules.length, 10_000);
});
