// Random rules, small enough that they often speak of the same peers and ports.
import fc from "fast-check";
import type { ItemSketch, RuleSketch } from "../../src/policy/testing/documents.ts";
import { COMMANDS } from "../../src/policy/testing/naive-engine.ts";

const LABELS = ["app=a", "app=b", "env=x", "k8s:env=y"];
const oneOfEach = (text: string): string => text.replace(/=.*|k8s:/g, "");
/** Labels of a workload: few, so that selectors often select it. */
export const labels: fc.Arbitrary<string[]> = fc.uniqueArray(fc.constantFrom(...LABELS), {
  maxLength: 2,
  selector: oneOfEach,
});
const EXPRESSIONS = ["app in a,b", "app in b", "app notin a", "k8s:env notin x", "has env", "has k8s:env", "lacks app"];
const conditions = fc
  .tuple(labels, fc.uniqueArray(fc.constantFrom(...EXPRESSIONS), { maxLength: 2 }))
  .map(([plain, expressions]) => [...plain, ...expressions]);
const wanted = fc.oneof(
  { arbitrary: labels, weight: 5 },
  { arbitrary: conditions, weight: 2 },
  fc.constantFrom(["reserved:world"], ["reserved:cluster"], ["reserved:host"]),
);
const cidr = fc.constantFrom(
  { cidr: "10.0.0.0/8" },
  { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] },
  { cidr: "10.1.2.3/32" },
  { cidr: "0.0.0.0/0" },
  { cidr: "0.0.0.0/0", except: ["10.0.0.0/8"] },
  { cidr: "2001:db8::/32" },
);
const l7 = fc.record({
  parser: fc.oneof({ arbitrary: fc.constant("alpha"), weight: 3 }, fc.constant("beta")),
  rules: fc.array(
    fc.oneof(
      fc.constantFrom(...COMMANDS).map((cmd) => ({ cmd })),
      fc.constantFrom(...COMMANDS).map((cmd) => ({ cmd, action: "deny" })),
      fc.constant<Record<string, string>>({}),
    ),
    { maxLength: 3 },
  ),
});
const portNames = fc.uniqueArray(fc.constantFrom("80", "443", "443/ANY", "80/UDP"), { maxLength: 2 });
const toPorts = fc.array(fc.record({ ports: portNames, l7 }, { requiredKeys: ["ports"] }), { maxLength: 2 });
const peers = fc.oneof(
  { arbitrary: fc.array(wanted, { maxLength: 2 }), weight: 6 },
  { arbitrary: fc.array(cidr, { minLength: 1, maxLength: 2 }), weight: 2 },
  { arbitrary: fc.constantFrom<"any" | "none">("any", "none"), weight: 3 },
);
const requires = fc.oneof({ arbitrary: fc.constant([]), weight: 6 }, fc.array(conditions, { maxLength: 1 }));
const item: fc.Arbitrary<ItemSketch> = fc.record({ peers, requires, toPorts }, { requiredKeys: ["peers"] });
const denied: fc.Arbitrary<ItemSketch> = fc.record(
  { peers, requires, toPorts: fc.array(fc.record({ ports: portNames }), { minLength: 1, maxLength: 1 }) },
  { requiredKeys: ["peers"] },
);
/** A rule with every section, for the extensions of `documents.ts`. */
export const rule: fc.Arbitrary<RuleSketch> = fc.record(
  {
    selects: conditions,
    ingress: fc.array(item, { maxLength: 3 }),
    egress: fc.array(item, { maxLength: 2 }),
    ingressDeny: fc.array(denied, { maxLength: 1 }),
    egressDeny: fc.array(denied, { maxLength: 1 }),
  },
  { requiredKeys: ["selects"] },
);
