// A trace says what a data plane would do: its verdict is that of the policy which endpoints get.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Port } from "../../api/identity.ts";
import type { JudgedDirection } from "../../api/trace.ts";
import type { Identity } from "../../identity/allocator.ts";
import { LocalIdentityAllocator } from "../../identity/local-allocator.ts";
import type { ConnectionVerdict } from "../endpoint-policy.ts";
import { PolicyCache } from "../policy-cache.ts";
import { PolicyRepository } from "../repository.ts";
import type { PolicyContext } from "../resolve.ts";
import type { PeerRule, PolicyDocument, Rule } from "../rule.ts";
import { SelectorCache } from "../selector-cache.ts";
import { selectorMatches } from "../selector-match.ts";
import { labelSet, selector } from "../testing/documents.ts";
import { EXTENSIONS } from "./testing/traced-world.ts";
import { traceDirection } from "./trace-direction.ts";
import { tracedRequest } from "./traced-request.ts";

const PORTS = [80, 81] as Port[];
const LABELS = [["app=a"], ["app=b", "env=x"], ["app=b"], ["reserved:world"], ["reserved:init"]];

const wanted = fc.constantFrom(
  ...[[], ["app=a"], ["app=b"], ["env=x"], ["reserved:world"]].map((one) => selector(...one)),
);
const fields = fc.record(
  { command: fc.constantFrom("get", "set", "writeGroup"), keyPrefix: fc.constantFrom("a", "ab") },
  { requiredKeys: [] },
) as fc.Arbitrary<Record<string, string>>;
const l7Rules = fc
  .array(fc.tuple(fields, fc.constantFrom(false, false, true)), { maxLength: 3 })
  .map((all) => all.map(([given, deny], index) => ({ path: `rules.l7[${index}]`, deny, fields: given })));
const l7 = fc.oneof(
  { weight: 12, arbitrary: l7Rules.map((rules) => ({ parser: "cache", rules })) },
  { weight: 1, arbitrary: fc.constant({ parser: "queue", rules: [{ path: "rules.l7[0]", deny: false, fields: {} }] }) },
);
const ports = fc.constantFrom([80], [81], [80, 81]).map((list) => {
  return list.map((port) => ({ port: port as Port, protocol: "TCP" as const }));
});

function items(section: string, deny: boolean): fc.Arbitrary<PeerRule[]> {
  const portRule = fc.record({ ports, l7: deny ? fc.constant(undefined) : fc.oneof(fc.constant(undefined), l7) });
  const item = fc.record({
    selectors: fc.array(wanted, { maxLength: 2 }),
    any: fc.boolean(),
    requires: fc.oneof({ weight: 6, arbitrary: fc.constant([]) }, fc.tuple(wanted)),
    toPorts: fc.oneof(fc.constant(undefined), fc.array(portRule, { maxLength: 2 })),
  });
  return fc.array(item, { maxLength: 2 }).map((all) =>
    all.map(({ selectors, any, requires, toPorts }, index): PeerRule => {
      return {
        path: `${section}[${index}]`,
        peers: any ? { kind: "any" } : { kind: "endpoints", selectors },
        requires,
        toPorts: toPorts?.map((one, place) => ({ path: `toPorts[${place}]`, ...one })),
      };
    }),
  );
}

const rule = fc.record({
  endpointSelector: wanted,
  ingress: items("ingress", false),
  egress: items("egress", false),
  ingressDeny: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, items("ingressDeny", true)),
  egressDeny: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, items("egressDeny", true)),
});
const documents: fc.Arbitrary<PolicyDocument[]> = fc
  .array(fc.tuple(fc.constantFrom("enforce", "enforce", "audit"), fc.array(rule, { maxLength: 2 })), { maxLength: 4 })
  .map((all) =>
    all.map(([mode, rules], index): PolicyDocument => {
      const whole = rules.map((one, place): Rule => ({ path: `specs[${place}]`, labels: [], description: "", ...one }));
      return {
        key: `p${index}`,
        source: { kind: "api", name: "api" },
        mode: mode as "enforce" | "audit",
        rules: whole,
      };
    }),
  );
