import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import type { ExtensionDeclaration } from "../../api/extension.ts";
import type { NumericIdentity, PolicyRevision, Port } from "../../api/identity.ts";
import { NetworkPolicySchema } from "../../api/proto/weir/v1/resources_pb.ts";
import { LocalIdentityAllocator } from "../../identity/local-allocator.ts";
import { parseAddress } from "../../lib/ip/address.ts";
import { parsePrefix } from "../../lib/ip/prefix.ts";
import { describable } from "../../policy/description/describable.ts";
import { encodePolicy } from "../../policy/description/encode-policy.ts";
import type { ExtensionSource } from "../../policy/extension-source.ts";
import { PolicyRepository } from "../../policy/repository.ts";
import { resolve } from "../../policy/resolve.ts";
import { SelectorCache } from "../../policy/selector-cache.ts";
import {
  EXTENSIONS,
  type ItemSketch,
  labelSet,
  policyDocument,
  type RuleSketch,
} from "../../policy/testing/documents.ts";
import { encodeAddress } from "../../resources/address-resource.ts";
import { encodeEndpoint } from "../../resources/endpoint-resource.ts";
import { encodeIdentity } from "../../resources/identity-resource.ts";
import { rulesName } from "../../resources/policy-rules-resource.ts";
import type { Resource, ResourceKind } from "../../xds/resource.ts";
import { KeptResources } from "./kept-resources.ts";
import { replay } from "./last-good.ts";
import { PolicyWorld } from "./policy-world.ts";
import { SharedRules } from "./rules-in-use.ts";
import { TestTarget } from "./testing/test-target.ts";

const PORT = 80 as Port;
const A: ItemSketch = { peers: [["app=a"]] };
const read = (parser: string, ...rules: Record<string, string>[]): NonNullable<ItemSketch["toPorts"]> => [
  { ports: ["80"], l7: { parser, rules } },
];

/** A policy, and the rules that it refers to. */
interface Policy extends Resource {
  readonly rules: Resource;
}

/** The policy of endpoints with the label `app=e`, as an agent would deliver it; its own numbers do not matter. */
async function policy(
  name: string,
  items: readonly ItemSketch[],
  { audit = false, id = 300, extensions = EXTENSIONS, mode = "enforce" as const } = {},
): Promise<Policy> {
  const allocator = new LocalIdentityAllocator();
  const selectors = new SelectorCache(allocator);
  const repository = new PolicyRepository(selectors);
  const rules: RuleSketch[] = [{ selects: ["app=e"], ingress: items }];
  const api = { kind: "api", name: "api" } as const;
  repository.apply({ replaced: [], put: [policyDocument("p", rules, api, mode)], removed: [] });
  const identity = await allocator.allocate(labelSet("app=e"));
  const context = { repository, selectors, extensions, enforcement: "default" } as const;
  const resolved = resolve(identity, context, { selectionChanged: undefined });
  const parts = { endpoint: name, identity: id as NumericIdentity, revision: 7 as PolicyRevision };
  const description = describable({ ...parts, ...(audit ? resolved.audited : resolved.policies) }).description?.();
  assert.ok(description);
  const messages = encodePolicy(description, rulesName);
  assert.ok(messages.rules);
  return { ...resource(name, messages.policy), rules: resource(messages.rules.name, messages.rules.bytes) };
}

function resource(name: string, value: Uint8Array): Resource {
  return { name, version: "1", value };
}

function identity(id: number, ...labels: string[]): Resource {
  return resource(String(id), encodeIdentity({ id: id as NumericIdentity, labels: labelSet(...labels) }));
}

function address(text: string, id: number): Resource {
  const prefix = parsePrefix(text);
  assert.ok(prefix);
  return resource(prefix.toString(), encodeAddress({ prefix, identity: id as NumericIdentity }));
}

function endpoint(name: string, id: number): Resource {
  return resource(name, encodeEndpoint({ name, identity: id as NumericIdentity, addresses: [] }));
}

class Host {
  readonly target = new TestTarget();
  readonly world: PolicyWorld;
  private former: KeptResources | undefined;
  /** What it would leave on disk. */
  private kept = new KeptResources("one");

