import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExtensionDeclaration } from "../../api/extension.ts";
import type { Request } from "../../api/request.ts";
import { WeirError } from "../../lib/error.ts";
import { compileRequestMatcher } from "./compile.ts";
import { explainRequest } from "./explain.ts";
import type { RequestRule } from "./rule-conditions.ts";

const db: ExtensionDeclaration = {
  name: "db",
  version: "1.0.0",
  fields: {
    command: { oneOf: ["get", "set", "delete"], groups: { writeGroup: ["set", "delete"] } },
    keyPrefix: { prefix: true, of: "key" },
    keyRegex: { regex: true, of: "key" },
    table: { exact: true },
  },
};

function allow(fields: Record<string, string>): RequestRule {
  return { fields, origin: { policy: "p", rule: `allow ${JSON.stringify(fields)}`, labels: [] } };
}

function deny(fields: Record<string, string>): RequestRule {
  const rule = `deny ${JSON.stringify(fields)}`;
  return { fields, deny: true, origin: { policy: "p", rule, labels: [], effect: "deny" } };
}

/** What `rules` say of the request: the rule's name, or `none`. */
function decided(rules: readonly RequestRule[], request: Request): string {
  const { allowed, audited, origin } = compileRequestMatcher(db, rules).match(request);
  assert.equal(audited, false);
  assert.equal(allowed, origin !== undefined && origin.effect !== "deny");
  return origin?.rule ?? "none";
}

test("a deny rule wins, wherever it stands, and the first one is named", () => {
  const rules = [
    allow({ keyPrefix: "fleet/" }),
    deny({ command: "delete" }),
    deny({ keyPrefix: "fleet/x" }),
    allow({ command: "delete" }),
  ];
  assert.equal(decided(rules, { command: "get", key: "fleet/y" }), 'allow {"keyPrefix":"fleet/"}');
  assert.equal(decided(rules, { command: "get", key: "fleet/x" }), 'deny {"keyPrefix":"fleet/x"}');
  assert.equal(decided(rules, { command: "delete", key: "fleet/x" }), 'deny {"command":"delete"}');
  assert.equal(decided(rules, { command: "get", key: "other" }), "none");
});

test("one of several values is enough for a deny rule, also another one for each condition", () => {
  const rules = [allow({}), deny({ keyPrefix: "secret/", table: "users" })];
  const refused = 'deny {"keyPrefix":"secret/","table":"users"}';
  assert.equal(decided(rules, { key: ["a", "b", "secret/1"], table: "users" }), refused);
  assert.equal(decided(rules, { key: ["secret/1", "a"], table: ["x", "users"] }), refused);
  assert.equal(decided(rules, { key: ["a", "b"], table: ["x", "users"] }), "allow {}");
  assert.equal(decided(rules, { key: ["secret/1", "a"] }), "allow {}");
  assert.equal(decided(rules, { key: ["secret/1", "a"], table: [] }), "allow {}");
});

test("two conditions on one attribute may be fulfilled by two values", () => {
  const rules = [
    ...Array.from({ length: 20 }, (_, index) => deny({ keyPrefix: `p${index}/`, keyRegex: "[0-9]x$" })),
    allow({}),
  ];
  assert.equal(decided(rules, { key: ["a", "p7/", "1x"] }), 'deny {"keyPrefix":"p7/","keyRegex":"[0-9]x$"}');
  assert.equal(decided(rules, { key: ["a", "p7/", "x"] }), "allow {}");
});

test("a deny rule without conditions refuses everything; deny rules alone allow nothing", () => {
  assert.equal(decided([allow({}), deny({})], { key: ["a", "b"] }), "deny {}");
  assert.equal(decided([allow({}), deny({})], {}), "deny {}");
  assert.equal(decided([deny({ command: "get" })], { command: "set" }), "none");
  assert.throws(() => compileRequestMatcher(db, [deny({}), deny({ bogus: "x" })]), WeirError);
});

test("ten thousand deny rules and a request of a thousand values", () => {
  const rules = [
    ...Array.from({ length: 10_000 }, (_, index) => deny({ keyRegex: `^k${10_000 + index}/.*[0-9]z$`, table: "t" })),
    allow({}),
  ];
  const matcher = compileRequestMatcher(db, rules);
  const key = Array.from({ length: 1000 }, (_, index) => `k${10_000 + index}/a`);
  assert.equal(matcher.match({ key, table: "t" }).allowed, true);
  key[999] = "k19999/1z";
  assert.equal(matcher.match({ key, table: "t" }).origin, rules[9999]?.origin);
  assert.equal(matcher.match({ key, table: "u" }).allowed, true);
  // The same list, changed: nothing of the last lookup may be left.
  key[999] = "a";
  assert.equal(matcher.match({ key, table: "t" }).allowed, true);
});

test("explains each rule alone, by the names of its fields, cheapest first", () => {
  const rules = [
    allow({ command: "get", keyPrefix: "fleet/" }),
    allow({ command: "writeGroup", keyRegex: "", table: "t" }),
    deny({ keyPrefix: "b", table: "t" }),
    allow({}),
  ];
  const request: Request = { command: "get", key: ["fleet/x", "b"] };
  assert.deepEqual(
    explainRequest(db, rules, request).map(({ failing }) => failing),
    [["keyPrefix"], ["table", "command"], ["table"], []],
  );
});
