import assert from "node:assert/strict";
import { test } from "node:test";
import type { NumericIdentity, Port } from "../api/identity.ts";
import type { Identity } from "../identity/allocator.ts";
import { LocalIdentityAllocator } from "../identity/local-allocator.ts";
import type { ConnectionVerdict } from "./endpoint-policy.ts";
import type { ExtensionSource } from "./extension-source.ts";
import { PolicyCache } from "./policy-cache.ts";
import { PolicyRepository } from "./repository.ts";
import type { EnforcementMode, PolicyContext } from "./resolve.ts";
import { SelectorCache } from "./selector-cache.ts";
import { EXTENSIONS, type ItemSketch, labelSet, policyDocument } from "./testing/documents.ts";

const PORT = 80 as Port;
const API = { kind: "api", name: "api" } as const;

class Bench {
  readonly allocator = new LocalIdentityAllocator();
  readonly selectors = new SelectorCache(this.allocator);
  readonly repository = new PolicyRepository(this.selectors);
  readonly context: PolicyContext & { enforcement: EnforcementMode };
  readonly cache: PolicyCache;
  endpoint!: Identity;
  staleCalls = 0;

  constructor(enforcement: EnforcementMode) {
    const { repository, selectors } = this;
    this.context = { repository, selectors, extensions: EXTENSIONS, enforcement };
    this.cache = new PolicyCache(this.context, () => this.staleCalls++);
  }

  static async create(enforcement: EnforcementMode = "default"): Promise<Bench> {
    const bench = new Bench(enforcement);
    bench.endpoint = await bench.identity("app=db");
    return bench;
  }

  identity(...texts: string[]): Promise<Identity> {
    return this.allocator.allocate(labelSet(...texts));
  }

  /** Replaces the document of this name by one with these ingress items for the endpoint. */
  put(key: string, ...ingress: ItemSketch[]): void {
    const put = [policyDocument(key, [{ selects: ["app=db"], ingress }], API)];
    this.repository.apply({ replaced: [], put, removed: [] });
    this.cache.resolve(this.endpoint);
    this.repository.prune();
  }

  remove(key: string): void {
    this.repository.apply({ replaced: [], put: [], removed: [key] });
    this.cache.resolve(this.endpoint);
    this.repository.prune();
  }

  lookup(remote: Identity | NumericIdentity, port: Port = PORT): ConnectionVerdict {
    return this.cache.get(this.endpoint).ingress.lookup(typeof remote === "number" ? remote : remote.id, port);
  }

  get failure(): string | undefined {
    return this.cache.get(this.endpoint).failure;
  }
}

function l7(label: string, parser: string, ...commands: string[]): ItemSketch {
  return { peers: [[label]], toPorts: [{ ports: ["80"], l7: { parser, rules: commands.map((cmd) => ({ cmd })) } }] };
}

function allows(verdict: ConnectionVerdict, cmd: string): string | undefined {
  assert.equal(verdict.kind, "l7");
  return verdict.kind === "l7" ? verdict.matcher.match({ cmd }).origin?.rule : undefined;
}

test("decisions name the rule that allowed, down to the l7 rule", async () => {
  const bench = await Bench.create();
  const web = await bench.identity("app=web");
  bench.put("p", { peers: "none" }, l7("app=web", "alpha", "get", "set"));
  const verdict = bench.lookup(web);
  assert.equal(verdict.kind === "l7" && verdict.origin?.rule, "specs[0].ingress[1].toPorts[0]");
  assert.equal(allows(verdict, "set"), "specs[0].ingress[1].toPorts[0].rules.l7[1]");
  assert.equal(allows(verdict, "quit"), undefined);
  assert.equal(bench.lookup(web, 81 as Port).kind, "denied");
  assert.equal(bench.cache.get(bench.endpoint).revision, 2);
});

