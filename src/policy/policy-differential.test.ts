// Whole policies against a plain reading of the rules, under any sequence of changes.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { NumericIdentity, Port } from "../api/identity.ts";
import type { Identity } from "../identity/allocator.ts";
import { LocalIdentityAllocator } from "../identity/local-allocator.ts";
import { ReservedIdentity } from "../identity/reserved.ts";
import type { LabelSet } from "../labels/label-set.ts";
import type { ConnectionVerdict, DirectionPolicy } from "./endpoint-policy.ts";
import { PolicyCache } from "./policy-cache.ts";
import { PolicyRepository } from "./repository.ts";
import type { EnforcementMode } from "./resolve.ts";
import type { EndpointSelector, PolicyDocument } from "./rule.ts";
import { SelectorCache } from "./selector-cache.ts";
import { EXTENSIONS, type ItemSketch, labelSet, policyDocument, type RuleSketch } from "./testing/documents.ts";

const PORTS = [80, 443, 9999] as Port[];
const COMMANDS = ["get", "set", "quit"];

interface World {
  readonly mode: EnforcementMode;
  readonly documents: readonly PolicyDocument[];
  readonly identities: readonly Identity[];
}

// --- The plain reading: no caches, no indexes, every rule looked at every time.

interface Allowance {
  readonly everybody: boolean;
  readonly selectors: readonly EndpointSelector[];
  readonly ports: readonly number[] | "all";
  readonly parser: string | undefined;
  readonly rules: readonly { fields: Readonly<Record<string, string>>; rule: string }[];
  readonly policy: string;
  readonly rule: string;
}

function selects(selector: EndpointSelector, labels: LabelSet): boolean {
  return selector.matchLabels.every(({ source, key, value }) =>
    labels.labels.some((label) => label.key === key && label.value === value && [label.source, "any"].includes(source)),
  );
}

function plainAllowances(
  { mode, documents }: World,
  endpoint: Identity,
  direction: "ingress" | "egress",
): Allowance[] | "open" {
  const found: Allowance[] = [];
  let enforced = mode === "always" || endpoint.id === ReservedIdentity.Init;
  for (const document of [...documents].sort((a, b) => (a.key < b.key ? -1 : 1))) {
    for (const rule of document.rules) {
      if (!selects(rule.endpointSelector, endpoint.labels)) continue;
      if (rule[direction].length > 0) enforced = true;
      for (const item of rule[direction]) {
        if (item.peers.kind === "none") continue;
        const selectors = "selectors" in item.peers ? item.peers.selectors : [];
        const everybody =
          item.peers.kind === "any"
            ? item.toPorts !== undefined
            : selectors.some((one) => one.matchLabels.length === 0);
        const base = { everybody, selectors, policy: document.key };
        const path = `${rule.path}.${item.path}`;
        if (!item.toPorts) found.push({ ...base, ports: "all", parser: undefined, rules: [], rule: path });
        for (const { ports, l7, path: portPath } of item.toPorts ?? []) {
          found.push({
            ...base,
            ports: ports.filter(({ protocol }) => protocol !== "UDP").map(({ port }) => port),
            parser: l7?.parser,
            rules: (l7?.rules ?? []).map((one) => ({ fields: one.fields, rule: `${path}.${portPath}.${one.path}` })),
            rule: `${path}.${portPath}`,
          });
        }
      }
    }
  }
  return enforced && mode !== "never" ? found : "open";
}

function plainVerdict(allowances: Allowance[] | "open", remote: Identity | undefined, port: Port): string {
  if (allowances === "open") return "allowed by nothing";
  const applicable = allowances.filter(
    (one) =>
      (one.everybody || (remote && one.selectors.some((selector) => selects(selector, remote.labels)))) &&
      (one.ports === "all" || one.ports.includes(port)),
  );
  const first = applicable[0];
  const parsers = [...new Set(applicable.flatMap((one) => one.parser ?? []))];
  if (!first || parsers.length > 1) return "denied";
  if (parsers.length === 0) return `allowed by ${first.policy} ${first.rule}`;
  const decisions = COMMANDS.map((cmd) => {
    for (const one of applicable) {
      if (one.parser === undefined) return `${one.policy} ${one.rule}`;
      const fits = one.rules.find(({ fields }) => fields["cmd"] === undefined || fields["cmd"] === cmd);
      if (fits) return `${one.policy} ${fits.rule}`;
    }
    return "denied";
  });
  return `${parsers[0]} by ${first.policy} ${first.rule}: ${decisions.join(", ")}`;
}

