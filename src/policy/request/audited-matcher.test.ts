import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExtensionDeclaration } from "../../api/extension.ts";
import type { RuleOrigin } from "../../api/rule-origin.ts";
import type { RequestMatcher } from "../endpoint-policy.ts";
import { auditedMatcher } from "./audited-matcher.ts";
import { compileRequestMatcher } from "./compile.ts";

const declaration: ExtensionDeclaration = { name: "kv", version: "1.0.0", fields: { key: { prefix: true } } };

function origin(rule: string, effect?: "deny" | "missing"): RuleOrigin {
  return { policy: "p", rule, labels: [], ...(effect && { effect }) };
}

const MISSING = origin("ingress[0]", "missing");

/** `!x`: a deny rule for keys that begin with x. */
function matcherOf(...rules: readonly string[]): RequestMatcher {
  return compileRequestMatcher(
    declaration,
    rules.map((rule) => {
      const deny = rule.startsWith("!");
      return { fields: { key: rule.replace("!", "") }, deny, origin: origin(rule, deny ? "deny" : undefined) };
    }),
  );
}

/** Verdict and rule. */
function decided(matcher: RequestMatcher, key: string): string {
  const { allowed, audited, origin: by } = matcher.match({ key });
  return `${allowed ? (audited ? "audit" : "allow") : "deny"} ${by === MISSING ? "missing" : (by?.rule ?? "none")}`;
}

test("what the enforced rules allow passes, and says what the whole would refuse", () => {
  const matcher = auditedMatcher(matcherOf("a", "b", "!bad"), matcherOf("audited", "a", "!bad", "!ax"), MISSING);
  assert.equal(decided(matcher, "a"), "allow a");
  assert.equal(decided(matcher, "b"), "audit missing");
  assert.equal(decided(matcher, "ax"), "audit !ax");
  assert.equal(decided(matcher, "audited"), "allow a");
});

test("audited rules never allow what the enforced ones refuse", () => {
  const matcher = auditedMatcher(matcherOf("a", "!bad"), matcherOf("a", "!bad", "", "z"), MISSING);
  assert.equal(decided(matcher, "bad"), "deny !bad");
  assert.equal(decided(matcher, "z"), "deny none");
});

test("without enforced rules everything passes; without a whole everything would be refused", () => {
  const unenforced = auditedMatcher(undefined, matcherOf("a", "!bad"), MISSING);
  assert.equal(decided(unenforced, "a"), "allow a");
  assert.equal(decided(unenforced, "bad"), "audit !bad");
  assert.equal(decided(unenforced, "z"), "audit missing");
  const refused = auditedMatcher(matcherOf("a"), undefined, MISSING);
  assert.equal(decided(refused, "a"), "audit missing");
  assert.equal(decided(refused, "z"), "deny none");
  assert.equal(decided(auditedMatcher(undefined, undefined, MISSING), "z"), "audit missing");
});

test("the same decision is the same object", () => {
  const matcher = auditedMatcher(matcherOf("a"), matcherOf("a", "!ax"), MISSING);
  assert.equal(matcher.match({ key: "ax1" }), matcher.match({ key: "ax2" }));
  const missing = auditedMatcher(undefined, matcherOf("a"), MISSING);
  assert.equal(missing.match({ key: "x" }), missing.match({ key: "y" }));
});
