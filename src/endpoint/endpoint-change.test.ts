// Endpoints that change while they are there.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import type { Port } from "../api/identity.ts";
import type { IpPrefix } from "../lib/ip/prefix.ts";
import { parsePrefix } from "../lib/ip/prefix.ts";
import { labelSet } from "../policy/testing/documents.ts";
import type { EndpointUpdate } from "./endpoint-spec.ts";
import { address, Bench, PORT, spec, WEB } from "./testing/bench.ts";

const RESERVED = 5;

/** The identities that are there besides the reserved ones. */
const allocated = (bench: Bench): readonly number[] =>
  bench.allocator.list().flatMap(({ id }) => (id > RESERVED ? id : []));

test("other labels are another identity: policies know it before addresses do, and the old one goes last", async () => {
  const bench = new Bench();
  await bench.manager.add([spec("db", [], "app=db"), spec("web", ["127.0.1.1"], "app=other")]);
  await bench.put("p", "db", WEB);
  const [plane] = bench.planes;
  const atMove: unknown[] = [];
  plane.onMove = async () => {
    const id = bench.ipCache.lookup(address("127.0.1.1"));
    atMove.push([id, plane.policies.get("db")?.ingress.lookup(id, PORT).kind, plane.policies.get("web")?.identity]);
    await nextTurn();
    atMove.push(allocated(bench));
  };
  await bench.manager.update("web", { labels: labelSet("app=web") });
  assert.deepEqual(atMove, [
    [258, "allowed", 258],
    [256, 257, 258],
  ]);
  assert.deepEqual(allocated(bench), [256, 258]);
  assert.deepEqual(bench.status("web").labels, ["unspec:app=web"]);
  assert.equal(bench.status("web").state, "ready");
  assert.equal(plane.policies.get("db")?.ingress.lookup(257 as never, PORT).kind, "denied");
});

test("data planes hear of another identity without any address, too", async () => {
  const bench = new Bench();
  await bench.manager.add([spec("a", [], "app=a")]);
  const before = bench.planes[0].moves;
  await bench.manager.update("a", { labels: labelSet("app=b") });
  assert.equal(bench.planes[0].moves, before + 1);
});

test("an endpoint takes the policy of its new labels, and its old group keeps its own", async () => {
  const bench = new Bench();
  await bench.manager.add([spec("a", [], "app=db"), spec("b", [], "app=db")]);
  await bench.put("p", "db", WEB);
  await bench.manager.update("b", { labels: labelSet("app=free") });
  assert.deepEqual(
    ["a", "b"].map((name) => bench.status(name).enforcement.ingress),
    [true, false],
  );
  await bench.put("q", "db", { peers: "none" });
  assert.deepEqual(
    ["a", "b"].map((name) => bench.revision(name)),
    [
      { wanted: 3, realized: 3 },
      { wanted: 3, realized: 3 },
    ],
  );
});

test("two changes at once both count, one after the other", async () => {
  const bench = new Bench();
  await bench.manager.add([spec("a", ["127.0.2.1"], "app=a")]);
  await Promise.all([
    bench.manager.update("a", { labels: labelSet("app=b") }),
    bench.manager.update("a", { addresses: [address("127.0.2.2")] }),
    bench.manager.update("a", { labels: labelSet("app=c") }),
  ]);
  const { labels, addresses, identity, state } = bench.status("a");
  assert.deepEqual([labels, addresses, state], [["unspec:app=c"], ["127.0.2.2"], "ready"]);
  assert.equal(bench.ipCache.lookup(address("127.0.2.2")), identity);
  assert.equal(bench.ipCache.lookup(address("127.0.2.1")), 2);
  assert.deepEqual(allocated(bench), [identity]);
});

test("an endpoint that is taken away during its change is gone, and nothing is left of the change", async () => {
  const bench = new Bench();
  await bench.manager.add([spec("a", ["127.0.2.1"], "app=a")]);
  const reached = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const allocate = bench.allocator.allocate.bind(bench.allocator);
  // Allocation takes as long as a store that is far away.
  bench.allocator.allocate = async (labels) => {
    reached.resolve();
    await goOn.promise;
    return allocate(labels);
  };
  const change = bench.manager.update("a", { labels: labelSet("app=b"), addresses: [address("127.0.2.9")] });
  await reached.promise;
  assert.equal(bench.status("a").state, "waiting-for-identity");
  await bench.manager.remove("a");
  goOn.resolve();
  await assert.rejects(change, { code: "WEIR_ENDPOINT_NOT_FOUND" });
  assert.deepEqual([allocated(bench), bench.ipCache.list()], [[], []]);
  bench.allocator.allocate = allocate;
  await bench.manager.add([spec("a", ["127.0.2.9"], "app=a")]);
});