test("who is also let in without an L7 part may ask for everything, and others may not", async () => {
  const bench = await Bench.create();
  const web = await bench.identity("app=web");
  const admin = await bench.identity("role=admin");
  const both = await bench.identity("app=web", "role=admin");
  bench.put("a", l7("app=web", "alpha", "get"), l7("role=admin", "alpha", "set"));
  bench.put("b", { peers: [["role=admin"]] });
  assert.equal(allows(bench.lookup(web), "quit"), undefined);
  assert.equal(allows(bench.lookup(admin), "quit"), "specs[0].ingress[0]");
  assert.equal(allows(bench.lookup(both), "get"), "specs[0].ingress[0].toPorts[0].rules.l7[0]");
  assert.equal(bench.lookup(admin, 81 as Port).kind, "allowed");
  // The peers are missing: everybody on this port.
  bench.put("b", { peers: "any", toPorts: [{ ports: ["80/ANY"] }] });
  assert.equal(allows(bench.lookup(web), "quit"), "specs[0].ingress[0].toPorts[0]");
  assert.equal(bench.lookup(0 as NumericIdentity).kind, "allowed");
});

test("no l7 rules allow no request, and one without conditions allows every request", async () => {
  const bench = await Bench.create();
  const web = await bench.identity("app=web");
  bench.put("p", l7("app=web", "alpha"));
  assert.equal(allows(bench.lookup(web), "get"), undefined);
  const open = { parser: "alpha", rules: [{}] };
  bench.put("p", { peers: [["app=web"]], toPorts: [{ ports: ["80"], l7: open }] });
  assert.equal(allows(bench.lookup(web), "get"), "specs[0].ingress[0].toPorts[0].rules.l7[0]");
});

test("peers with the same rules share one verdict and its matcher, also when identities come", async () => {
  const bench = await Bench.create();
  bench.put("p", l7("app=web", "alpha", "get"));
  const one = await bench.identity("app=web", "n=1");
  const verdict = bench.lookup(one);
  assert.equal(verdict.kind, "l7");
  const other = await bench.identity("app=web", "n=2");
  assert.equal(bench.lookup(other), verdict);
  assert.equal(bench.lookup(one), verdict);
  assert.equal(bench.staleCalls, 0, "nobody has to be told: an identity's labels say what it may do");
});

test("what was found for an identity does not hold for the next one of its number", async () => {
  const bench = await Bench.create();
  bench.put("p", l7("app=web", "alpha", "get"));
  const web = await bench.identity("app=web");
  assert.equal(bench.lookup(web).kind, "l7");
  await bench.allocator.release(web.id);
  assert.equal(bench.lookup(web.id).kind, "denied");
});

