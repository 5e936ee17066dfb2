import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { PolicyRevision } from "../api/identity.ts";
import type { Identity } from "../identity/allocator.ts";
import { LocalIdentityAllocator } from "../identity/local-allocator.ts";
import { CidrIdentities } from "../ipcache/cidr-identities.ts";
import { IpCache } from "../ipcache/ipcache.ts";
import { type EndpointRegenerator, PolicyImporter } from "./importer.ts";
import { type AffectedIdentities, PolicyRepository } from "./repository.ts";
import type { DocumentSource, PolicyDocument } from "./rule.ts";
import { SelectorCache } from "./selector-cache.ts";
import { type CidrSketch, labelSet, policyDocument, prefix } from "./testing/documents.ts";

const FILE_A: DocumentSource = { kind: "file", name: "a.yaml" };
const FILE_B: DocumentSource = { kind: "file", name: "b.yaml" };
const API: DocumentSource = { kind: "api", name: "api" };

function policy(key: string, app: string, source: DocumentSource = API): PolicyDocument {
  return policyDocument(key, [{ selects: [`app=${app}`], ingress: [{ peers: "none" }] }], source);
}

class Bench implements EndpointRegenerator {
  readonly allocator = new LocalIdentityAllocator();
  readonly selectors = new SelectorCache(this.allocator);
  readonly repository = new PolicyRepository(this.selectors);
  readonly ipCache: IpCache;
  readonly importer: PolicyImporter;
  /** What was regenerated: revision, and which of these identities. */
  readonly runs: string[] = [];
  readonly identities: Identity[] = [];
  answer: () => Promise<void> = async () => {};

  constructor(ipCacheMax?: number) {
    this.ipCache = new IpCache(ipCacheMax);
    this.importer = new PolicyImporter(this.repository, this, new CidrIdentities(this.allocator, this.ipCache), 3);
  }

  regenerate(revision: PolicyRevision, affected: AffectedIdentities): Promise<void> {
    const ids = this.identities.filter(({ id }) => affected.has(id)).map(({ labels }) => labels.texts.join());
    this.runs.push(`${revision}: ${ids.join(" ")}; ${this.repository.list().map(({ key }) => key)}`);
    return this.answer();
  }

  async identity(app: string): Promise<void> {
    this.identities.push(await this.allocator.allocate(labelSet(`app=${app}`)));
  }
}

test("changes that come together are one regeneration, each with its own revision", async () => {
  const bench = new Bench();
  await bench.identity("a");
  await bench.identity("b");
  const results = await Promise.all([
    bench.importer.replace([{ source: FILE_A, documents: [policy("p", "a")] }]),
    bench.importer.put([policy("q", "b")]),
  ]);
  assert.deepEqual(results, [{ revision: 2 }, { revision: 3 }]);
  assert.deepEqual(bench.runs, ["3: unspec:app=a unspec:app=b; p,q"]);
  assert.deepEqual(await bench.importer.remove("q"), { revision: 4 });
  assert.equal(bench.runs[1], "4: unspec:app=b; p");
  assert.equal(bench.repository.get("p")?.source, FILE_A, "the source of the update counts");
});

test("a change that cannot be made fails alone and changes nothing", async () => {
  const bench = new Bench();
  const results = await Promise.allSettled([
    bench.importer.replace([{ source: FILE_A, documents: [policy("p", "a"), policy("r", "a")] }]),
    bench.importer.replace([{ source: FILE_B, documents: [policy("x", "a"), policy("p", "b")] }]),
    bench.importer.remove("nobody"),
  ]);
  assert.deepEqual(
    results.map((result) => (result.status === "rejected" ? result.reason.code : result.value.revision)),
    [2, "WEIR_POLICY_CONFLICT", "WEIR_POLICY_NOT_FOUND"],
  );
  assert.deepEqual(bench.runs, ["2: ; p,r"]);
});

test("where every change fails, nothing is regenerated", async () => {
  const bench = new Bench();
  await assert.rejects(bench.importer.remove("nobody"), { code: "WEIR_POLICY_NOT_FOUND" });
  assert.deepEqual(bench.runs, []);
});

test("a file that is replaced or renamed is in force all the time", async () => {
  const bench = new Bench();
  await bench.importer.replace([{ source: FILE_A, documents: [policy("p", "a")] }]);
  await bench.importer.replace([{ source: FILE_A, documents: [policy("p", "b")] }]);
  await bench.importer.replace([
    { source: FILE_B, documents: [policy("p", "c")] },
    { source: FILE_A, documents: [] },
  ]);
  assert.deepEqual(
    bench.runs.map((run) => run.split("; ")[1]),
    ["p", "p", "p"],
  );
});

test("a data plane that does not answer holds up its own change and no later one", async () => {
  const bench = new Bench();
  const held = Promise.withResolvers<void>();
  bench.answer = () => held.promise;
  const first = bench.importer.put([policy("p", "a")]);
  let settled = false;
  void first.then(() => {
    settled = true;
  });
  while (bench.runs.length === 0) await nextTurn();
  bench.answer = async () => {};
  assert.deepEqual(await bench.importer.put([policy("q", "a")]), { revision: 3 });
  assert.equal(settled, false);
  held.resolve();
  assert.deepEqual(await first, { revision: 2 });
});

