import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { anyPolicy } from "../../../test/policies/any-policy.ts";
import { parse } from "../../../test/policies/problem-lines.ts";
import { LEVELS, NOT_ENFORCED } from "./levels.ts";

/** Never throws; documents or errors, not both; every problem has a place in the text. */
function holds(text: string): void {
  const { documents, errors, warnings } = parse(text);
  assert.equal(documents.length > 0, errors.length === 0);
  const lines = text.split("\n");
  for (const { line, column } of [...errors, ...warnings]) {
    assert.ok(line >= 1 && line <= lines.length, `line ${line} of ${lines.length}`);
    assert.ok(column >= 1 && column <= (lines[line - 1] ?? "").length + 1, `column ${column} of line ${line}`);
  }
}

const words = fc.constantFrom(
  ...Object.values(LEVELS).flatMap((members) => [...members.keys()]),
  ...NOT_ENFORCED,
  ...[
    "app",
    "command",
    "keyPrefix",
    "keyRegex",
    "reserved:host",
    "k8s:a",
    "action",
    "weir.dev/mode",
    "<<",
    "__proto__",
    "constructor",
  ],
);
const scalars = fc.oneof(
  fc.constantFrom("cilium.io/v2", "CiliumNetworkPolicy", "memcache", "get", "TCP", "80", "world", "(", "^a.b$", ""),
  fc.constantFrom(
    "10.0.0.0/8",
    "10.1.2.3/0",
    "::/0",
    "::ffff:1.2.3.4/97",
    "unmanaged",
    "In",
    "Exists",
    "deny",
    "audit",
  ),
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);

/** What looks like a policy here and there. */
const { value: policyLike } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 7, depthSize: "medium" },
    scalars,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(words, tie("value"), { maxKeys: 4 }),
  ),
}));

/** Whatever the rest is, its envelope is right, so that the rest is looked at. */
const inEnvelope = policyLike.map((spec) =>
  JSON.stringify({ apiVersion: "cilium.io/v2", kind: "CiliumNetworkPolicy", metadata: { name: "p" }, spec }),
);

/** A good document in which some values stand in the place of others. */
const mixed = fc.tuple(anyPolicy, fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 4 })).map(([policy, swaps]) => {
  const parts = JSON.stringify(policy).split(/(?<=[:,[{])(?=["{[\d])/);
  for (const [from, to] of swaps) parts[to % parts.length] = parts[from % parts.length] ?? "";
  return parts.join("");
});

/** A good document with some of its text changed. */
const edited = fc
  .array(
    fc.tuple(
      fc.nat(),
      fc.nat(6),
      fc.oneof(words, fc.string({ maxLength: 3 }), fc.constantFrom("\n", "- ", ": ", "[", "&a ", "*a", "\t", "---\n")),
    ),
    { maxLength: 6 },
  )
  .map((edits) => {
    let text = [
      "apiVersion: cilium.io/v2",
      "kind: CiliumNetworkPolicy",
      "metadata:",
      "  name: p",
      "  annotations: {weir.dev/mode: audit}",
      "specs:",
      "- endpointSelector:",
      "    matchLabels: {app: a}",
      "    matchExpressions: [{key: b, operator: In, values: [c]}, {key: d, operator: Exists}]",
      "  ingress:",
      "  - fromEndpoints:",
      "    - matchLabels: {app: b}",
      "    toPorts:",
      "    - ports:",
      '      - {port: "80", protocol: TCP}',
      "      rules:",
      "        l7proto: memcache",
      "        l7:",
      "        - command: get",
      "          keyRegex: ^a",
      "        - {action: deny, command: set}",
      "  - fromRequires: [{matchLabels: {env: e}}]",
      "    fromCIDR: [10.0.0.0/8, '::1']",
      "  egressDeny:",
      "  - toCIDRSet: [{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}]",
    ].join("\n");
    for (const [place, length, put] of edits) {
      const at = place % (text.length + 1);
      text = text.slice(0, at) + put + text.slice(at + length);
    }
    return text;
  });

for (const [name, texts] of [
  ["any text", fc.string({ unit: "binary", maxLength: 200 })],
  ["any JSON", fc.json()],
  ["what looks like a policy", policyLike.map((value) => JSON.stringify(value))],
  ["any rule in a right envelope", inEnvelope],
  ["an edited policy", edited],
  ["a policy of mixed up parts", mixed],
] as const) {
  test(`${name} gives documents or errors, each with its place`, () => {
    fc.assert(fc.property(texts, holds), { numRuns: 300 });
  });
}
