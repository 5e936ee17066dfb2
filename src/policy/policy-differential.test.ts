// Whole policies against a plain reading of the rules, under any sequence of changes.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { labels, rule } from "../../test/policies/arbitraries.ts";
import type { NumericIdentity, Port } from "../api/identity.ts";
import type { RuleOrigin } from "../api/rule-origin.ts";
import type { Identity } from "../identity/allocator.ts";
import { LocalIdentityAllocator } from "../identity/local-allocator.ts";
import { ReservedIdentity } from "../identity/reserved.ts";
import { cidrLabels } from "../labels/cidr-label.ts";
import type { ConnectionVerdict, Decision } from "./endpoint-policy.ts";
import { PolicyCache } from "./policy-cache.ts";
import { PolicyRepository } from "./repository.ts";
import type { EnforcementMode } from "./resolve.ts";
import { SelectorCache } from "./selector-cache.ts";
import type { DirectionPolicies } from "./selector-policy.ts";
import { EXTENSIONS, labelSet, policyDocument, prefix } from "./testing/documents.ts";
import {
  COMMANDS,
  enforces,
  identityOf,
  NOTHING,
  naiveClash,
  naiveOutcome,
  type Outcome,
  selects,
  type World,
} from "./testing/naive-engine.ts";

const MODES: readonly EnforcementMode[] = ["default", "always", "never"];
const PORTS = [80, 443, 9999] as Port[];

function outcomeOf(verdict: ConnectionVerdict): Outcome {
  if (verdict.kind === "denied") return { kind: "denied", by: placeOf(verdict.origin) };
  if (verdict.kind === "allowed") {
    return { kind: verdict.audit === undefined ? "allowed" : "audited", by: placeOf(verdict.origin) };
  }
  const { parser, matcher, mode } = verdict;
  const commands = COMMANDS.map((cmd) => commandOf(matcher.match({ cmd })));
  return { kind: "l7", parser, by: placeOf(verdict.origin), observe: mode === "observe", commands };
}

function commandOf({ allowed, audited, origin }: Decision): string {
  return `${allowed ? (audited ? "audited" : "allowed") : "denied"} by ${placeOf(origin)}`;
}

function placeOf(origin: RuleOrigin | undefined): string {
  if (origin === undefined) return NOTHING;
  return `${origin.effect === "missing" ? "missing in " : ""}${origin.policy} ${origin.rule}`;
}

// --- Random policies and random events.

const NETWORKS = ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "2001:db8::/32"];
const event = fc.oneof(
  {
    arbitrary: fc.record({
      kind: fc.constant("put" as const),
      key: fc.constantFrom("p", "q", "r"),
      mode: fc.constantFrom("enforce", "enforce", "audit"),
      rules: fc.array(rule, { maxLength: 3 }),
    }),
    weight: 6,
  },
  { arbitrary: fc.record({ kind: fc.constant("remove" as const), place: fc.nat() }), weight: 4 },
  { arbitrary: fc.record({ kind: fc.constant("come" as const), labels }), weight: 4 },
  { arbitrary: fc.record({ kind: fc.constant("go" as const), place: fc.nat() }), weight: 4 },
  fc.record({ kind: fc.constant("mode" as const), mode: fc.constantFrom<EnforcementMode>("default", ...MODES) }),
);

const API = { kind: "api", name: "api" } as const;

type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

/** What was compared, by what came out: a comparison that never meets a case proves nothing of it. */
const met = new Map<string, number>();
function count(what: string): void {
  met.set(what, (met.get(what) ?? 0) + 1);
}