test("a failing regeneration rejects those who wait for it", async () => {
  const bench = new Bench();
  bench.answer = () => {
    throw new Error("broken");
  };
  await assert.rejects(bench.importer.put([policy("p", "a")]), /broken/);
  bench.answer = async () => {};
  assert.deepEqual(await bench.importer.put([policy("q", "a")]), { revision: 3 });
});

test("the queue is bounded", async () => {
  const bench = new Bench();
  const changes = ["a", "b", "c", "d"].map((key) => bench.importer.put([policy(key, key)]));
  const results = await Promise.allSettled(changes);
  assert.deepEqual(
    results.map(({ status }) => status),
    ["fulfilled", "fulfilled", "fulfilled", "rejected"],
  );
  await assert.rejects(changes[3] as Promise<unknown>, { code: "WEIR_LIMIT_EXCEEDED" });
  await bench.importer.put([policy("e", "e")]);
});

test("selectors of replaced documents are forgotten, after the endpoints have their new policies", async () => {
  const bench = new Bench();
  await bench.importer.put([policy("p", "a")]);
  let during = 0;
  bench.answer = async () => {
    during = bench.selectors.size;
  };
  await bench.importer.put([policy("p", "b")]);
  assert.deepEqual([during, bench.selectors.size], [2, 1]);
});

/** Lets these networks in. */
function networkPolicy(key: string, ...cidrs: readonly CidrSketch[]): PolicyDocument {
  return policyDocument(key, [{ selects: ["app=a"], ingress: [{ peers: cidrs }] }], API);
}

function entries({ ipCache }: Bench): readonly string[] {
  return ipCache.list().map(({ prefix: network }) => network.toString());
}

test("networks have identities before any endpoint has the rule that names them, and until none has", async () => {
  const bench = new Bench();
  const seen: (readonly string[])[] = [];
  bench.answer = async () => {
    seen.push(entries(bench));
  };
  await bench.importer.put([networkPolicy("p", { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] })]);
  await bench.importer.put([networkPolicy("q", { cidr: "10.0.0.0/8" })]);
  await bench.importer.remove("p");
  assert.deepEqual(entries(bench), ["10.0.0.0/8"]);
  await bench.importer.remove("q");
  assert.deepEqual(entries(bench), []);
  const both = ["10.0.0.0/8", "10.1.0.0/16"];
  assert.deepEqual(seen, [both, both, both, ["10.0.0.0/8"]], "gone only after the endpoints have heard of it");
  assert.equal(bench.allocator.list().filter(({ id }) => id > 256).length, 0);
});

test("a network is known until every data plane has answered to the policies without it", async () => {
  const bench = new Bench();
  await bench.importer.put([networkPolicy("p", { cidr: "10.0.0.0/8" })]);
  const held = Promise.withResolvers<void>();
  const regenerated = Promise.withResolvers<void>();
  bench.answer = () => {
    regenerated.resolve();
    return held.promise;
  };
  const removed = bench.importer.remove("p");
  await regenerated.promise;
  bench.answer = async () => {};
  await bench.importer.put([policy("q", "a")]);
  assert.deepEqual(entries(bench), ["10.0.0.0/8"], "the old policy may be in force still");
  held.resolve();
  await removed;
  assert.deepEqual(entries(bench), []);
});

test("a document that replaces itself keeps its networks", async () => {
  const bench = new Bench();
  await bench.importer.put([networkPolicy("p", { cidr: "10.0.0.0/8" })]);
  const before = bench.ipCache.lookup(prefix("10.9.9.9").address);
  await bench.importer.put([networkPolicy("p", { cidr: "10.0.0.0/8" })]);
  assert.equal(bench.ipCache.lookup(prefix("10.9.9.9").address), before);
  await bench.importer.put([networkPolicy("p", { cidr: "192.0.2.0/24" })]);
  assert.deepEqual(entries(bench), ["192.0.2.0/24"]);
});

test("a change that cannot be made leaves no network behind", async () => {
  const bench = new Bench();
  await bench.importer.replace([{ source: FILE_A, documents: [policy("p", "a")] }]);
  await assert.rejects(bench.importer.put([networkPolicy("p", { cidr: "10.0.0.0/8" })]), {
    code: "WEIR_POLICY_CONFLICT",
  });
  assert.deepEqual(entries(bench), []);
});

test("networks that cannot get identities refuse their own document and no other", async () => {
  const bench = new Bench(1);
  const results = await Promise.allSettled([
    bench.importer.put([networkPolicy("p", { cidr: "10.0.0.0/8" }, { cidr: "192.0.2.0/24" })]),
    bench.importer.put([policy("q", "a")]),
  ]);
  assert.equal(results[0]?.status === "rejected" && results[0].reason.code, "WEIR_LIMIT_EXCEEDED");
  assert.deepEqual(results[1], { status: "fulfilled", value: { revision: 2 } });
  assert.deepEqual(entries(bench), []);
});
