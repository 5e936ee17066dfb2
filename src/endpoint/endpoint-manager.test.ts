import assert from "node:assert/strict";
import { test } from "node:test";
import type { Port } from "../api/identity.ts";
import type { Acknowledgement, DataPlane, DataPlaneStatus } from "../datapath/dataplane.ts";
import { LocalIdentityAllocator } from "../identity/local-allocator.ts";
import { IpCache } from "../ipcache/ipcache.ts";
import { type IpAddress, parseAddress } from "../lib/ip/address.ts";
import type { EndpointPolicy } from "../policy/endpoint-policy.ts";
import { PolicyImporter } from "../policy/importer.ts";
import { PolicyRepository } from "../policy/repository.ts";
import { SelectorCache } from "../policy/selector-cache.ts";
import { EXTENSIONS, type ItemSketch, labelSet, policyDocument } from "../policy/testing/documents.ts";
import { EndpointManager } from "./endpoint-manager.ts";
import type { EndpointSpec } from "./endpoint-spec.ts";

const PORT = 80 as Port;
const API = { kind: "api", name: "api" } as const;
const WEB: ItemSketch = { peers: [["app=web"]] };
/** Two extensions for the same peers. */
const CLASH: ItemSketch[] = ["alpha", "beta"].map((parser) => ({
  peers: "any",
  toPorts: [{ ports: ["80"], l7: { parser, rules: [] } }],
}));

/** Keeps what it is given, and answers as it is told to. */
class ScriptedDataPlane implements DataPlane {
  readonly name: string;
  readonly applied: string[] = [];
  readonly policies = new Map<string, EndpointPolicy>();
  answer: (policy: EndpointPolicy) => Promise<Acknowledgement> = async ({ revision }) => ({ accepted: true, revision });

  constructor(name: string) {
    this.name = name;
  }

  apply(policy: EndpointPolicy): Promise<Acknowledgement> {
    this.applied.push(`${policy.endpoint}@${policy.revision}`);
    this.policies.set(policy.endpoint, policy);
    return this.answer(policy);
  }

  refuse(reason: string): void {
    this.answer = async ({ revision }) => ({ accepted: false, revision, reason });
  }

  accept(): void {
    this.answer = async ({ revision }) => ({ accepted: true, revision });
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}
  status(): DataPlaneStatus {
    return { name: this.name, state: "running", connections: 0, listeners: [], warnings: [] };
  }
}

function address(text: string): IpAddress {
  const parsed = parseAddress(text);
  assert.ok(parsed);
  return parsed;
}

function spec(name: string, addresses: readonly string[], ...labels: readonly string[]): EndpointSpec {
  return { name, addresses: addresses.map(address), labels: labelSet(...labels) };
}

class Bench {
  readonly allocator: LocalIdentityAllocator;
  readonly ipCache: IpCache;
  readonly planes = [new ScriptedDataPlane("one"), new ScriptedDataPlane("two")] as const;
  readonly repository: PolicyRepository;
  readonly manager: EndpointManager;
  readonly importer: PolicyImporter;

  constructor(capacity?: number, ipCacheMax?: number) {
    this.allocator = new LocalIdentityAllocator(capacity);
    this.ipCache = new IpCache(ipCacheMax);
    const selectors = new SelectorCache(this.allocator);
    this.repository = new PolicyRepository(selectors);
    this.manager = new EndpointManager({
      identities: this.allocator,
      ipCache: this.ipCache,
      policy: { repository: this.repository, selectors, extensions: EXTENSIONS, enforcement: "default" },
      dataPlanes: this.planes,
    });
    this.importer = new PolicyImporter(this.repository, this.manager);
  }

  put(key: string, app: string, ...ingress: ItemSketch[]): Promise<unknown> {
    return this.importer.put([policyDocument(key, [{ selects: [`app=${app}`], ingress }], API)]);
  }

  status(name: string) {
    const found = this.manager.list().find((one) => one.name === name);
    assert.ok(found);
    return found;
  }

  revision(name: string): unknown {
    return this.status(name).revision;
  }
}

test("endpoints get identity, addresses and policy", async () => {
  const bench = new Bench();
  const identities = await bench.manager.add([
    spec("db", ["127.0.2.1", "::2"], "app=db"),
    spec("web", ["127.0.1.1"], "app=web"),
    spec("new", ["127.0.3.1"]),
  ]);
  assert.deepEqual(
    identities.map(({ id }) => id),
    [256, 257, 5],
  );
  assert.deepEqual(
    ["127.0.2.1", "::2", "127.0.1.1", "127.0.3.1", "127.0.9.9"].map((text) => bench.ipCache.lookup(address(text))),
    [256, 256, 257, 5, 2],
  );
  await bench.put("p", "db", WEB);
  assert.deepEqual(bench.status("db"), {
    name: "db",
    identity: 256,
    labels: ["unspec:app=db"],
    addresses: ["127.0.2.1", "::2"],
    state: "ready",
    enforcement: { ingress: true, egress: false },
    revision: { wanted: 2, realized: 2 },
    dataPlanes: [
      { name: "one", realized: 2 },
      { name: "two", realized: 2 },
    ],
  });
  assert.deepEqual(bench.status("new").enforcement, { ingress: true, egress: true });
  assert.deepEqual(bench.status("new").labels, ["reserved:init"]);
});

