import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExtensionDeclaration, FieldDeclaration } from "../../api/extension.ts";
import type { Request } from "../../api/request.ts";
import { WeirError } from "../../lib/error.ts";
import type { RequestMatcher } from "../endpoint-policy.ts";
import { compileRequestMatcher, uncostedRegexCount } from "./compile.ts";
import type { RequestRule } from "./rule-conditions.ts";

const memcache: ExtensionDeclaration = {
  name: "memcache",
  version: "1.0.0",
  fields: {
    command: {
      oneOf: ["get", "gets", "set", "delete", "stats"],
      groups: { writeGroup: ["set", "delete"], get: ["get", "gets"] },
    },
    keyExact: { exact: true, of: "key", requires: { field: "command" } },
    keyPrefix: { prefix: true, of: "key" },
    keyRegex: { regex: true, of: "key" },
  },
};

function rulesOf(...fields: readonly Record<string, string>[]): readonly RequestRule[] {
  return fields.map((values, index) => {
    return { fields: values, origin: { policy: "cache", rule: `specs[0].l7[${index}]`, labels: [] } };
  });
}

function matcherOf(...fields: readonly Record<string, string>[]): RequestMatcher {
  return compileRequestMatcher(memcache, rulesOf(...fields));
}

/** The number of the rule that allowed. */
function decided(matcher: RequestMatcher, request: Request): number | "denied" {
  const { allowed, origin } = matcher.match(request);
  assert.equal(allowed, origin !== undefined);
  return origin === undefined ? "denied" : Number(/\[(\d+)\]$/.exec(origin.rule)?.[1]);
}

test("a rule is a conjunction, and the first one that fits decides", () => {
  const matcher = matcherOf(
    { command: "get", keyExact: "a" },
    { command: "writeGroup", keyPrefix: "user:" },
    { command: "get", keyRegex: "^user:[0-9]+$" },
    { command: "get", keyPrefix: "user:" },
    { command: "stats" },
    { keyRegex: "b{3}" },
    { keyExact: "\udcff" },
  );
  const table: readonly (readonly [Request, number | "denied"])[] = [
    [{ command: "get", key: "a" }, 0],
    [{ command: "gets", key: "a" }, 0],
    [{ command: "set", key: "a" }, "denied"],
    [{ command: "get", key: "ab" }, "denied"],
    [{ command: "set", key: "user:1" }, 1],
    [{ command: "writeGroup", key: "user:1" }, "denied"],
    [{ command: "get", key: "user:1" }, 2],
    [{ command: "get", key: "user:x" }, 3],
    [{ command: "get", key: "USER:x" }, "denied"],
    [{ command: "stats" }, 4],
    [{ command: "stats", key: "x" }, 4],
    [{ command: "delete", key: "abbba" }, 5],
    [{ key: "\udcff" }, 6],
    [{ key: "\udcfe" }, "denied"],
    [{ key: "\ufffd" }, "denied"],
    [{}, "denied"],
    [{ command: "" }, "denied"],
  ];
  for (const [request, expected] of table) assert.equal(decided(matcher, request), expected, JSON.stringify(request));
});

test("several values have to fit one and the same rule", () => {
  const matcher = matcherOf(
    { keyPrefix: "a" },
    { keyPrefix: "b" },
    { keyRegex: "^[ab]1" },
    { command: "get", keyExact: "c" },
  );
  assert.equal(decided(matcher, { key: ["a1", "a2"] }), 0);
  assert.equal(decided(matcher, { key: ["b1", "b2"] }), 1);
  assert.equal(decided(matcher, { key: ["a1", "b1"] }), 2);
  assert.equal(decided(matcher, { key: ["a1", "b2"] }), "denied");
  assert.equal(decided(matcher, { key: ["a1", "a2", "c"] }), "denied");
  assert.equal(decided(matcher, { command: ["get", "gets"], key: ["c", "c"] }), 3);
  assert.equal(decided(matcher, { command: ["get", "set"], key: ["c", "c"] }), "denied");
  assert.equal(decided(matcher, { key: ["a"] }), 0);
});

