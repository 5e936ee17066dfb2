import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { anyPolicy } from "../../../test/policies/any-policy.ts";
import { EXTENSIONS } from "../../../test/policies/extensions.ts";
import type { NumericIdentity, PolicyRevision, Port } from "../../api/identity.ts";
import { LocalIdentityAllocator } from "../../identity/local-allocator.ts";
import { rulesName } from "../../resources/policy-rules-resource.ts";
import { parsePolicyText } from "../document/parse-policy-text.ts";
import { observed } from "../observed.ts";
import { PolicyRepository } from "../repository.ts";
import { resolve } from "../resolve.ts";
import { SelectorCache } from "../selector-cache.ts";
import { labelSet } from "../testing/documents.ts";
import { type DirectionUse, decodePolicy } from "./decode-policy.ts";
import { decodeRules } from "./decode-rules.ts";
import { describable } from "./describable.ts";
import { encodePolicy, type PolicyMessages } from "./encode-policy.ts";
import type { DirectionDescription, PolicyDescription, RulesDescription, RulesPair } from "./policy-description.ts";

const ENDPOINT = labelSet("app=e");

/** What documents say to an endpoint that all of their rules select. */
async function described(documents: readonly object[], audit = false, observe: [number, string][] = []) {
  const allocator = new LocalIdentityAllocator();
  const selectors = new SelectorCache(allocator);
  const repository = new PolicyRepository(selectors);
  const source = { kind: "api", name: "api" } as const;
  const put = documents.flatMap((document, index) => {
    const parsed = parsePolicyText(JSON.stringify(document), source, EXTENSIONS, { fixedIdentities: new Set() });
    return parsed.documents.map((one) => ({
      ...one,
      key: `${one.key}-${index}`,
      rules: one.rules.map((rule) => ({
        ...rule,
        endpointSelector: { matchLabels: [], matchExpressions: [], key: "" },
      })),
    }));
  });
  repository.apply({ replaced: [], put, removed: [] });
  const identity = await allocator.allocate(ENDPOINT);
  const context = { repository, selectors, extensions: EXTENSIONS, enforcement: "default" } as const;
  const resolved = resolve(identity, context, { selectionChanged: undefined });
  const { ingress, egress } = audit ? resolved.audited : resolved.policies;
  const parts = { endpoint: "e", identity: identity.id, revision: (2 ** 40) as PolicyRevision };
  const ports = new Map(observe) as unknown as ReadonlyMap<Port, string>;
  const description = describable({ ...parts, ingress: observed(ingress, ports), egress }).description?.();
  assert.ok(description);
  return description;
}

const encoded = (policy: PolicyDescription): PolicyMessages => encodePolicy(policy, rulesName);

function decoded({ policy: bytes, rules: named }: PolicyMessages): PolicyDescription {
  const policy = decodePolicy(bytes);
  assert.ok("policy" in policy, "error" in policy ? policy.error : "");
  const { rules: name, ...rest } = policy.policy;
  assert.equal(name, named?.name);
  const rules = decodeRules(named?.bytes ?? new Uint8Array());
  assert.ok("rules" in rules, "error" in rules ? rules.error : "");
  const direction = (use: DirectionUse, pair: RulesPair | undefined): DirectionDescription => {
    if (use.kind === "denied") return use;
    assert.ok(pair);
    return { ...use, rules: pair };
  };
  return {
    ...rest,
    ingress: direction(rest.ingress, rules.rules.ingress),
    egress: direction(rest.egress, rules.rules.egress),
  };
}

/** Without what may be said in two ways. */
function plain(policy: PolicyDescription): unknown {
  const rulesOf = ({ entries, ...rest }: RulesDescription) => ({
    ...rest,
    entries: entries.map(({ l7, ...entry }) => ({
      ...entry,
      l7: l7 && { ...l7, rules: l7.rules.map((rule) => ({ ...rule, deny: rule.deny === true })) },
    })),
  });
  const directionOf = (direction: DirectionDescription) => {
    if (direction.kind === "denied") return direction;
    const { enforced, whole } = direction.rules;
    return { ...direction, rules: { enforced: rulesOf(enforced), whole: whole && rulesOf(whole) } };
  };
  return { ...policy, ingress: directionOf(policy.ingress), egress: directionOf(policy.egress) };
}

const documents = fc.array(anyPolicy, { minLength: 1, maxLength: 3 });
const observe = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 65_535 }), fc.constantFrom("r2d2", "memcache")), {
  maxLength: 3,
  selector: ([port]) => port,
});

test("what any documents say survives the way to another process", async () => {
  let entries = 0;
  await fc.assert(
    fc.asyncProperty(documents, fc.boolean(), observe, async (given, audit, ports) => {
      const policy = await described(given, audit, ports);
      if (policy.ingress.kind === "rules") entries += policy.ingress.rules.enforced.entries.length;
      assert.deepEqual(plain(decoded(encoded(policy))), plain(policy));
    }),
    { numRuns: 300 },
  );
  assert.ok(entries > 300, `${entries} statements`);
});