  constructor(extensions: ExtensionSource = EXTENSIONS) {
    this.world = new PolicyWorld(this.target, extensions);
  }

  /** Another agent delivers from now on. */
  begin(): void {
    this.former = this.kept;
    this.kept = new KeptResources("another");
    this.world.begin("another");
  }

  /** Its successor, which finds no agent. */
  async resumed(): Promise<Host> {
    const next = new Host();
    assert.deepEqual(await replay(this.kept.lastGood(), next.world), []);
    return next;
  }

  /** Rules come before the policies that refer to them. */
  async put(kind: ResourceKind, ...put: (Resource | Policy)[]): Promise<string | undefined> {
    const rules = put.flatMap((one) => ("rules" in one ? [one.rules] : []));
    if (rules.length > 0) assert.equal(await this.put("PolicyRules", ...rules), undefined);
    const reason = await this.world.update({ kind, put, removed: [] });
    this.kept.note({ kind, put, removed: [] }, reason === undefined, this.former ?? this.kept);
    return reason;
  }

  remove(kind: ResourceKind, ...removed: string[]): Promise<string | undefined> {
    return this.world.update({ kind, put: [], removed });
  }

  /** Endpoint `e` of identity 300, with label `app=e`, and `app=a` as 301. */
  async known(): Promise<void> {
    assert.equal(await this.put("Identity", identity(300, "app=e"), identity(301, "app=a")), undefined);
    assert.equal(await this.put("Endpoint", endpoint("e", 300)), undefined);
  }

  verdict(id: number, name = "e"): string | undefined {
    const verdict = this.target.policies.get(name)?.ingress.lookup(id as NumericIdentity, PORT);
    return verdict && [verdict.kind, verdict.kind === "l7" ? verdict.parser : verdict.origin?.policy].join(" ");
  }

  identityOf(text: string): number {
    const parsed = parseAddress(text);
    assert.ok(parsed);
    return this.world.ofAddress(parsed).identity;
  }
}

test("a refused policy leaves the last good one in force, and the reason says why", async () => {
  const host = new Host();
  await host.known();
  assert.equal(await host.put("NetworkPolicy", await policy("e", [A])), undefined);
  const good = host.target.policies.get("e");
  assert.equal(good?.revision, 7);
  const unknown = new Map([["gamma", { name: "gamma", version: "1.0.0", fields: { cmd: { exact: true as const } } }]]);
  const open: ItemSketch = { peers: "any", toPorts: read("beta") };
  for (const [refused, reason] of [
    [resource("e", Uint8Array.of(255, 1, 2)), /cannot be read/],
    [resource("e", new Uint8Array(17 * 1024 * 1024)), /more than the limit/],
    [{ ...(await policy("f", [A])), name: "e" }, /is named "e", and is that of "f"/],
    [
      await policy("e", [{ ...A, toPorts: read("gamma") }], { extensions: unknown }),
      /no extension for l7proto "gamma"/,
    ],
    [await policy("e", [{ ...A, toPorts: read("alpha", { nope: "x" }) }]), /"alpha" has no field "nope"/],
    [await policy("e", [{ peers: "any", toPorts: read("alpha") }, open]), /two extensions for the same peers/],
  ] as const) {
    assert.match((await host.put("NetworkPolicy", refused)) ?? "accepted", reason);
    assert.ok(host.target.policies.get("e") === good);
  }
  assert.equal(host.verdict(301), "allowed p");
});

test("without a last good policy everything is denied", async () => {
  const host = new Host();
  await host.known();
  assert.ok(await host.put("NetworkPolicy", resource("e", Uint8Array.of(255))));
  assert.equal(host.verdict(301), "denied ");
  assert.equal(await host.put("NetworkPolicy", await policy("e", [A])), undefined);
  assert.equal(host.verdict(301), "allowed p");
});

test("a policy that was good for other labels is nothing to fall back to", async () => {
  const host = new Host();
  await host.known();
  await host.put("NetworkPolicy", await policy("e", [A]));
  await host.put("Identity", identity(302, "app=other"));
  await host.put("Endpoint", endpoint("e", 302));
  assert.ok(await host.put("NetworkPolicy", resource("e", Uint8Array.of(255))));
  assert.equal(host.verdict(301), "denied ");
  assert.equal((await host.resumed()).verdict(301), "denied ", "nor for whoever comes after it");
});