test("only endpoints of affected identities get new policies; the others have the revision all the same", async () => {
  const bench = new Bench();
  await bench.manager.add([spec("db", [], "app=db"), spec("db2", [], "app=db"), spec("web", [], "app=web")]);
  const [plane] = bench.planes;
  plane.applied.length = 0;
  await bench.put("p", "db", WEB);
  assert.deepEqual(plane.applied, ["db@2", "db2@2"]);
  assert.deepEqual(bench.revision("web"), { wanted: 2, realized: 2 });
  const [one, other] = ["db", "db2"].map((name) => plane.policies.get(name));
  assert.equal(one?.ingress, other?.ingress, "one policy for all endpoints of an identity");
  await bench.put("p", "db", WEB);
  assert.equal(plane.applied.length, 2);
});

test("identities that come later reach the policies that speak of them, before any address has them", async () => {
  const bench = new Bench();
  await bench.manager.add([spec("db", [], "app=db")]);
  await bench.put("p", "db", WEB);
  const [plane] = bench.planes;
  const seen: unknown[] = [];
  plane.answer = async ({ endpoint, revision, ingress }) => {
    if (endpoint === "db")
      seen.push([bench.ipCache.lookup(address("127.0.1.1")), ingress.lookup(257 as never, PORT).kind]);
    return { accepted: true, revision };
  };
  await bench.manager.add([spec("web", ["127.0.1.1"], "app=web")]);
  assert.deepEqual(seen, [[2, "allowed"]]);
  assert.equal(bench.ipCache.lookup(address("127.0.1.1")), 257);

  await bench.manager.remove("web");
  await Promise.resolve();
  assert.deepEqual(seen.at(-1), [2, "denied"]);
});

test("an identity that comes from elsewhere reaches the data planes, too", async () => {
  const bench = new Bench();
  await bench.manager.add([spec("db", [], "app=db")]);
  await bench.put("p", "db", WEB);
  const answered = Promise.withResolvers<EndpointPolicy>();
  bench.planes[0].answer = async (policy) => {
    answered.resolve(policy);
    return { accepted: true, revision: policy.revision };
  };
  const { id } = await bench.allocator.allocate(labelSet("app=web"));
  assert.equal((await answered.promise).ingress.lookup(id, PORT).kind, "allowed");
});

test("a data plane that refuses shows with its reason, and keeps what it had", async () => {
  const bench = new Bench();
  await bench.manager.add([spec("db", [], "app=db"), spec("web", [], "app=web")]);
  await bench.put("p", "db", WEB);
  const [, plane] = bench.planes;
  plane.refuse("map is full");
  await bench.put("p", "db", { peers: "none" });
  const status = bench.status("db");
  assert.deepEqual(status.revision, { wanted: 3, realized: 2, failed: 3 });
  assert.equal(status.failure, "two: map is full");
  assert.equal(status.state, "waiting-to-regenerate");
  assert.deepEqual(status.dataPlanes, [
    { name: "one", realized: 3 },
    { name: "two", realized: 2, failed: 3, failure: "map is full" },
  ]);
  // What does not concern it neither mends it nor hides it.
  await bench.put("other", "web", WEB);
  assert.deepEqual(bench.revision("db"), { wanted: 4, realized: 2, failed: 4 });
  assert.deepEqual(bench.revision("web"), { wanted: 4, realized: 1, failed: 4 });
  plane.accept();
  await bench.put("p", "db", WEB);
  assert.deepEqual(bench.revision("db"), { wanted: 5, realized: 5 });
  assert.equal(bench.status("db").state, "ready");
});

test("a data plane that throws has refused", async () => {
  const bench = new Bench();
  await bench.manager.add([spec("db", [], "app=db")]);
  bench.planes[0].answer = () => {
    throw new Error("gone");
  };
  await bench.put("p", "db", WEB);
  assert.equal(bench.status("db").failure, "one: gone");
  bench.planes[0].accept();
  await bench.put("p", "db");
  assert.equal(bench.status("db").failure, undefined);
});

test("a policy that cannot be computed leaves the last good one in force, and says why", async () => {
  const bench = new Bench();
  await bench.manager.add([spec("db", [], "app=db"), spec("web", ["127.0.1.1"], "app=web")]);
  await bench.put("p", "db", WEB);
  await bench.put("x", "web", WEB);
  const web = bench.ipCache.lookup(address("127.0.1.1"));
  await bench.put("q", "db", ...CLASH);
  const status = bench.status("db");
  assert.deepEqual(status.revision, { wanted: 4, realized: 3, failed: 4 });
  assert.match(status.failure ?? "", /two extensions .*policy q/);
  assert.equal(bench.planes[0].policies.get("db")?.ingress.lookup(web, PORT).kind, "allowed");
  assert.equal(bench.planes[0].policies.get("db")?.revision, 2);
  await bench.put("x", "web", { peers: "none" });
  assert.deepEqual(bench.revision("db"), { wanted: 5, realized: 3, failed: 5 });
  await bench.importer.remove("q");
  assert.deepEqual(bench.revision("db"), { wanted: 6, realized: 6 });
});

