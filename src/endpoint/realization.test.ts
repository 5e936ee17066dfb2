// What endpoints show when a policy does not get into force, or not at once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { NumericIdentity } from "../api/identity.ts";
import type { PolicyDocument } from "../policy/rule.ts";
import { policyDocument } from "../policy/testing/documents.ts";
import { address, Bench, CLASH, PORT, spec, WEB } from "./testing/bench.ts";

const FILE = { kind: "file", name: "policy.yaml" } as const;

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

test("a policy that a data plane refuses says so, as long as it is refused", async () => {
  const bench = new Bench();
  await bench.manager.add([spec("db", [], "app=db"), spec("web", [], "app=web")]);
  await bench.put("other", "web", WEB);
  bench.planes[1].refuse("map is full");
  await bench.put("p", "db", { peers: "none" });
  const problem = 'endpoint "db", data plane two: map is full';
  assert.deepEqual([...bench.manager.policyProblems()], [["p", [problem]]]);
  bench.planes[1].accept();
  await bench.put("p", "db", WEB);
  assert.deepEqual([...bench.manager.policyProblems()], []);
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
  await nextTurn();
  for (let index = 0; index < 5; index++) {
    puts.push(bench.put(`p${index}`, "db", WEB));
    await nextTurn();
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

test("what a data plane keeps, because it refuses what comes after, denies as before", async () => {
  const bench = new Bench();
  const specs = [spec("db", [], "app=db"), spec("bad", [], "app=bad"), spec("web", [], "app=web")];
  const [, bad, web] = await bench.manager.add(specs);
  assert.ok(bad && web);
  const everybodyBut = (...labels: readonly string[]): PolicyDocument =>
    policyDocument("p", [{ selects: ["app=db"], ingress: [{ peers: [[]] }], ingressDeny: [{ peers: [labels] }] }]);
  await bench.importer.replace([{ source: FILE, documents: [everybodyBut("app=bad")] }]);
  const [plane] = bench.planes;
  const kept = plane.policies.get("db");
  const kindOf = (id: NumericIdentity | undefined): string | undefined => id && kept?.ingress.lookup(id, PORT).kind;
  assert.equal(kindOf(web.id), "allowed");
  plane.refuse("map is full");
  await bench.importer.replace([{ source: FILE, documents: [everybodyBut("app=worse")] }]);
  assert.deepEqual([kindOf(bad.id), kindOf(web.id)], ["denied", "allowed"]);
  const [late] = await bench.manager.add([spec("late", [], "app=bad", "n=2")]);
  assert.equal(kindOf(late?.id), "denied");
  await bench.manager.remove("late");
  assert.equal(kindOf(late?.id), "allowed", "whoever has no labels is one of everybody");
});