test("an absent attribute and an empty list fit no condition", () => {
  const matcher = matcherOf({ command: "stats", keyRegex: "" }, { command: "get", keyRegex: ".*" });
  assert.equal(decided(matcher, { command: "stats" }), 0);
  assert.equal(decided(matcher, { command: "get" }), "denied");
  assert.equal(decided(matcher, { command: "get", key: [] }), "denied");
  assert.equal(decided(matcher, { command: "get", key: undefined }), "denied");
  assert.equal(decided(matcher, { command: "get", key: "" }), 1);
  assert.equal(decided(matcher, { command: [], key: "x" }), "denied");
});

test("a rule without conditions fits every request; no rules fit none", () => {
  const matcher = matcherOf({ command: "get" }, {}, { command: "set" });
  assert.equal(decided(matcher, { command: "get" }), 0);
  assert.equal(decided(matcher, { command: "set" }), 1);
  assert.equal(decided(matcher, {}), 1);
  assert.equal(decided(matcherOf({ command: "" }), { anything: ["a", "b"] }), 0);
  assert.equal(decided(matcherOf(), { command: "get" }), "denied");
});

test("a request object that is used again is judged anew, also after a list", () => {
  const matcher = matcherOf({ keyPrefix: "a" });
  const request: { key?: string | string[] } = { key: ["a1", "x"] };
  assert.equal(decided(matcher, request), "denied");
  (request.key as string[])[1] = "a2";
  assert.equal(decided(matcher, request), 0);
  request.key = "a";
  assert.equal(decided(matcher, request), 0);
  request.key = "x";
  assert.equal(decided(matcher, request), "denied");
  delete request.key;
  assert.equal(decided(matcher, request), "denied");
});

test("the same decision is the same object", () => {
  const matcher = matcherOf({ keyPrefix: "a" });
  assert.equal(matcher.match({ key: "a1" }), matcher.match({ key: ["a2", "a3"] }));
  assert.equal(matcher.match({ key: "x" }), matcher.match({}));
});

test("attributes named like what every object has", () => {
  const constructorField: FieldDeclaration = { prefix: true };
  const declaration: ExtensionDeclaration = {
    name: "odd",
    version: "1.0.0",
    fields: { text: { regex: true, of: "toString" }, ...Object.fromEntries([["constructor", constructorField]]) },
  };
  const matcher = compileRequestMatcher(declaration, rulesOf({ constructor: "f" }, { text: "." }));
  assert.equal(decided(matcher, {}), "denied");
  assert.equal(decided(matcher, { constructor: "foo" } as unknown as Request), 0);
});

test("what the declaration does not allow throws, even after a rule that fits everything", () => {
  const cases: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ key: "a" }, /policy "cache", specs\[0\]\.l7\[1\]: extension "memcache" has no field "key"/],
    [{ toString: "a" }, /has no field "toString"/],
    [{ command: "bogus" }, /does not know "bogus" as a value of "command"/],
    [{ command: "constructor" }, /does not know "constructor"/],
    [{ keyRegex: "(" }, /cannot use the value of "keyRegex": not a regular expression.*missing closing/],
  ];
  for (const [fields, message] of cases) {
    assert.throws(
      () => matcherOf({}, fields),
      (error) => error instanceof WeirError && error.code === "WEIR_POLICY_INVALID" && message.test(error.message),
    );
  }
});

test("a rule whose fields an own __proto__ key names throws too", () => {
  assert.throws(() => matcherOf(JSON.parse('{"__proto__": "a"}')), WeirError);
});

test("counts the expressions that nothing can rule out", () => {
  const rules = rulesOf(
    { keyRegex: "[0-9]+" },
    { keyRegex: "^a" },
    { keyRegex: "a|b" },
    { keyRegex: "x" },
    { command: "get" },
  );
  assert.equal(uncostedRegexCount(memcache, rules), 2);
});

test("ten thousand rules under one prefix, apart by another condition", () => {
  const declaration: ExtensionDeclaration = {
    name: "db",
    version: "1.0.0",
    fields: { path: { prefix: true }, table: { exact: true }, note: { regex: true } },
  };
  const rules = rulesOf(
    ...Array.from({ length: 10_000 }, (_, index) => ({ path: "/shared/", table: `t${index}`, note: `n${index}$` })),
  );
  const matcher = compileRequestMatcher(declaration, rules);
  assert.equal(decided(matcher, { path: "/shared/x", table: "t9999", note: "n9999" }), 9999);
  assert.equal(decided(matcher, { path: "/shared/x", table: "t9999", note: "n999" }), "denied");
  assert.equal(decided(matcher, { path: "/other", table: "t9999", note: "n9999" }), "denied");
});
