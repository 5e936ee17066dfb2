import assert from "node:assert/strict";
import { test } from "node:test";
import { labelSet, policyDocument } from "../policy/testing/documents.ts";
import { address, Bench, PORT, spec, WEB } from "./testing/bench.ts";

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
    informationalLabels: [],
    audit: false,
    observe: [],
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
  const ingress = bench.planes[0].policies.get("db")?.ingress;
  const seen: unknown[] = [];
  bench.allocator.subscribe(({ kind, identity: { id } }) => {
    seen.push([kind, bench.ipCache.lookup(address("127.0.1.1")), ingress?.lookup(id, PORT).kind]);
  });
  await bench.manager.add([spec("web", ["127.0.1.1"], "app=web")]);
  assert.equal(bench.ipCache.lookup(address("127.0.1.1")), 257);
  await bench.manager.remove("web");
  assert.deepEqual(seen, [
    ["added", 2, "allowed"],
    ["removed", 2, "denied"],
  ]);
});

test("policies that are in force know an identity that comes from elsewhere, too", async () => {
  const bench = new Bench();
  await bench.manager.add([spec("db", [], "app=db")]);
  await bench.put("p", "db", WEB);
  const { id } = await bench.allocator.allocate(labelSet("app=web"));
  assert.equal(bench.planes[0].policies.get("db")?.ingress.lookup(id, PORT).kind, "allowed");
});

test("endpoints that cannot be added leave nothing behind", async () => {
  const bench = new Bench(2);
  await bench.manager.add([spec("db", ["127.0.2.1"], "app=db")]);
  await assert.rejects(
    bench.manager.add([spec("db", [], "a=1"), spec("x", ["127.0.2.1"], "a=1"), spec("x", [], "a=1")]),
    {
      code: "WEIR_ENDPOINT_CONFLICT",
      message: /"db": there is one.*\n.*"x": there is one.*\n.*127\.0\.2\.1 is an address/,
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
    assert.equal(plane.forgotten.get("db")?.ingress.lookup(257 as never, PORT).kind, "denied");
    assert.equal(plane.policies.has("db"), false);
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

test("where something passes only because it is audited shows on the endpoint, by direction", async () => {
  const bench = new Bench();
  await bench.manager.add([spec("db", [], "app=db"), spec("web", [], "app=web")]);
  assert.equal(bench.status("db").auditing, undefined);
  await bench.importer.put([
    policyDocument("p", [{ selects: ["app=db"], ingress: [{ peers: "none" }] }], { kind: "api", name: "api" }, "audit"),
  ]);
  assert.deepEqual(bench.status("db").auditing, { ingress: true, egress: false });
  assert.deepEqual(bench.status("db").enforcement, { ingress: false, egress: false });
  assert.equal(bench.status("web").auditing, undefined);
  await bench.put("q", "web", WEB);
  await bench.manager.update("web", { audit: true });
  assert.deepEqual(bench.status("web").auditing, { ingress: true, egress: false });
});