test("a policy that cannot even be looked at is refused as others are", async () => {
  let broken = false;
  const get = (name: string): ExtensionDeclaration | undefined => {
    if (broken) throw new Error("no memory left");
    return EXTENSIONS.get(name);
  };
  const host = new Host({ get });
  await host.known();
  await host.put("NetworkPolicy", await policy("e", [A]));
  await host.put("Identity", identity(302, "app=other"));
  await host.put("Endpoint", endpoint("e", 302));
  broken = true;
  const next = await policy("e", [{ ...A, toPorts: read("alpha", { cmd: "get" }) }]);
  assert.match((await host.put("NetworkPolicy", next)) ?? "", /no memory left/);
  assert.equal(host.verdict(301), "denied ");
  broken = false;
  assert.equal(await host.put("NetworkPolicy", next), undefined, "the reason is gone, too");
  assert.equal(host.verdict(301), "l7 alpha");
});

test("another agent's refused policy leaves the last good rules in force, under the new numbers", async () => {
  const host = new Host();
  await host.known();
  await host.put("Identity", identity(302, "app=other"));
  await host.put("Endpoint", endpoint("f", 302));
  await host.put("NetworkPolicy", await policy("e", [A]));
  await host.put("NetworkPolicy", await policy("f", [A], { id: 302 }));
  const before = host.target.policies.get("e");
  host.begin();
  await host.put("Identity", identity(300, "app=a"), identity(301, "app=e"), identity(302, "app=b"));
  await host.put("Endpoint", endpoint("e", 301), endpoint("f", 302));
  assert.ok(await host.put("NetworkPolicy", resource("e", Uint8Array.of(255))));
  assert.ok(await host.put("NetworkPolicy", resource("f", Uint8Array.of(255))));
  assert.ok(host.target.policies.get("e") === before);
  await host.world.synced();
  assert.equal(host.target.policies.get("e")?.identity, 301);
  assert.deepEqual([host.verdict(300), host.verdict(301)], ["allowed p", "denied "]);
  assert.equal(host.verdict(300, "f"), "denied ", "it has other labels now");
  const resumed = await host.resumed();
  assert.equal(resumed.target.policies.get("e")?.identity, 301);
  assert.deepEqual([resumed.verdict(300), resumed.verdict(301)], ["allowed p", "denied "]);
  assert.equal(resumed.verdict(300, "f"), "denied ");
});

test("a number that means other labels is taken from all that had it", async () => {
  const host = new Host();
  await host.known();
  await host.put("Address", address("10.0.0.1/32", 301), address("10.0.0.0/8", 300));
  await host.put("NetworkPolicy", await policy("e", [A]));
  assert.deepEqual([host.identityOf("10.0.0.1"), host.verdict(301)], [301, "allowed p"]);
  host.target.calls.length = 0;
  await host.put("Identity", identity(301, "app=b"));
  assert.deepEqual([host.identityOf("10.0.0.1"), host.verdict(301)], [300, "denied "]);
  assert.deepEqual(host.target.calls, ["identitiesChanged"]);
  assert.equal((await host.resumed()).identityOf("10.0.0.1"), 300, "nor is it given back to them on disk");
  await host.put("Identity", identity(300, "app=f"));
  assert.equal(host.world.ofEndpoint("e"), undefined);
  const resumed = await host.resumed();
  assert.equal(resumed.world.ofEndpoint("e"), undefined);
  assert.equal(resumed.identityOf("10.0.0.1"), 2);
});