/** Whether two allowances ask for different extensions on one port for peers that are, or might be, the same. */
function plainClash(allowances: Allowance[] | "open", identities: readonly Identity[]): boolean {
  if (allowances === "open") return false;
  const meets = (a: Allowance, b: Allowance): boolean =>
    (a.everybody && (b.everybody || b.selectors.length > 0)) ||
    a.selectors.some((one) => b.selectors.some((other) => one.key === other.key)) ||
    identities.some(
      ({ labels }) =>
        a.selectors.some((one) => selects(one, labels)) && b.selectors.some((other) => selects(other, labels)),
    );
  return allowances.some((a) =>
    allowances.some(
      (b) =>
        a.parser !== undefined &&
        b.parser !== undefined &&
        a.parser !== b.parser &&
        PORTS.some((port) => [a, b].every(({ ports }) => ports !== "all" && ports.includes(port))) &&
        (meets(a, b) || meets(b, a)),
    ),
  );
}

function verdictText(verdict: ConnectionVerdict): string {
  if (verdict.kind === "denied") return "denied";
  const origin = verdict.origin ? `${verdict.origin.policy} ${verdict.origin.rule}` : "nothing";
  if (verdict.kind === "allowed") return `allowed by ${origin}`;
  const decisions = COMMANDS.map((cmd) => {
    const decision = verdict.matcher.match({ cmd });
    assert.equal(decision.allowed, decision.origin !== undefined);
    return decision.origin ? `${decision.origin.policy} ${decision.origin.rule}` : "denied";
  });
  return `${verdict.parser} by ${origin}: ${decisions.join(", ")}`;
}

// --- Random policies and random events.