test("a change that fails changes nothing, and the log says why", async () => {
  const bench = new Bench(2);
  await bench.manager.add([spec("a", ["127.0.2.1"], "app=a"), spec("b", ["127.0.2.2"], "app=b")]);
  const before = bench.status("a");
  const attempts: [EndpointUpdate, string][] = [
    [{ labels: labelSet("app=c"), addresses: [address("127.0.2.3")], audit: true }, "WEIR_IDENTITY_EXHAUSTED"],
    [{ addresses: [address("127.0.2.2")] }, "WEIR_ENDPOINT_CONFLICT"],
    [{ labels: labelSet("reserved:host") }, "WEIR_CONFIG_INVALID"],
  ];
  for (const [change, code] of attempts) await assert.rejects(bench.manager.update("a", change), { code });
  await assert.rejects(bench.manager.update("c", {}), { code: "WEIR_ENDPOINT_NOT_FOUND" });
  assert.deepEqual(bench.status("a"), before);
  assert.match(
    bench.manager
      .log("a")
      ?.map(({ message }) => message)
      .join("\n") ?? "",
    /nothing is changed: no identity/,
  );
  // What the failed change wanted is free.
  await bench.manager.update("b", { addresses: [address("127.0.2.3")] });

  const full = new Bench(9, 1);
  await full.manager.add([spec("a", ["127.0.2.1"], "app=a")]);
  const larger = { labels: labelSet("app=b"), addresses: [address("127.0.2.1"), address("127.0.2.2")] };
  await assert.rejects(full.manager.update("a", larger), { code: "WEIR_LIMIT_EXCEEDED" });
  assert.deepEqual([allocated(full), full.ipCache.lookup(address("127.0.2.1"))], [[256], 256]);
});

test("in audit mode nothing is denied; observed ports are read", async () => {
  const bench = new Bench();
  await bench.manager.add([{ ...spec("db", [], "app=db"), audit: true }]);
  await bench.put("p", "db", WEB);
  const [plane] = bench.planes;
  const verdict = () => plane.policies.get("db")?.ingress.lookup(2 as never, PORT);
  assert.equal(verdict()?.kind, "allowed");
  await bench.manager.update("db", { observe: [{ port: PORT, extension: "alpha", direction: "ingress" }] });
  const observed = verdict();
  assert.ok(observed?.kind === "l7" && observed.parser === "alpha" && observed.mode === "observe");
  assert.equal(plane.policies.get("db")?.egress.lookup(2 as never, PORT).kind, "allowed");
  await bench.manager.update("db", { audit: false });
  assert.equal(verdict()?.kind, "denied");
  assert.deepEqual(bench.status("db").observe, [{ port: PORT as Port, extension: "alpha", direction: "ingress" }]);
});

test("data planes hear of moved addresses, once for each turn, and not when nothing moved", async () => {
  const bench = new Bench();
  const [plane] = bench.planes;
  await bench.manager.add([spec("a", ["127.0.2.1", "127.0.2.2"], "app=a"), spec("b", ["127.0.2.3"], "app=b")]);
  assert.equal(plane.moves, 1);
  await bench.manager.update("a", { audit: true });
  await bench.put("p", "a", WEB);
  assert.equal(plane.moves, 1);
  await bench.networks.acquire(["10.0.0.0/8", "10.1.0.0/16"].map((text) => parsePrefix(text) as IpPrefix));
  await nextTurn();
  assert.equal(plane.moves, 2);
  const released = bench.networks.release([parsePrefix("10.1.0.0/16") as IpPrefix]);
  plane.onMove = async () => assert.equal(allocated(bench).length, 4, "the identity is there until nobody has it");
  await released;
  assert.ok(plane.moves > 2);
  assert.equal(allocated(bench).length, 3);
});

test("a data plane hears of moved addresses after it has the policies that speak of them", async () => {
  const bench = new Bench();
  await bench.manager.add([spec("db", [], "app=db")]);
  const [slow, quick] = bench.planes;
  const turn = Promise.withResolvers<void>();
  slow.answer = async ({ revision }) => {
    await turn.promise;
    return { accepted: true, revision };
  };
  const put = bench.put("p", "db", WEB);
  await Promise.resolve();
  const before = [slow.moves, quick.moves];
  const heard = Promise.withResolvers<void>();
  quick.onMove = async () => heard.resolve();
  const added = bench.manager.add([spec("web", ["127.0.1.1"], "app=web")]);
  await heard.promise;
  assert.deepEqual([slow.moves, quick.moves], [before[0], (before[1] ?? 0) + 1], "one does not wait for the other");
  turn.resolve();
  await Promise.all([put, added]);
  assert.equal(slow.moves, (before[0] ?? 0) + 1);
});