test("values with halves of surrogate pairs survive: those are bytes of keys that are no UTF-8", async () => {
  const document = (keyExact: string) => ({
    apiVersion: "cilium.io/v2",
    kind: "CiliumNetworkPolicy",
    metadata: { name: "p" },
    spec: {
      endpointSelector: {},
      ingress: [
        {
          toPorts: [
            {
              ports: [{ port: 1, protocol: "TCP" }],
              rules: { l7proto: "memcache", l7: [{ command: "get", keyExact }] },
            },
          ],
        },
      ],
    },
  });
  for (const value of ["\udc80", "a\ud800", "\u{1f600}", "\u0000", "\ufffd"]) {
    const policy = decoded(encoded(await described([document(value)])));
    assert.ok(policy.ingress.kind === "rules");
    const [rule] = policy.ingress.rules.enforced.entries[0]?.l7?.rules ?? [];
    assert.equal(rule?.fields["keyExact"], value, JSON.stringify(value));
  }
});

test("request rules are told apart by all that they say, and so are origins", async () => {
  const policy = await described([]);
  assert.ok(policy.ingress.kind === "rules");
  const origin = { policy: "p", rule: "spec.ingress[0]", labels: ["unspec:a"] };
  const within = { ...origin, rule: "spec.ingress[0].toPorts[0].rules.l7[0]" };
  const fields = { cmd: "READ" };
  const rules = [
    { fields, deny: false, origin: within },
    { fields, deny: true, origin: within },
    { fields, deny: false, origin: { ...within, labels: ["unspec:b"] } },
    { fields, deny: false, origin: { ...within, policy: "q" } },
    { fields, deny: false, origin: { ...within, rule: "spec.ingress[1]" } },
    { fields, deny: false, origin: { ...within, effect: "missing" as const } },
    { fields: { ...fields }, deny: false, origin: within },
  ];
  const entry = { deny: false, audited: false, peers: "all" as const, l7: { parser: "r2d2", rules }, origin };
  const made: PolicyDescription = {
    ...policy,
    ingress: { ...policy.ingress, rules: { enforced: { enforced: true, entries: [entry, entry] } } },
  };
  assert.deepEqual(plain(decoded(encoded(made))), plain(made));
});

test("endpoints with the same rules cost one description and one encoding of them, and one name", async () => {
  const policy = await described([]);
  assert.ok(policy.ingress.kind === "rules");
  let looks = 0;
  let names = 0;
  const nameOf = (rules: Uint8Array): string => {
    names++;
    return rulesName(rules);
  };
  const enforced = {
    enforced: true,
    get entries() {
      looks++;
      return [];
    },
  };
  const ingress = { ...policy.ingress, rules: { enforced } };
  const all = ["e", "f", "g"].map((endpoint) => encodePolicy({ ...policy, endpoint, ingress }, nameOf));
  assert.deepEqual([looks, names], [1, 1]);
  assert.equal(new Set(all.map(({ rules }) => rules)).size, 1);
  for (const one of all) assert.ok(one.policy.length < 200, `${one.policy.length} bytes`);
});

test("a policy of which nothing can be told is denied, not open", () => {
  const lookup = () => ({ kind: "allowed", origin: undefined }) as const;
  const open = { enforced: false, lookup };
  const parts = { endpoint: "e", identity: 300 as NumericIdentity, revision: 1 as PolicyRevision };
  const description = describable({ ...parts, ingress: open, egress: observed(open, new Map([[1 as Port, "r2d2"]])) });
  assert.deepEqual(description.description?.().ingress, { kind: "denied" });
  assert.deepEqual(description.description?.().egress, { kind: "denied" });
});

test("damaged bytes are read or refused with a reason, never thrown at", async () => {
  const { policy, rules } = encoded(
    await described(fc.sample(anyPolicy, { numRuns: 3, seed: 5 }), true, [[80, "r2d2"]]),
  );
  assert.ok(rules);
  const change = fc.tuple(fc.nat(), fc.nat({ max: 255 }));
  const changes = fc.array(change, { minLength: 1, maxLength: 4 });
  let refused = 0;
  fc.assert(
    fc.property(fc.constantFrom(policy, rules.bytes), changes, fc.nat(), (given, made, end) => {
      const damaged = given.slice(0, end % 3 === 0 ? end % (given.length + 1) : given.length);
      for (const [at, byte] of made) if (damaged.length > 0) damaged[at % damaged.length] = byte;
      for (const result of [decodePolicy(damaged), decodeRules(damaged)]) {
        if (!("error" in result)) continue;
        refused++;
        assert.match(result.error, /^the (policy|rules) cannot be read: ./);
      }
    }),
    { numRuns: 2000 },
  );
  assert.ok(refused > 1000, `${refused}`);
});