const LABELS = ["app=a", "app=b", "env=x", "k8s:env=y"];
const oneOfEach = (text: string): string => text.replace(/=.*|k8s:/g, "");
const labels = fc.uniqueArray(fc.constantFrom(...LABELS), { maxLength: 2, selector: oneOfEach });
const wanted = fc.oneof({ arbitrary: labels, weight: 5 }, fc.constant(["reserved:world"]));
const l7 = fc.record({
  parser: fc.oneof({ arbitrary: fc.constant("alpha"), weight: 9 }, fc.constant("beta")),
  rules: fc.array(
    fc.oneof(
      fc.constantFrom(...COMMANDS).map((cmd) => ({ cmd })),
      fc.constant<Record<string, string>>({}),
    ),
    { maxLength: 2 },
  ),
});
const portNames = fc.uniqueArray(fc.constantFrom("80", "443", "443/ANY", "80/UDP"), { maxLength: 2 });
const toPorts = fc.array(fc.record({ ports: portNames, l7 }, { requiredKeys: ["ports"] }), { maxLength: 2 });
const item: fc.Arbitrary<ItemSketch> = fc.record(
  {
    peers: fc.oneof(
      { arbitrary: fc.array(wanted, { maxLength: 2 }), weight: 4 },
      fc.constantFrom<"any" | "none">("any", "none"),
    ),
    toPorts,
  },
  { requiredKeys: ["peers"] },
);
const rule: fc.Arbitrary<RuleSketch> = fc.record(
  { selects: labels, ingress: fc.array(item, { maxLength: 3 }), egress: fc.array(item, { maxLength: 2 }) },
  { requiredKeys: ["selects"] },
);
const event = fc.oneof(
  fc.record({
    kind: fc.constant("put" as const),
    key: fc.constantFrom("p", "q", "r"),
    rules: fc.array(rule, { maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant("remove" as const), place: fc.nat() }),
  fc.record({ kind: fc.constant("come" as const), labels }),
  fc.record({ kind: fc.constant("go" as const), place: fc.nat() }),
);

type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

/** Plays events and compares every lookup of every endpoint after each. Returns how often a policy was refused. */
async function play(mode: EnforcementMode, events: readonly Event[]): Promise<number> {
  const allocator = new LocalIdentityAllocator();
  const selectors = new SelectorCache(allocator);
  const repository = new PolicyRepository(selectors);
  const cache = new PolicyCache({ repository, selectors, extensions: EXTENSIONS, enforcement: mode }, () => {});
  const endpoints = [
    await allocator.allocate(labelSet("app=a", "env=x")),
    await allocator.allocate(labelSet("app=b")),
    await allocator.allocate(labelSet("$init")),
  ];
  for (const endpoint of endpoints) cache.get(endpoint);
  const workloads: Identity[] = [];
  /** What each endpoint last had in force; nothing where no rule selected it. */
  const good = new Map<NumericIdentity, readonly PolicyDocument[]>();
  let refused = 0;
  for (const step of events) {
    if (step.kind === "come") workloads.push(await allocator.allocate(labelSet(...step.labels)));
    else if (step.kind === "go") {
      const [gone] = workloads.splice(step.place % (workloads.length || 1), 1);
      if (gone) await allocator.release(gone.id);
    } else {
      const present = repository.list();
      const gone = present[(step.kind === "remove" ? step.place : 0) % (present.length || 1)];
      const change = repository.apply({
        replaced: [],
        put: step.kind === "put" ? [policyDocument(step.key, step.rules, { kind: "api", name: "api" })] : [],
        removed: step.kind === "remove" && gone ? [gone.key] : [],
      });
      for (const endpoint of endpoints) if (change.affected.has(endpoint.id)) cache.resolve(endpoint);
      repository.prune();
    }
    cache.refresh();
    const identities = allocator.list();
    for (const endpoint of endpoints) {
      const now: World = { mode, documents: repository.list(), identities };
      const policy = cache.get(endpoint);
      const clashes = (["ingress", "egress"] as const).some((direction) =>
        plainClash(plainAllowances(now, endpoint, direction), identities),
      );
      assert.equal(policy.failure !== undefined, clashes, policy.failure ?? "a clash went unnoticed");
      if (clashes) refused++;
      else good.set(endpoint.id, now.documents);
      const documents = good.get(endpoint.id) ?? [];
      const closed =
        clashes && !documents.some((one) => one.rules.some((r) => selects(r.endpointSelector, endpoint.labels)));
      compare({ ...now, mode: closed ? "always" : mode, documents }, endpoint, policy);
    }
  }
  return refused;
}

function compare(
  world: World,
  endpoint: Identity,
  policy: { readonly ingress: DirectionPolicy; readonly egress: DirectionPolicy },
): void {
  for (const direction of ["ingress", "egress"] as const) {
    const allowances = plainAllowances(world, endpoint, direction);
    const { enforced, lookup } = {
      enforced: policy[direction].enforced,
      lookup: policy[direction].lookup.bind(policy[direction]),
    };
    assert.equal(enforced, allowances !== "open");
    const strangers = [ReservedIdentity.Unknown, 65_000 as NumericIdentity];
    for (const id of [...strangers, ...world.identities.map((identity) => identity.id)]) {
      const remote = world.identities.find((identity) => identity.id === id);
      for (const port of PORTS) {
        const verdict = lookup(id, port);
        assert.equal(verdictText(verdict), plainVerdict(allowances, remote, port), `${direction} ${id} ${port}`);
        assert.equal(lookup(id, port), verdict, "the same object again");
      }
    }
  }
}

for (const mode of ["default", "always", "never"] as const) {
  test(`policies agree with a plain reading of the rules (enforcement: ${mode})`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 12 }), async (events) => {
        await play(mode, events);
      }),
      { numRuns: mode === "default" ? 300 : 50 },
    );
  });
}

test("the random events do meet refused policies", async () => {
  let refused = 0;
  for (const events of fc.sample(fc.array(event, { minLength: 12, maxLength: 12 }), { numRuns: 60, seed: 1 })) {
    refused += await play("default", events);
  }
  assert.ok(refused > 10, `${refused} refused`);
});
