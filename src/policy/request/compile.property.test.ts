import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ExtensionDeclaration, FieldDeclaration } from "../../api/extension.ts";
import type { Request } from "../../api/request.ts";
import type { RuleOrigin } from "../../api/rule-origin.ts";
import { compileRegex } from "../../lib/regex/regex.ts";
import { compileRequestMatcher } from "./compile.ts";
import { explainRequest } from "./explain.ts";
import type { RequestRule } from "./rule-conditions.ts";

const NAMES = ["get", "set", "del", "stats"];
const GROUPS = { write: ["set", "del"], any: NAMES, none: [], get: ["get", "stats"] };

/** Few characters, so that rules and requests meet: among them halves of a pair, a pair, and a raw byte. */
const unit = fc.constantFrom("a", "b", "a", "b", ":", "é", "\u{1f600}", "\ud83d", "\ude00", "\udcff");
const text = fc.string({ unit, maxLength: 5 });
const expression = fc.oneof(
  fc.constantFrom(
    "^a",
    "^ab",
    "^ab.*ba",
    "b:",
    "ab",
    "a|b",
    ".",
    "^.$",
    "[ab]+:",
    "^(a|ab):b",
    "(?i)AB",
    "\\x{dcff}",
    "\u{1f600}",
  ),
  fc
    .array(fc.constantFrom("a", "b", "^a", "b$", ".", "(a|b)", ":", "a*", "b+", "(?:ab)?", "é"), {
      minLength: 1,
      maxLength: 4,
    })
    .map((p) => p.join("")),
);

/** Three attributes; more than one field may judge the same one. */
const kind = fc.constantFrom<FieldDeclaration>(
  { oneOf: NAMES, groups: GROUPS },
  { exact: true },
  { prefix: true },
  { regex: true },
);
const declarations: fc.Arbitrary<ExtensionDeclaration> = fc
  .array(fc.tuple(kind, fc.constantFrom(undefined, "x", "y", "z")), { minLength: 1, maxLength: 5 })
  .map((fields) => {
    const named = fields.map(
      ([field, of], index) => [`f${index}`, of === undefined ? field : { ...field, of }] as const,
    );
    return { name: "random", version: "1.0.0", fields: Object.fromEntries(named) };
  });

function valuesOf(field: FieldDeclaration): fc.Arbitrary<string> {
  if ("oneOf" in field) return fc.constantFrom("", ...NAMES, ...Object.keys(GROUPS));
  return "regex" in field ? fc.oneof(fc.constant(""), expression) : text;
}

function rulesFor(declaration: ExtensionDeclaration): fc.Arbitrary<readonly RequestRule[]> {
  const fields = Object.fromEntries(Object.entries(declaration.fields).map(([name, field]) => [name, valuesOf(field)]));
  const rule = fc.tuple(fc.record(fields, { requiredKeys: [] }), fc.constantFrom(false, false, true));
  return fc
    .array(rule, { maxLength: 40 })
    .map((all) =>
      all.map(([values, deny], index) => ({ fields: values as Record<string, string>, origin: origin(index), deny })),
    );
}

function origin(index: number): RuleOrigin {
  return { policy: "p", rule: `l7[${index}]`, labels: [] };
}

function requestsFor(declaration: ExtensionDeclaration): fc.Arbitrary<readonly Request[]> {
  const names = new Set(Object.entries(declaration.fields).map(([name, field]) => field.of ?? name));
  const value = fc.oneof({ weight: 3, arbitrary: text }, { weight: 2, arbitrary: fc.constantFrom(...NAMES) });
  const values = fc.oneof({ weight: 3, arbitrary: value }, { weight: 1, arbitrary: fc.array(value, { maxLength: 3 }) });
  const fields = Object.fromEntries([...names].map((name) => [name, values]));
  return fc.array(fc.record(fields, { requiredKeys: [] }) as fc.Arbitrary<Request>, { minLength: 1, maxLength: 30 });
}

