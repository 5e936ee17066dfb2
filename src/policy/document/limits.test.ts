import assert from "node:assert/strict";
import test from "node:test";
import { EXTENSIONS } from "../../../test/policies/extensions.ts";
import { documentOf, problemLine } from "../../../test/policies/problem-lines.ts";
import { NOT_ENFORCED } from "./levels.ts";
import { DOCUMENT_LIMITS, type DocumentLimits } from "./limits.ts";
import { parsePolicyText } from "./parse-policy-text.ts";
import { policyInvalid } from "./problem.ts";

function errorsOf(text: string, limits: Partial<DocumentLimits> = {}): string[] {
  const parsed = parsePolicyText(text, { kind: "api", name: "api" }, EXTENSIONS, {
    limits: { ...DOCUMENT_LIMITS, ...limits },
  });
  assert.equal(parsed.documents.length === 0, parsed.errors.length > 0);
  return parsed.errors.map(problemLine);
}

function ingress(item: string): string {
  return documentOf(`spec: {endpointSelector: {}, ingress: [{${item}}]}`);
}

const GOOD = documentOf("specs: [{endpointSelector: {}, ingress: [{}]}, {endpointSelector: {}, egress: [{}]}]");
const SECOND = GOOD.replace("name: p", "name: q");

for (const [name, text, limits, expected] of [
  [
    "bytes",
    GOOD,
    { textBytesMax: 20 },
    "1:1 the text has 155 bytes, more than the limit of 20 (split it into several files)",
  ],
  ["tokens", GOOD, { tokensMax: 20 }, "3:11 more words and signs than the limit of 20 (split the text)"],
  ["depth", GOOD, { depthMax: 3 }, "4:28 nested deeper than the limit of 3 (no policy needs that)"],
  [
    "documents",
    `${GOOD}\n---\n${SECOND}`,
    { documentsMax: 1 },
    "5:1 more documents than the limit of 1 (split the text)",
  ],
  ["rules", GOOD, { rulesMax: 1 }, "4:1 2 rules in one document, more than the limit of 1 (split the document)"],
  [
    "items",
    GOOD.replace("[{}]", "[{}, {}]"),
    { itemsMax: 1 },
    "4:32 2 items in one `ingress`, more than the limit of 1 (write several rules)",
  ],
  [
    "selectors",
    ingress("fromEndpoints: [{}, {}]"),
    { selectorsMax: 1 },
    "4:41 2 selectors in one list, more than the limit of 1 (select by a label that they share)",
  ],
  [
    "requirements",
    ingress("fromRequires: [{}, {}]"),
    { selectorsMax: 1 },
    "4:41 2 selectors in one list, more than the limit of 1 (select by a label that they share)",
  ],
  [
    "labels",
    ingress("fromEndpoints: [{matchLabels: {a: x, b: x}}]"),
    { labelsMax: 1 },
    "4:58 2 labels in one selector, more than the limit of 1 (ask for fewer)",
  ],
  [
    "expressions",
    ingress("fromEndpoints: [{matchExpressions: [{key: a, operator: Exists}, {key: b, operator: Exists}]}]"),
    { labelsMax: 1 },
    "4:58 2 expressions in one selector, more than the limit of 1 (list the values of one label in one expression)",
  ],
  [
    "values of an expression",
    ingress("fromEndpoints: [{matchExpressions: [{key: a, operator: In, values: [x, y]}]}]"),
    { expressionValuesMax: 1 },
    "4:100 2 values in one expression, more than the limit of 1 (give what they share a label of its own)",
  ],
  [
    "networks",
    ingress("fromCIDR: [10.0.0.0/8, 11.0.0.0/8]"),
    { cidrsMax: 1 },
    "4:41 2 networks in one list, more than the limit of 1 (split the list, or name wider networks)",
  ],
  [
    "exceptions",
    ingress("fromCIDRSet: [{cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.2.0.0/16]}]"),
    { exceptsMax: 1 },
    "4:74 2 exceptions of one network, more than the limit of 1 (except wider networks, or list those that are meant)",
  ],
  [
    "lengths of networks",
    ingress("fromCIDRSet: [{cidr: 10.0.0.0/8}, {cidr: 11.0.0.0/8}, {cidr: 12.0.0.0/9}]"),
    { prefixLengthsMax: 1 },
    "4:41 networks of 2 different lengths in one item, more than the limit of 1 (write several items)",
  ],
  [
    "networks of a text",
    `${ingress("fromCIDR: [10.0.0.0/8]")}\n---\n${ingress("fromCIDRSet: [{cidr: 11.0.0.0/8, except: [11.1.0.0/16]}]").replace("name: p", "name: q")}`,
    { networksMax: 2 },
    "8:18 with policy `q`, the text names 3 networks, more than the limit of 2 (name wider networks)",
  ],
  [
    "entries of toPorts",
    ingress("toPorts: [{ports: [{port: 1}]}, {ports: [{port: 2}]}]"),
    { portRulesMax: 1 },
    "4:41 2 entries in one `toPorts`, more than the limit of 1 (write several items)",
  ],
  [
    "ports",
    ingress("toPorts: [{ports: [{port: 1}, {port: 2}]}]"),
    { portsMax: 1 },
    "4:52 2 ports in one item of `toPorts`, more than the limit of 1 (write several items)",
  ],
  [
    "entries of l7",
    ingress("toPorts: [{ports: [{port: 1, protocol: TCP}], rules: {l7proto: plain, l7: [{}, {}]}}]"),
    { l7RulesMax: 1 },
    "4:111 2 entries in one `l7`, more than the limit of 1 (fold entries with prefixes or expressions)",
  ],
  [
    "expressions, each once",
    ingress(
      `toPorts: [{ports: [{port: 1, protocol: TCP}], rules: {l7proto: r2d2, l7: [${"{file: ^a}, {file: ^b},".repeat(9)} {file: ^c}, {file: ^d}]}}]`,
    ),
    { expressionSizeMax: 9 },
    "4:342 the expressions of this text are larger than the limit of 9 instructions (split the text, or use smaller ones)",
  ],
  [
    "Unicode classes in expressions",
    ingress(
      "toPorts: [{ports: [{port: 1, protocol: TCP}], rules: {l7proto: r2d2, l7: [{file: '^\\pL'}, {file: ^b}]}}]",
    ),
    { expressionSizeMax: 90 },
    "4:138 the expressions of this text are larger than the limit of 90 instructions (split the text, or use smaller ones)",
  ],
  [
    "labels of a rule",
    documentOf("spec: {endpointSelector: {}, ingress: [{}], labels: [a, b]}"),
    { ruleLabelsMax: 1 },
    "4:45 2 labels of one rule, more than the limit of 1 (keep those that tell the rule apart)",
  ],
  ["values", GOOD, { valuesMax: 10 }, "4:48 more values than the limit of 10, counting what aliases repeat"],
  ["aliases", "a: &a b\nc: [*a, *a]", { aliasesMax: 1 }, "2:9 more aliases than the limit of 1"],
] as const) {
  test(`the limit of ${name} is named, and reached without harm`, () => {
    assert.ok(errorsOf(text, limits).includes(expected), errorsOf(text, limits).join("\n"));
  });
}