test("the log tells the last events with their times", async () => {
  const bench = new Bench();
  await bench.manager.add([spec("a", [], "app=a")]);
  await bench.manager.update("a", { labels: labelSet("app=b") });
  const lines = bench.manager.log("a") ?? [];
  assert.deepEqual(
    lines.map(({ state, message }) => `${state}: ${message}`),
    [
      "waiting-for-identity: the endpoint is added",
      "waiting-for-identity: identity 256",
      "regenerating: policy of revision 1, identity 256",
      "ready: revision 1 is in force",
      "waiting-for-identity: other labels: they may mean another identity",
      "waiting-for-identity: labels unspec:app=b instead of unspec:app=a",
      "waiting-for-identity: identity 257",
      "regenerating: policy of revision 1, identity 257",
      "ready: revision 1 is in force",
    ],
  );
  assert.deepEqual(
    lines.map(({ time }) => time),
    [1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  for (let index = 0; index < 100; index++) await bench.manager.update("a", { labels: labelSet(`app=${index}`) });
  assert.equal(bench.manager.log("a")?.length, 64);
  assert.match(bench.manager.log("a")?.at(-1)?.message ?? "", /in force/);
  assert.equal(bench.manager.log("b"), undefined);
});

test("a new revision hands policy to affected endpoints only, and every status has it", async () => {
  const bench = new Bench();
  const names = Array.from({ length: 50 }, (_, index) => `e${index}`);
  await bench.manager.add(names.map((name) => spec(name, [], `app=${name}`)));
  const [plane] = bench.planes;
  plane.applied.length = 0;
  await bench.put("p", "e7", WEB);
  assert.deepEqual(plane.applied, ["e7@2"]);
  for (const name of names) assert.deepEqual(bench.revision(name), { wanted: 2, realized: 2 });
});

test("another enforcement mode reaches every endpoint", async () => {
  const bench = new Bench();
  await bench.manager.add([spec("a", [], "app=a"), spec("b", [], "app=b")]);
  bench.context.enforcement = "always";
  await bench.manager.regenerateAll();
  for (const name of ["a", "b"]) assert.deepEqual(bench.status(name).enforcement, { ingress: true, egress: true });
  bench.context.enforcement = "never";
  await bench.manager.regenerateAll();
  for (const name of ["a", "b"]) assert.deepEqual(bench.status(name).enforcement, { ingress: false, egress: false });
});

test("whatever is added, changed and taken away at once: what is there fits together, and nothing is left over", async () => {
  const name = fc.constantFrom("a", "b", "c");
  const labels = fc.subarray(["x=1", "y=1", "z=1"]);
  const addresses = fc.subarray(["127.0.2.1", "127.0.2.2", "127.0.2.3"], { maxLength: 2 });
  const step = fc.record({
    kind: fc.constantFrom("add", "update", "update", "remove"),
    name,
    labels: fc.option(labels, { nil: undefined }),
    addresses: fc.option(addresses, { nil: undefined }),
    /** Whether the next step waits for this one. */
    wait: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const bench = new Bench(3);
      const running: Promise<unknown>[] = [];
      for (const { kind, name, labels, addresses, wait } of steps) {
        const change: EndpointUpdate = {
          ...(labels && { labels: labelSet(...labels) }),
          ...(addresses && { addresses: addresses.map(address) }),
        };
        const work =
          kind === "add"
            ? bench.manager.add([{ ...spec(name, []), ...change }])
            : kind === "update"
              ? bench.manager.update(name, change)
              : bench.manager.remove(name);
        running.push(work.catch((error: { code?: string }) => assert.ok(error.code, String(error))));
        if (wait) await Promise.all(running);
      }
      await Promise.all(running);
      const there = bench.manager.list();
      for (const { state, labels, identity, addresses } of there) {
        assert.equal(state, "ready");
        assert.deepEqual(bench.allocator.get(identity as never)?.labels.texts, labels);
        for (const text of addresses) assert.equal(bench.ipCache.lookup(address(text)), identity);
      }
      assert.equal(bench.ipCache.list().length, there.flatMap(({ addresses }) => addresses).length);
      assert.deepEqual(
        new Set(allocated(bench)),
        new Set(there.flatMap(({ identity: id }) => (id > RESERVED ? id : []))),
      );
      for (const { name } of there) await bench.manager.remove(name);
      assert.deepEqual([allocated(bench), bench.ipCache.list(), bench.manager.list()], [[], [], []]);
      for (const plane of bench.planes) assert.equal(plane.policies.size, 0);
    }),
  );
});