const requests = fc.record(
  {
    command: fc.constantFrom(["get"], ["set"]),
    key: fc.constantFrom(["a1"], ["ab1"], ["z"], ["ab1", "z"], ["a1", "ab1"]),
  },
  { requiredKeys: ["command"] },
) as fc.Arbitrary<Record<string, readonly string[]>>;

/** What the data plane would do, in the words of a trace; and the rule. */
function enforced(verdict: ConnectionVerdict, l7Request: Record<string, readonly string[]> | undefined): string {
  const told = (what: string, origin: ConnectionVerdict["origin"]) =>
    `${what} ${origin?.policy} ${origin?.rule} ${origin?.effect}`;
  if (verdict.kind === "denied") return told("denied", verdict.origin);
  if (verdict.kind === "allowed") return told(verdict.audit === undefined ? "allowed" : "audited", verdict.origin);
  if (l7Request === undefined) return told("depends", verdict.origin);
  const declaration = EXTENSIONS.get("cache");
  assert.ok(declaration);
  if (verdict.parser !== "cache") return told(verdict.mode === "enforce" ? "denied" : "allowed", undefined);
  const { allowed, audited, origin } = verdict.matcher.match(tracedRequest(declaration, l7Request).request);
  return told(allowed ? (audited ? "audited" : "allowed") : "denied", origin);
}

function traced({ verdict, rule: origin }: JudgedDirection): string {
  return `${verdict} ${origin?.policy} ${origin?.rule} ${origin?.effect}`;
}

test("the verdict and the rule of a trace are those of the policy that endpoints get", async () => {
  const allocator = new LocalIdentityAllocator();
  const identities: Identity[] = [];
  for (const labels of LABELS) identities.push(await allocator.allocate(labelSet(...labels)));
  const seen = new Map<string, number>();
  const modes = fc.constantFrom("default", "default", "always", "never");
  fc.assert(
    fc.property(documents, modes, fc.option(requests, { nil: undefined, freq: 1 }), (put, enforcement, request) => {
      const selectors = new SelectorCache(allocator);
      const repository = new PolicyRepository(selectors);
      repository.apply({ replaced: [], put, removed: [] });
      const context = { repository, selectors, extensions: EXTENSIONS, enforcement } as PolicyContext;
      const cache = new PolicyCache(context, () => {});
      for (const endpoint of identities) {
        for (const audit of [false, true]) {
          const policy = audit ? cache.get(endpoint).audited : cache.get(endpoint);
          for (const direction of ["ingress", "egress"] as const) {
            for (const peer of identities) {
              for (const port of PORTS) {
                const expected = enforced(policy[direction].lookup(peer.id, port), request);
                const traffic = {
                  peer: peer.labels,
                  port,
                  readRequest: () => {
                    const declaration = EXTENSIONS.get("cache");
                    if (request === undefined || declaration === undefined) return undefined;
                    return { parser: "cache", attributes: tracedRequest(declaration, request).request };
                  },
                };
                const asked = { identity: endpoint, audit };
                const byCache = traceDirection(
                  direction,
                  asked,
                  { ...traffic, selects: (cached) => cached.selects(peer.id) },
                  context,
                );
                const byLabels = traceDirection(
                  direction,
                  asked,
                  { ...traffic, selects: ({ selector: one }) => selectorMatches(one, peer.labels) },
                  context,
                );
                assert.equal(traced(byCache), expected);
                assert.equal(traced(byLabels), expected);
                nearRulesAreTrue(byCache);
                seen.set(byCache.verdict, (seen.get(byCache.verdict) ?? 0) + 1);
              }
            }
          }
        }
      }
    }),
    { numRuns: 200 },
  );
  for (const verdict of ["allowed", "denied", "audited", "depends"]) {
    assert.ok((seen.get(verdict) ?? 0) > 20, `${verdict}: ${seen.get(verdict)}`);
  }
});

/** Where nothing allows, no enforcing rule may claim to; and what decided does not stand among those that came close. */
function nearRulesAreTrue({ verdict, rule: decided, near }: JudgedDirection): void {
  for (const { rule: origin, audited, reasons } of near) {
    assert.ok(reasons.length > 0);
    assert.ok(origin.policy !== decided?.policy || origin.rule !== decided.rule);
    if (verdict === "denied" && decided === undefined && !audited) assert.ok(!reasons.includes("fits too"));
  }
}
