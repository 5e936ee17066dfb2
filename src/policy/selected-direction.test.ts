import assert from "node:assert/strict";
import { test } from "node:test";
import type { Port } from "../api/identity.ts";
import { LocalIdentityAllocator } from "../identity/local-allocator.ts";
import { DirectionRules } from "./direction-rules.ts";
import { policyEntries } from "./policy-entry.ts";
import { SelectedDirection } from "./selected-direction.ts";
import { SelectorCache } from "./selector-cache.ts";
import { EXTENSIONS, type ItemSketch, labelSet, policyDocument } from "./testing/documents.ts";

const PORT = 80 as Port;

test("what was compiled for many peers with different rules is kept up to a number of rules, and can be had again", async () => {
  const allocator = new LocalIdentityAllocator();
  const selectors = new SelectorCache(allocator);
  const ingress = ["a", "b", "c"].map((app): ItemSketch => {
    const rules = Array.from({ length: 10 }, (_, index) => ({ cmd: `${app}${index}` }));
    return { peers: [[`app=${app}`]], toPorts: [{ ports: ["80"], l7: { parser: "alpha", rules } }] };
  });
  const [rule] = policyDocument("p", [{ selects: [], ingress }]).rules;
  assert.ok(rule);
  const user = { selectionChanged: undefined };
  const entries = policyEntries([{ policy: "p", index: 0, rule, audited: false }], "ingress", (selector) =>
    selectors.acquire(selector, user),
  );
  const rules = new DirectionRules(true, entries, EXTENSIONS, undefined, 20);
  const direction = new SelectedDirection({ enforced: rules, whole: rules }, selectors);
  const [a, b, c] = await Promise.all(["a", "b", "c"].map((app) => allocator.allocate(labelSet(`app=${app}`))));
  assert.ok(a && b && c);
  const first = direction.lookup(a.id, PORT);
  direction.lookup(b.id, PORT);
  assert.equal(direction.lookup(a.id, PORT), first, "there is room for both");
  direction.lookup(c.id, PORT);
  const again = direction.lookup(a.id, PORT);
  assert.notEqual(again, first, "nobody keeps what was forgotten");
  assert.ok(again.kind === "l7" && again.matcher.match({ cmd: "a3" }).allowed);
  assert.equal(direction.lookup(a.id, PORT), again);
});