/** The specification, without any index: every rule in turn, every condition, every value. */
function naive(declaration: ExtensionDeclaration, rules: readonly RequestRule[], request: Request): Expected {
  const denial = rules.find((rule) => rule.deny === true && failingOf(declaration, rule, request).length === 0);
  if (denial !== undefined) return { allowed: false, origin: denial.origin };
  const allowance = rules.find((rule) => rule.deny !== true && failingOf(declaration, rule, request).length === 0);
  return { allowed: allowance !== undefined, origin: allowance?.origin };
}

interface Expected {
  readonly allowed: boolean;
  readonly origin: RuleOrigin | undefined;
}

/** Names of the fields whose condition the request does not fulfil. */
function failingOf(
  declaration: ExtensionDeclaration,
  { fields, deny }: RequestRule,
  request: Request,
): readonly string[] {
  return Object.keys(fields).filter((name) => {
    const wanted = fields[name] ?? "";
    if (wanted === "") return false;
    const field = declaration.fields[name];
    assert.ok(field);
    const given = request[field.of ?? name];
    const values = given === undefined ? [] : typeof given === "string" ? [given] : given;
    if (deny === true) return !values.some((value) => fulfils(field, wanted, value));
    return values.length === 0 || !values.every((value) => fulfils(field, wanted, value));
  });
}

function fulfils(field: FieldDeclaration, wanted: string, value: string): boolean {
  if ("oneOf" in field) return (field.groups?.[wanted] ?? [wanted]).includes(value);
  if ("exact" in field) return value === wanted;
  if ("prefix" in field) return value.startsWith(wanted);
  const compiled = compileRegex(wanted);
  assert.ok("regex" in compiled);
  return compiled.regex.test(value);
}

test("decides like the naive implementation, whatever the rules and requests", () => {
  const cases = declarations.chain((declaration) =>
    fc.tuple(fc.constant(declaration), rulesFor(declaration), requestsFor(declaration)),
  );
  let allowed = 0;
  let denied = 0;
  let refusedByRule = 0;
  fc.assert(
    fc.property(cases, ([declaration, rules, requests]) => {
      const matcher = compileRequestMatcher(declaration, rules);
      // Twice, so that remembered decisions are compared too.
      for (const request of [...requests, ...requests]) {
        const expected = naive(declaration, rules, request);
        const decision = matcher.match(request);
        assert.equal(decision.origin, expected.origin, JSON.stringify(request));
        assert.equal(decision.allowed, expected.allowed);
        if (decision.allowed) allowed++;
        else if (decision.origin === undefined) denied++;
        else refusedByRule++;
      }
      for (const request of requests) {
        assert.deepEqual(
          explainRequest(declaration, rules, request).map(({ failing }) => failing.toSorted()),
          rules.map((rule) => failingOf(declaration, rule, request).toSorted()),
        );
      }
    }),
    { numRuns: 800 },
  );
  const counts = { allowed, denied, refusedByRule };
  assert.ok(allowed > 1000 && denied > 1000 && refusedByRule > 1000, JSON.stringify(counts));
});

test("one request object that changes is decided like new ones", () => {
  const declaration: ExtensionDeclaration = {
    name: "one",
    version: "1.0.0",
    fields: {
      command: { oneOf: NAMES, groups: GROUPS },
      prefix: { prefix: true, of: "key" },
      regex: { regex: true, of: "key" },
    },
  };
  fc.assert(
    fc.property(rulesFor(declaration), requestsFor(declaration), (rules, requests) => {
      const matcher = compileRequestMatcher(declaration, rules);
      const reused: Record<string, string | readonly string[] | undefined> = {};
      for (const request of requests) {
        reused["command"] = request["command"];
        reused["key"] = request["key"];
        assert.equal(matcher.match(reused).origin, naive(declaration, rules, request).origin);
      }
    }),
    { numRuns: 300 },
  );
});
