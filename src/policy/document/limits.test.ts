import assert from "node:assert/strict";
import test from "node:test";
import { EXTENSIONS } from "../../../test/policies/extensions.ts";
import { documentOf, problemLine } from "../../../test/policies/problem-lines.ts";
import { NOT_ENFORCED } from "./levels.ts";
import { DOCUMENT_LIMITS, type DocumentLimits } from "./limits.ts";
import { parsePolicyText } from "./parse-policy-text.ts";
import { policyInvalid } from "./problem.ts";

function errorsOf(text: string, limits: Partial<DocumentLimits> = {}): string[] {
  const parsed = parsePolicyText(text, { kind: "api", name: "api" }, EXTENSIONS, { ...DOCUMENT_LIMITS, ...limits });
  assert.equal(parsed.documents.length === 0, parsed.errors.length > 0);
  return parsed.errors.map(problemLine);
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