test("what says who is who comes as a whole, or not at all", async () => {
  const host = new Host();
  await host.known();
  for (const [kind, good, bad, reason] of [
    ["Identity", identity(303, "app=c"), identity(304, "app=d"), /it is that of 304/],
    ["Address", address("10.0.0.1", 301), address("10.0.0.2", 301), /it is that of 10.0.0.2\/32/],
    ["Endpoint", endpoint("x", 301), endpoint("y", 301), /it is that of "y"/],
  ] as const) {
    assert.match((await host.put(kind, good, { ...bad, name: "1" })) ?? "accepted", reason);
    assert.match((await host.put(kind, good, resource("1", Uint8Array.of(255)))) ?? "accepted", /cannot be decoded/);
  }
  assert.match(
    (await host.put("Address", address("10.0.0.1", 301), address("10.0.0.2", 9))) ?? "",
    /identity 9 is not/,
  );
  assert.match((await host.put("Endpoint", endpoint("x", 9))) ?? "", /identity 9 is not known/);
  assert.equal(host.identityOf("10.0.0.1"), 2);
  assert.equal(host.world.ofEndpoint("x"), undefined);
  assert.match((await host.put("Listener", endpoint("x", 301))) ?? "", /nothing that policy is made of/);
});

test("endpoints with the same rules share what is compiled; what nobody has any more is given back", async () => {
  const host = new Host();
  await host.known();
  await host.put("Endpoint", endpoint("f", 300));
  await host.put("NetworkPolicy", await policy("e", [A]));
  await host.put("NetworkPolicy", await policy("f", [A]));
  const [e, f] = [host.target.policies.get("e"), host.target.policies.get("f")];
  // Not compared by `equal`: it would take minutes to say how they differ.
  assert.ok(e !== undefined && e.ingress === f?.ingress);
  await host.put("NetworkPolicy", await policy("e", []));
  assert.ok(host.target.policies.get("e")?.ingress !== f?.ingress);
  assert.equal(host.verdict(301, "f"), "allowed p");
  await host.put("Endpoint", endpoint("g", 300));
  await host.put("NetworkPolicy", await policy("g", [A]));
  assert.ok(host.target.policies.get("g")?.ingress === f?.ingress, "f kept them");
  await host.world.update({ kind: "NetworkPolicy", put: [], removed: ["f"] });
  assert.equal(host.target.policies.has("f"), false);
  // A policy that is enforced still, for want of an answer, knows those that come.
  await host.put("Identity", identity(305, "app=a"));
  assert.equal(f?.ingress.lookup(305 as NumericIdentity, PORT).kind, "allowed");
});

test("rules that nobody has any more are given back, and their selectors too", async () => {
  const selectors = new SelectorCache(new LocalIdentityAllocator());
  const shared = new SharedRules(selectors, EXTENSIONS);
  const { rules } = await policy("e", [A]);
  assert.equal(shared.change([rules], []), undefined);
  const [one, two] = [shared.acquire(rules.name), shared.acquire(rules.name)];
  assert.ok("rules" in one && "rules" in two && one.rules === two.rules);
  shared.release(one.rules);
  assert.deepEqual([shared.size, selectors.size], [1, 1]);
  shared.release(two.rules);
  assert.deepEqual([shared.size, selectors.size], [0, 0]);
});

test("a policy whose rules cannot be used is refused for their reason, alone", async () => {
  const host = new Host();
  await host.known();
  await host.put("Endpoint", endpoint("f", 300));
  const good = await policy("e", [A]);
  await host.put("NetworkPolicy", good, await policy("f", [A]));
  const inForce = host.target.policies.get("e");
  const next = await policy("e", [A, { peers: [["app=b"]] }]);
  const refuse = async (reason: RegExp): Promise<void> => {
    assert.match((await host.world.update({ kind: "NetworkPolicy", put: [next], removed: [] })) ?? "", reason);
    assert.ok(host.target.policies.get("e") === inForce);
    assert.equal(await host.put("NetworkPolicy", await policy("f", [A])), undefined);
  };
  await refuse(/^its rules have not been delivered$/);
  await host.put("PolicyRules", { ...next.rules, value: good.rules.value });
  await refuse(/not those that their name says/);
  const damaged = { ...next.rules, value: Uint8Array.of(255, 1, 2) };
  await host.put("PolicyRules", { ...damaged, name: rulesName(damaged.value) });
  await refuse(/not those that their name says/);
  const named = fromBinary(NetworkPolicySchema, next.value);
  named.rules = rulesName(damaged.value);
  const damagedPolicy = {
    ...next,
    value: toBinary(NetworkPolicySchema, named),
    rules: { ...damaged, name: named.rules },
  };
  for (const name of ["e", "f"]) {
    named.endpoint = name;
    const one = { ...damagedPolicy, name, value: toBinary(NetworkPolicySchema, named) };
    assert.match((await host.put("NetworkPolicy", one)) ?? "", /^the rules cannot be read: /);
  }
  assert.equal(await host.put("NetworkPolicy", next), undefined);
  assert.equal(host.verdict(301), "allowed p");
});