/** Plays events and compares every lookup of every endpoint after each. */
async function play(initialMode: EnforcementMode, events: readonly Event[]): Promise<void> {
  const allocator = new LocalIdentityAllocator();
  const selectors = new SelectorCache(allocator);
  const repository = new PolicyRepository(selectors);
  const context = { repository, selectors, extensions: EXTENSIONS, enforcement: initialMode };
  const cache = new PolicyCache(context, () => {});
  const endpoints = [
    await allocator.allocate(labelSet("app=a", "env=x")),
    await allocator.allocate(labelSet("app=b")),
    await allocator.allocate(labelSet("$init")),
  ];
  for (const endpoint of endpoints) cache.get(endpoint);
  const workloads: Identity[] = [];
  for (const network of NETWORKS) await allocator.allocate(cidrLabels(prefix(network)));
  await allocator.allocate(cidrLabels(prefix("0.0.0.0/0")));
  /** What each endpoint last had in force without a clash. */
  const good = new Map<NumericIdentity, World>();
  /** What each endpoint has in force, and why. */
  const inForce = new Map<NumericIdentity, InForce>();
  /** What it had before that: a data plane may enforce it still. */
  const retired = new Map<NumericIdentity, InForce>();
  for (const step of events) {
    if (step.kind === "put" || step.kind === "remove") count("policy set");
    if (step.kind === "come") workloads.push(await allocator.allocate(labelSet(...step.labels)));
    else if (step.kind === "go") {
      const [gone] = workloads.splice(step.place % (workloads.length || 1), 1);
      if (gone) await allocator.release(gone.id);
    } else if (step.kind === "mode") {
      context.enforcement = step.mode;
      for (const endpoint of endpoints) cache.resolve(endpoint);
      repository.prune();
    } else {
      const present = repository.list();
      const gone = present[(step.kind === "remove" ? step.place : 0) % (present.length || 1)];
      const change = repository.apply({
        replaced: [],
        put: step.kind === "put" ? [policyDocument(step.key, step.rules, API, step.mode)] : [],
        removed: step.kind === "remove" && gone ? [gone.key] : [],
      });
      for (const endpoint of endpoints) if (change.affected.has(endpoint.id)) cache.resolve(endpoint);
      repository.prune();
    }
    cache.refresh();
    const identities = allocator.list();
    for (const endpoint of endpoints) {
      const now: World = { mode: context.enforcement, documents: repository.list(), identities };
      const policy = cache.get(endpoint);
      const clashes = naiveClash(now, endpoint, PORTS);
      assert.equal(policy.failure !== undefined, clashes, policy.failure ?? "a clash went unnoticed");
      compare({ ingress: now, egress: now }, endpoint, policy.audited, true);
      if (clashes) count("refused");
      else good.set(endpoint.id, now);
      const last = { ...(good.get(endpoint.id) ?? { mode: "default", documents: [] }), identities };
      const worlds = {
        ingress: fallback("ingress", now, last, endpoint),
        egress: fallback("egress", now, last, endpoint),
      };
      compare(worlds, endpoint, policy, false);
      const before = inForce.get(endpoint.id);
      if (before && before.policy.ingress !== policy.ingress) retired.set(endpoint.id, before);
      const old = retired.get(endpoint.id);
      if (old && (step.kind === "come" || step.kind === "go")) {
        count("retired");
        const { ingress, egress } = old.worlds;
        compare(
          { ingress: { ...ingress, identities }, egress: { ...egress, identities } },
          endpoint,
          old.policy,
          false,
        );
      }
      inForce.set(endpoint.id, { policy, worlds });
    }
  }
}

type Worlds = Readonly<Record<"ingress" | "egress", World>>;

interface InForce {
  readonly policy: DirectionPolicies;
  readonly worlds: Worlds;
}

/** What a direction goes by, given the last rules without a clash. Where those left open what the newest close: nothing. */
function fallback(direction: "ingress" | "egress", now: World, last: World, endpoint: Identity): World {
  const ruled = last.documents.some(
    (one) => one.mode === "enforce" && one.rules.some((r) => selects(r.endpointSelector, endpoint.labels)),
  );
  const denied: World = { ...now, mode: "always", documents: [] };
  if (!naiveClash(now, endpoint, PORTS)) return now;
  return !ruled || (enforces(now, endpoint, direction) && !enforces(last, endpoint, direction)) ? denied : last;
}

function compare(worlds: Worlds, endpoint: Identity, policy: DirectionPolicies, auditsAll: boolean): void {
  for (const direction of ["ingress", "egress"] as const) {
    const world = worlds[direction];
    const strangers = [ReservedIdentity.Unknown, 65_000 as NumericIdentity];
    for (const id of [...strangers, ...world.identities.map((identity) => identity.id)]) {
      const remote = identityOf(world, id);
      for (const port of PORTS) {
        const verdict = policy[direction].lookup(id, port);
        const expected = naiveOutcome(world, endpoint, direction, remote, port, auditsAll);
        tally(expected);
        assert.deepEqual(outcomeOf(verdict), expected, `${direction} ${id} ${port}`);
        assert.equal(policy[direction].lookup(id, port), verdict, "the same object again");
      }
    }
  }
}

function tally(outcome: Outcome): void {
  count(outcome.kind);
  if (outcome.kind === "denied" && outcome.by !== NOTHING) count("deny rule");
  if (outcome.kind !== "l7") return;
  if (outcome.observe) count("observed");
  for (const command of outcome.commands) count(command.replace(/ by .*/, "").concat(" request"));
  if (outcome.commands.some((command) => command.startsWith("denied by p"))) count("l7 deny rule");
}

for (const [mode, numRuns] of [
  ["default", 4000],
  ["always", 200],
  ["never", 50],
] as const) {
  test(`policies agree with a plain reading of the rules (enforcement: ${mode})`, async () => {
    const property = fc.asyncProperty(fc.array(event, { maxLength: 12 }), (events) => play(mode, events));
    await fc.assert(property, { numRuns });
  });
}

test("10,000 policy sets were compared, and every kind of outcome was met", (t) => {
  t.diagnostic(JSON.stringify(Object.fromEntries(met)));
  assert.ok((met.get("policy set") ?? 0) >= 10_000);
  for (const what of [
    "refused",
    "retired",
    "denied",
    "deny rule",
    "allowed",
    "audited",
    "l7",
    "observed",
    "allowed request",
    "denied request",
    "audited request",
    "l7 deny rule",
  ]) {
    assert.ok((met.get(what) ?? 0) > 100, `${what}: ${met.get(what) ?? 0} times`);
  }
});