test("two extensions for one peer are refused by name, and the last good policy stays", async () => {
  const bench = await Bench.create();
  const web = await bench.identity("app=web");
  bench.put("a", l7("app=web", "alpha", "get"));
  const before = bench.lookup(web);
  bench.put("b", { peers: "any", toPorts: [{ ports: ["80"], l7: { parser: "beta", rules: [] } }] });
  assert.match(
    bench.failure ?? "",
    /ingress port 80 .*"beta" \(policy b, specs\[0\]\.ingress\[0\]\.toPorts\[0\]\).*"alpha" \(policy a, /,
  );
  assert.equal(bench.lookup(web), before);
  assert.equal(bench.cache.get(bench.endpoint).revision, 2);

  const late = await bench.identity("app=web", "n=2");
  bench.cache.refresh();
  assert.equal(bench.lookup(late), before, "the last good rules, for the identities of now");
  await bench.allocator.release(late.id);
  bench.cache.refresh();
  assert.equal(bench.lookup(late).kind, "denied", "the number may come back with other labels");
  assert.ok(bench.failure);

  bench.remove("b");
  assert.equal(bench.failure, undefined);
  assert.equal(bench.cache.get(bench.endpoint).revision, 4);
});

test("whoever meets a requirement has all peers that it narrows, though nobody of them is there yet", async () => {
  for (const everybody of [[[]], [["app=web"], []]]) {
    const bench = await Bench.create();
    const beta = { parser: "beta", rules: [] };
    bench.put(
      "p",
      { peers: [], requires: [["env=x"]] },
      { peers: everybody, toPorts: [{ ports: ["80"], l7: beta }] },
      l7("app=web", "alpha", "get"),
    );
    assert.match(bench.failure ?? "", /port 80 has two extensions .*"beta" \(policy p, .*"alpha" \(policy p, /);
  }
});

test("without a last good policy everything is denied, even where nothing was enforced before", async () => {
  const bench = await Bench.create();
  const web = await bench.identity("app=web");
  assert.equal(bench.lookup(web).kind, "allowed");
  bench.put("p", l7("app=web", "alpha", "get"), l7("app=web", "beta", "get"), { peers: [["app=ops"]] });
  const policy = bench.cache.get(bench.endpoint);
  assert.match(policy.failure ?? "", /two extensions/);
  assert.equal(policy.revision, 0);
  for (const direction of [policy.ingress, policy.egress]) {
    assert.ok(direction.enforced);
    assert.equal(direction.lookup(web.id, PORT).kind, "denied");
  }
});

test("a direction that the last good policy left open is denied once a refused one speaks of it", async () => {
  const bench = await Bench.create();
  const web = await bench.identity("app=web");
  const egress = policyDocument("out", [{ selects: ["app=db"], egress: [{ peers: [["app=web"]] }] }], API);
  bench.repository.apply({ replaced: [], put: [egress], removed: [] });
  bench.cache.resolve(bench.endpoint);
  assert.equal(bench.lookup(web).kind, "allowed", "nothing speaks of ingress yet");
  bench.put("in", l7("app=web", "alpha", "get"), l7("app=web", "beta", "get"));
  assert.match(bench.failure ?? "", /two extensions/);
  assert.equal(bench.lookup(web).kind, "denied");
  const policy = bench.cache.get(bench.endpoint);
  assert.ok(policy.ingress.enforced);
  assert.equal(policy.egress.lookup(web.id, PORT).kind, "allowed", "egress stays as it was");
  assert.equal(policy.egress.lookup(99 as NumericIdentity, PORT).kind, "denied");
});

test("what was computed while less was enforced is nothing to fall back to", async () => {
  const bench = await Bench.create("never");
  const web = await bench.identity("app=web");
  bench.put("p", l7("app=web", "alpha", "get"), l7("app=web", "beta", "get"));
  assert.equal(bench.lookup(web).kind, "allowed");
  bench.context.enforcement = "default";
  bench.cache.resolve(bench.endpoint);
  assert.match(bench.failure ?? "", /two extensions/);
  assert.equal(bench.lookup(web).kind, "denied");
  assert.equal(bench.cache.get(bench.endpoint).egress.lookup(web.id, PORT).kind, "allowed", "no rule speaks of egress");
  bench.context.enforcement = "always";
  bench.cache.resolve(bench.endpoint);
  assert.equal(bench.cache.get(bench.endpoint).egress.lookup(web.id, PORT).kind, "denied");
});

test("what was in force before everything was read is nothing to fall back to", async () => {
  const bench = await Bench.create();
  const web = await bench.identity("app=web");
  bench.put("early", { peers: [["app=web"]] });
  bench.put("late", l7("app=web", "alpha", "get"), l7("app=web", "beta", "get"));
  assert.equal(bench.lookup(web).kind, "allowed", "the last good policy");
  assert.deepEqual(bench.cache.forgetLastGood(), [bench.endpoint.id]);
  assert.match(bench.failure ?? "", /two extensions/);
  assert.equal(bench.lookup(web).kind, "denied");
  assert.deepEqual(bench.cache.forgetLastGood(), [], "once is enough");
  bench.remove("late");
  assert.equal(bench.failure, undefined);
  assert.deepEqual(bench.cache.forgetLastGood(), [], "nothing is refused");
  assert.equal(bench.lookup(web).kind, "allowed");
});

test("a new identity that would meet two extensions is denied, and the others keep what they have", async () => {
  const bench = await Bench.create();
  const web = await bench.identity("app=web");
  bench.put("p", l7("app=web", "alpha", "get"), l7("role=admin", "beta", "get"));
  assert.equal(bench.failure, undefined);
  const both = await bench.identity("app=web", "role=admin");
  bench.cache.refresh();
  assert.match(bench.failure ?? "", /two extensions/);
  const verdict = bench.lookup(both);
  assert.match(verdict.kind === "denied" ? verdict.reason : "", /two extensions, alpha and beta/);
  assert.ok(allows(bench.lookup(web), "get"));
  await bench.allocator.release(both.id);
  bench.cache.refresh();
  assert.equal(bench.failure, undefined);
});

test("an extension that is not there is a failure, not an open port", async () => {
  const bench = await Bench.create();
  const web = await bench.identity("app=web");
  bench.put("p", l7("app=web", "gamma", "get"));
  assert.match(bench.failure ?? "", /no extension .*"gamma" \(policy p/);
  assert.equal(bench.lookup(web).kind, "denied");
});

test("rules that the extension does not take deny their peers", async () => {
  const bench = await Bench.create();
  const web = await bench.identity("app=web");
  const rules = [{ nonsense: "x" }];
  bench.put("p", { peers: [["app=web"]], toPorts: [{ ports: ["80"], l7: { parser: "alpha", rules } }] });
  const verdict = bench.lookup(web);
  assert.match(verdict.kind === "denied" ? verdict.reason : "", /rules for extension alpha cannot be used/);
});

test("what is forgotten holds no selectors and is not refreshed", async () => {
  const bench = await Bench.create();
  bench.put("p", l7("app=web", "alpha", "get"), l7("app=ops", "beta", "get"));
  assert.equal(bench.selectors.size, 3);
  bench.put("p", l7("app=web", "alpha", "get"));
  assert.equal(bench.selectors.size, 2);
  await bench.identity("app=web");
  bench.cache.forget(bench.endpoint.id);
  assert.deepEqual(bench.cache.refresh(), []);
  bench.repository.prune();
  assert.equal(bench.selectors.size, 1);
});

test("lookups stay the same objects however many were asked for", async () => {
  const bench = await Bench.create();
  const web = await bench.identity("app=web");
  bench.put("p", l7("app=web", "alpha", "get"), { peers: [["app=ops"]] });
  const verdict = bench.lookup(web);
  for (let id = 1000; id < 40_000; id++) bench.lookup(id as NumericIdentity);
  assert.equal(bench.lookup(web), verdict);
});

test("to ask again for problems costs no look at the rules, audited ones neither", async () => {
  const bench = await Bench.create();
  let looks = 0;
  const counting: ExtensionSource = {
    get(name) {
      looks++;
      return EXTENSIONS.get(name);
    },
  };
  const { repository, selectors } = bench;
  const cache = new PolicyCache({ repository, selectors, extensions: counting, enforcement: "default" }, () => {});
  const ingress = [l7("app=web", "alpha", "get"), l7("role=admin", "beta", "get"), l7("app=web", "gamma", "get")];
  const put = [policyDocument("p", [{ selects: ["app=db"], ingress }], API, "audit")];
  repository.apply({ replaced: [], put, removed: [] });
  cache.resolve(bench.endpoint);
  assert.match(cache.problems().get("p")?.join() ?? "", /no extension/);
  const before = looks;
  assert.equal(cache.problems().get("p")?.length, 2);
  assert.equal(looks, before);
  await bench.identity("app=web", "role=admin");
  assert.equal(cache.problems().get("p")?.length, 3, "who meets two extensions now is a new problem");
});