test("without a last good policy everything is denied, and no revision counts as realized", async () => {
  const bench = new Bench();
  await bench.put("q", "db", ...CLASH);
  await bench.manager.add([spec("db", [], "app=db")]);
  assert.deepEqual(bench.revision("db"), { wanted: 2, realized: 0, failed: 2 });
  const policy = bench.planes[0].policies.get("db");
  assert.equal(policy?.ingress.lookup(2 as never, PORT).kind, "denied");
  assert.equal(policy?.egress.lookup(2 as never, PORT).kind, "denied");
});

test("a slow data plane gets one policy at a time, then the newest", async () => {
  const bench = new Bench();
  await bench.manager.add([spec("db", [], "app=db")]);
  const [plane] = bench.planes;
  plane.applied.length = 0;
  const waiting: PromiseWithResolvers<void>[] = [];
  plane.answer = async ({ revision }) => {
    const turn = Promise.withResolvers<void>();
    waiting.push(turn);
    await turn.promise;
    return { accepted: true, revision };
  };
  const puts = [bench.put("p", "db", WEB)];
  await Promise.resolve();
  for (let index = 0; index < 5; index++) {
    puts.push(bench.put(`p${index}`, "db", WEB));
    await Promise.resolve();
  }
  assert.deepEqual(plane.applied, ["db@2"]);
  assert.equal(bench.status("db").state, "regenerating");
  assert.deepEqual(bench.revision("db"), { wanted: 7, realized: 1 });
  waiting[0]?.resolve();
  await puts[0];
  assert.deepEqual(plane.applied, ["db@2", "db@7"]);
  assert.deepEqual(bench.revision("db"), { wanted: 7, realized: 2 });
  waiting[1]?.resolve();
  await Promise.all(puts);
  assert.equal(bench.status("db").state, "ready");
});

test("endpoints that cannot be added leave nothing behind", async () => {
  const bench = new Bench(2);
  await bench.manager.add([spec("db", ["127.0.2.1"], "app=db")]);
  await assert.rejects(
    bench.manager.add([spec("db", [], "a=1"), spec("x", ["127.0.2.1"], "a=1"), spec("x", [], "a=1")]),
    {
      code: "WEIR_CONFIG_INVALID",
      message: /"db": there is one.*\n.*127\.0\.2\.1 is an address.*\n.*"x": there is one/,
    },
  );
  await assert.rejects(bench.manager.add([spec("r", [], "reserved:host")]), { code: "WEIR_CONFIG_INVALID" });
  await assert.rejects(bench.manager.add([spec("a", ["127.0.3.1"], "a=1"), spec("b", [], "b=1")]), {
    code: "WEIR_IDENTITY_EXHAUSTED",
  });
  assert.deepEqual(
    bench.manager.list().map(({ name }) => name),
    ["db"],
  );
  assert.equal(bench.ipCache.lookup(address("127.0.3.1")), 2);
  await bench.manager.add([spec("a", ["127.0.3.1"], "a=1")]);

  const full = new Bench(10, 1);
  await assert.rejects(full.manager.add([spec("a", ["127.0.3.1", "127.0.3.2"], "a=1")]), {
    code: "WEIR_LIMIT_EXCEEDED",
  });
  assert.deepEqual([full.ipCache.list().length, full.allocator.list().length, full.manager.list().length], [0, 5, 0]);
});

test("an endpoint that is taken away is denied everywhere first, and its name and addresses are free again", async () => {
  const bench = new Bench();
  await bench.manager.add([spec("db", ["127.0.2.1"], "app=db"), spec("web", [], "app=web")]);
  const removal = bench.manager.remove("db");
  assert.equal(bench.status("db").state, "disconnecting");
  assert.equal(bench.ipCache.lookup(address("127.0.2.1")), 2);
  await assert.rejects(bench.manager.remove("db"), /no endpoint "db"/);
  await removal;
  for (const plane of bench.planes) {
    assert.equal(plane.policies.get("db")?.ingress.lookup(257 as never, PORT).kind, "denied");
  }
  assert.equal(bench.allocator.get(256 as never), undefined);
  await bench.put("p", "db", WEB);
  await bench.manager.add([spec("db", ["127.0.2.1"], "app=db")]);
  assert.deepEqual(bench.revision("db"), { wanted: 2, realized: 2 });
});

test("an identity number that comes back brings no policy of its last owner", async () => {
  const bench = new Bench(1);
  await bench.manager.add([spec("db", [], "app=db")]);
  await bench.put("p", "db", WEB);
  await bench.manager.remove("db");
  const [identity] = await bench.manager.add([spec("other", [], "app=other")]);
  assert.equal(identity?.id, 256);
  assert.deepEqual(bench.status("other").enforcement, { ingress: false, egress: false });
});