test("what aliases repeat counts as often, so that a small text cannot grow", () => {
  const levels = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i}, `.repeat(8)}]`);
  const text = ["l0: &l0 [x]", ...levels].join("\n");
  assert.ok(errorsOf(text, { aliasesMax: 1e9 }).some((error) => error.includes("more values than the limit")));
  assert.ok(errorsOf(text).some((error) => error.includes("more aliases than the limit of 100")));
  const nested = ["a0: &a0 [x]", ...Array.from({ length: 80 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}]`)].join("\n");
  assert.ok(
    errorsOf(nested, { aliasesMax: 1e9 }).some((error) =>
      error.includes("nested deeper than the limit of 64, counting"),
    ),
  );
});

test("ten thousand brackets end in an error, not in a full stack", () => {
  for (const open of ["[", "{a: ", "- ", "? "]) {
    assert.match(errorsOf(open.repeat(10_000))[0] ?? "", /nested deeper than the limit of 64/);
  }
});

test("more problems than can be told are counted", () => {
  const text = documentOf("spec:", "  endpointSelector: {}", ...Array.from({ length: 150 }, (_, i) => `  x${i}: y`));
  const errors = errorsOf(text);
  assert.equal(errors.length, 101);
  assert.match(errors.at(-1) ?? "", /^105:3 50 more errors are not listed/);
});

test("every member that is not enforced is refused by name, wherever it stands", () => {
  for (const name of NOT_ENFORCED) {
    const message = `\`${name}\` is not enforced yet; remove it (a policy is enforced as a whole or refused)`;
    assert.deepEqual(errorsOf(`${GOOD}\n${name}: 1`), [`5:1 ${message}`]);
    assert.deepEqual(errorsOf(GOOD.replace("{endpointSelector", `{${name}: {}, endpointSelector`)), [
      `4:10 ${message}`,
    ]);
  }
});

test("for callers that throw, one error carries all problems", () => {
  const { errors } = parsePolicyText(`${GOOD}\nx: 1\ny: 2`, { kind: "api", name: "api" }, EXTENSIONS);
  const error = policyInvalid(errors);
  assert.equal(error.code, "WEIR_POLICY_INVALID");
  assert.deepEqual(error.problems, errors);
  assert.match(
    error.message,
    /^the policy is refused, 2 problems:\n {2}api:5:1: unknown key `x`.*\n {2}api:6:1: unknown key `y`/,
  );
});
