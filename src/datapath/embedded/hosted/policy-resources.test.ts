import assert from "node:assert/strict";
import { test } from "node:test";
import { WeirError } from "../../../lib/error.ts";
import { type EncodedPolicy, PolicyResources } from "./policy-resources.ts";

/** What is delivered, and how it came about. */
class Delivered {
  readonly log: string[] = [];
  refuses = "";

  put(kind: string, name: string, value: Uint8Array): string {
    if (name === this.refuses) throw new WeirError("WEIR_LIMIT_EXCEEDED", "too many");
    this.log.push(`+${kind} ${name}`);
    return `version ${Buffer.from(value)}`;
  }

  remove(kind: string, name: string): void {
    this.log.push(`-${kind} ${name}`);
  }

  took(): readonly string[] {
    return this.log.splice(0);
  }
}

function encoded(rules?: string): EncodedPolicy {
  const policy = Buffer.from(`with ${rules}`);
  return rules === undefined ? { policy } : { policy, rules: { name: rules, bytes: Buffer.from(rules) } };
}

test("rules are delivered once, before the first policy that refers to them, until the last one is gone", () => {
  const delivered = new Delivered();
  const policies = new PolicyResources(delivered);
  assert.equal(policies.put("a", encoded("r")), "version with r");
  assert.deepEqual(delivered.took(), ["+PolicyRules r", "+NetworkPolicy a"]);
  policies.put("b", encoded("r"));
  assert.deepEqual(delivered.took(), ["+NetworkPolicy b"]);
  policies.put("a", encoded("r"));
  policies.put("a", encoded("s"));
  assert.deepEqual(delivered.took(), ["+NetworkPolicy a", "+PolicyRules s", "+NetworkPolicy a"]);
  policies.put("b", encoded());
  assert.deepEqual(delivered.took(), ["+NetworkPolicy b", "-PolicyRules r"]);
  policies.remove("b");
  policies.remove("a");
  policies.remove("a");
  assert.deepEqual(delivered.took(), ["-NetworkPolicy b", "-NetworkPolicy a", "-PolicyRules s", "-NetworkPolicy a"]);
});

test("what cannot be delivered leaves the former policy, and no rules of its own", () => {
  const delivered = new Delivered();
  const policies = new PolicyResources(delivered);
  policies.put("a", encoded("r"));
  delivered.took();
  delivered.refuses = "a";
  assert.throws(() => policies.put("a", encoded("s")), { code: "WEIR_LIMIT_EXCEEDED" });
  assert.throws(() => policies.put("a", encoded("r")), { code: "WEIR_LIMIT_EXCEEDED" });
  assert.deepEqual(delivered.took(), ["+PolicyRules s", "-PolicyRules s"]);
  delivered.refuses = "s";
  assert.throws(() => policies.put("a", encoded("s")), { code: "WEIR_LIMIT_EXCEEDED" });
  delivered.refuses = "";
  policies.remove("a");
  assert.deepEqual(delivered.took(), ["-NetworkPolicy a", "-PolicyRules r"]);
});