test("rules that the agent has taken away hold as long as a policy with them is in force", async () => {
  const host = new Host();
  await host.known();
  const good = await policy("e", [A]);
  await host.put("NetworkPolicy", good);
  assert.ok(await host.put("NetworkPolicy", resource("e", Uint8Array.of(255))));
  await host.remove("PolicyRules", good.rules.name);
  assert.equal(host.verdict(301), "allowed p");
  const again = { kind: "NetworkPolicy" as const, put: [good], removed: [] };
  assert.match((await host.world.update(again)) ?? "", /have not been delivered/);

  host.world.begin("another");
  await host.known();
  assert.ok(await host.put("NetworkPolicy", resource("e", Uint8Array.of(255))));
  await host.world.synced();
  assert.equal(host.verdict(301), "allowed p", "nobody has said what else holds");
  assert.equal(await host.put("NetworkPolicy", await policy("e", [{ peers: [["app=b"]] }])), undefined);
  assert.equal(host.verdict(301), "denied ");
});

test("more rules than endpoints can have are not taken", async () => {
  const host = new Host();
  const many = Array.from({ length: 131_070 }, (_, index) => resource(`${index}`, Uint8Array.of(1)));
  assert.equal(await host.world.update({ kind: "PolicyRules", put: many, removed: [] }), undefined);
  assert.equal(await host.put("PolicyRules", resource("0", Uint8Array.of(2))), undefined);
  assert.match(
    (await host.put("PolicyRules", resource("x", Uint8Array.of(1)))) ?? "",
    /more than 131070 sets of rules/,
  );
  await host.remove("PolicyRules", "0");
  assert.equal(await host.put("PolicyRules", resource("x", Uint8Array.of(1))), undefined);
});

test("traffic goes on while the expressions of a large policy are compiled", async () => {
  const fields = { cmd: { regex: true as const } };
  const host = new Host(new Map([["alpha", { name: "alpha", version: "1.0.0", fields }]]));
  await host.known();
  const rules = Array.from({ length: 2000 }, (_, index) => ({ cmd: `^key${index}[a-z]{1,50}/x.*y$` }));
  const large = await policy("e", [{ ...A, toPorts: read("alpha", ...rules) }]);
  let turns = 0;
  let done = false;
  const count = (): void => {
    turns++;
    if (!done) setImmediate(count);
  };
  setImmediate(count);
  assert.equal(await host.put("NetworkPolicy", large), undefined);
  done = true;
  assert.ok(turns > 2, `${turns}`);
  assert.equal(host.verdict(301), "l7 alpha");
});

test("two extensions at one peer deny that peer alone: only the agent knows who is there", async () => {
  const host = new Host();
  await host.known();
  const clash = [
    { peers: [["app=a"]], toPorts: read("alpha") },
    { peers: [["env=x"]], toPorts: read("beta") },
  ];
  await host.put("Identity", identity(305, "app=a", "env=x"));
  assert.equal(await host.put("NetworkPolicy", await policy("e", clash)), undefined);
  assert.deepEqual([host.verdict(301), host.verdict(305)], ["l7 alpha", "denied "]);
});

test("an endpoint in audit mode needs no extension that could refuse", async () => {
  const host = new Host(new Map());
  await host.known();
  const items = [{ ...A, toPorts: read("alpha", { cmd: "get" }) }];
  assert.match((await host.put("NetworkPolicy", await policy("e", items))) ?? "", /no extension for l7proto "alpha"/);
  assert.equal(await host.put("NetworkPolicy", await policy("e", items, { audit: true })), undefined);
  assert.equal(host.verdict(301), "allowed p");
});
