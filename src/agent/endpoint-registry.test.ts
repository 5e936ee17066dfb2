import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { formatApiProblem, ProblemsError } from "../api/problems-error.ts";
import type { EndpointAddition, EndpointChange } from "../api/rest.ts";
import type { EndpointSpec } from "../endpoint/endpoint-spec.ts";
import { address, Bench, spec } from "../endpoint/testing/bench.ts";
import { fixedIdentity } from "../identity/fixed.ts";
import { IdentityLabels } from "../identity/identity-labels.ts";
import { EndpointRegistry } from "./endpoint-registry.ts";
import { endpointStore } from "./endpoint-store.ts";

const RESERVED = 5;

async function folder(t: Pick<TestContext, "after">): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "weir-endpoints-"));
  t.after(() => rm(directory, { recursive: true }));
  return directory;
}

/** One life of an agent, as far as endpoints go. */
async function life(directory: string, ...configured: EndpointSpec[]) {
  const bench = new Bench();
  const registry = new EndpointRegistry({
    config: { file: "/etc/weir.yaml", endpoints: configured },
    endpoints: bench.manager,
    store: endpointStore(join(directory, "endpoints.json")),
    rules: {
      labels: new IdentityLabels(undefined, new Map([["database", fixedIdentity(130, "database")]])),
      extensions: () => ["alpha", "beta"],
    },
  });
  await registry.start();
  return { bench, registry, names: () => bench.manager.list().map(({ name }) => name) };
}

function addition(more: Partial<EndpointAddition> = {}): EndpointAddition {
  return { addresses: [], labels: [], audit: false, observe: {}, ...more };
}

test("an endpoint of the API is there, changes, survives a restart, and goes", async (t) => {
  const directory = await folder(t);
  const first = await life(directory, spec("db", ["127.0.2.1"], "app=db"));
  const added = await first.registry.add(
    "cache",
    addition({
      addresses: ["127.0.2.2"],
      labels: ["app=cache"],
      observe: { 80: "alpha" },
      observeEgress: { 81: "beta" },
    }),
  );
  assert.equal(added.state, "ready");
  const changed = await first.registry.update("cache", { audit: true, labels: ["app=cache", "v=2"], observe: {} });
  const { identity, revision, dataPlanes, ...lasting } = changed;
  assert.deepEqual(lasting, {
    name: "cache",
    labels: ["unspec:app=cache", "unspec:v=2"],
    informationalLabels: [],
    addresses: ["127.0.2.2"],
    state: "ready",
    audit: true,
    observe: {},
    observeEgress: { "81": "beta" },
    enforcement: { ingress: false, egress: false },
  });
  assert.equal((await stat(join(directory, "endpoints.json"))).mode & 0o777, 0o600);

  const second = await life(directory, spec("db", ["127.0.2.1"], "app=db"));
  assert.deepEqual([second.registry.problems, second.registry.warnings], [[], []]);
  // The number is another one: the first life had given its own to the first labels.
  assert.deepEqual(second.registry.get("cache"), { ...changed, identity: 257 });
  assert.equal(second.bench.ipCache.lookup(address("127.0.2.2")), 257);
  await second.registry.remove("cache");
  assert.deepEqual((await life(directory)).names(), []);
  assert.deepEqual(await readdir(directory), ["endpoints.json"]);
});

test("a configured endpoint may be changed until the agent ends, and not deleted", async (t) => {
  const directory = await folder(t);
  const configured = spec("db", ["127.0.2.1"], "app=db");
  const { registry } = await life(directory, configured);
  const { labels, warnings } = await registry.update("db", { labels: ["app=other"] });
  assert.deepEqual(labels, ["unspec:app=other"]);
  assert.match(warnings?.join() ?? "", /db is configured in \/etc\/weir\.yaml: the change lasts until the agent ends/);
  assert.equal(registry.get("db").warnings, undefined);
  await assert.rejects(registry.remove("db"), { code: "WEIR_ENDPOINT_CONFLICT", message: /\/etc\/weir\.yaml/ });
  assert.deepEqual((await life(directory, configured)).registry.get("db").labels, ["unspec:app=db"]);
});

test("what cannot be is refused with its code, and nothing is saved", async (t) => {
  const directory = await folder(t);
  const { registry, names } = await life(directory, spec("db", ["127.0.2.1"], "app=db"));
  await registry.add("a", addition({ addresses: ["127.0.2.2"] }));
  const saved = await readFile(join(directory, "endpoints.json"), "utf8");
  for (const [attempt, code] of [
    [() => registry.add("db", addition()), "WEIR_ENDPOINT_CONFLICT"],
    [() => registry.add("a", addition()), "WEIR_ENDPOINT_CONFLICT"],
    [() => registry.add("b", addition({ addresses: ["127.0.2.1"] })), "WEIR_ENDPOINT_CONFLICT"],
    [() => registry.update("a", { addresses: ["127.0.2.1"] }), "WEIR_ENDPOINT_CONFLICT"],
    [() => registry.update("b", {}), "WEIR_ENDPOINT_NOT_FOUND"],
    [() => registry.remove("b"), "WEIR_ENDPOINT_NOT_FOUND"],
    [async () => registry.get("b"), "WEIR_ENDPOINT_NOT_FOUND"],
    [async () => registry.log("b"), "WEIR_ENDPOINT_NOT_FOUND"],
    [() => registry.add("b", addition({ labels: ["app=a", "k8s:app=b"] })), "WEIR_REQUEST_INVALID"],
  ] as const) {
    await assert.rejects(attempt, { code });
  }
  assert.deepEqual(names(), ["a", "db"]);
  assert.deepEqual(await readdir(directory), ["endpoints.json"]);
  assert.equal(await readFile(join(directory, "endpoints.json"), "utf8"), saved);
});

test("all that is wrong with a request is told at once, each with its path", async (t) => {
  const { registry } = await life(await folder(t));
  const wrong = addition({
    addresses: ["127.0.0.1", "nonsense", "10.0.0.1", "::ffff:10.0.0.1"],
    labels: ["reserved:host", "cidr:10.0.0.0/8", "=x", "io.cilium.fixed-identity=databse"],
    observe: { 80: "alhpa", 0: "alpha" },
    observeEgress: { 65536: "beta" },
  });
  await assert.rejects(registry.add("a", wrong), (error) => {
    assert.ok(error instanceof ProblemsError);
    for (const problem of error.problems)
      assert.ok(error.message.includes(formatApiProblem(problem)), "told once only");
    assert.deepEqual(
      error.problems.map(({ path, message }) => `${path}: ${message}`.slice(0, 60)),
      [
        'addresses[0]: "127.0.0.1" cannot be an address: it is the mac',
        'addresses[1]: "nonsense" cannot be an address: it is not an I',
        'addresses[3]: "::ffff:10.0.0.1" cannot be an address: it is t',
        'labels[0]: label "reserved:host": labels of the source `reser',
        'labels[1]: label "cidr:10.0.0.0/8": labels of the source `cid',
        'labels[3]: label "io.cilium.fixed-identity=databse": there is',
        'labels[2]: label "=x": there is no key; write `key=value` or ',
        'observe["0"]: a port is a number from 1 to 65535',
        'observe["80"]: there is no extension `alhpa` (did you mean `a',
        'observeEgress["65536"]: a port is a number from 1 to 65535',
      ].map((line) => line.slice(0, 60)),
    );
    return true;
  });
});

test("sending back the labels that an endpoint shows is no mistake", async (t) => {
  const { registry } = await life(await folder(t));
  assert.deepEqual((await registry.add("a", addition())).labels, ["reserved:init"]);
  assert.deepEqual((await registry.update("a", { labels: ["reserved:init", "app=a"] })).labels, ["unspec:app=a"]);
  await assert.rejects(registry.update("a", { labels: ["reserved:init"] }), { code: "WEIR_REQUEST_INVALID" });
});

test("a saved endpoint that cannot be any more is a problem until it is deleted", async (t) => {
  const directory = await folder(t);
  const { registry } = await life(directory);
  await registry.add("a", addition({ addresses: ["127.0.2.1"] }));
  await registry.add("b", addition({ addresses: ["127.0.2.2"] }));
  const second = await life(directory, spec("db", ["127.0.2.1"], "app=db"), spec("b", [], "app=b"));
  assert.deepEqual(second.names(), ["b", "db"]);
  assert.match(
    second.registry.problems.map(({ message }) => message).join(),
    /^endpoint a: .*127\.0\.2\.1 is an address/,
  );
  assert.match(second.registry.warnings.join(), /endpoint b is configured now/);
  assert.deepEqual(second.registry.get("b").labels, ["unspec:app=b"]);
  await second.registry.remove("a");
  assert.deepEqual(second.registry.problems, []);
  assert.equal(await readFile(join(directory, "endpoints.json"), "utf8"), '{"version":1,"endpoints":[]}\n');
});

test("a saved endpoint that could not be is replaced by adding it anew", async (t) => {
  const directory = await folder(t);
  await (await life(directory)).registry.add("a", addition({ addresses: ["127.0.2.1"] }));
  const { registry } = await life(directory, spec("db", ["127.0.2.1"], "app=db"));
  await registry.add("a", addition({ addresses: ["127.0.2.2"] }));
  assert.deepEqual(registry.problems, []);
});

test("a file that cannot be understood is a problem, and is not overwritten", async (t) => {
  const directory = await folder(t);
  const path = join(directory, "endpoints.json");
  for (const text of ["{", '{"version":2,"endpoints":[]}', '{"version":1,"endpoints":[{"name":"a"}]}']) {
    await writeFile(path, text);
    const { registry } = await life(directory, spec("db", [], "app=db"));
    assert.equal(registry.problems.length, 1);
    assert.equal(registry.problems[0]?.source, path);
    await assert.rejects(registry.add("a", addition()), { code: "WEIR_API_FAILED" });
    assert.equal(await readFile(path, "utf8"), text);
    await registry.update("db", { labels: ["app=other"] });
  }
});

test("labels are changed as they are when it is the change's turn: none is lost", async (t) => {
  const { registry } = await life(await folder(t), spec("db", [], "app=db"));
  const add = (label: string) => registry.relabel("db", (present) => [...present, label]);
  await Promise.all([add("a=1"), registry.update("db", { labels: ["app=new"] }), add("b=2"), add("c=3")]);
  assert.deepEqual(registry.get("db").labels, ["unspec:app=new", "unspec:b=2", "unspec:c=3"]);
  await assert.rejects(
    registry.relabel("db", () => assert.fail("not these")),
    /not these/,
  );
  await assert.rejects(
    registry.relabel("nobody", (present) => present),
    { code: "WEIR_ENDPOINT_NOT_FOUND" },
  );
});

test("only so many changes wait", async (t) => {
  const { registry, bench } = await life(await folder(t), spec("db", [], "app=db"));
  const turn = Promise.withResolvers<void>();
  bench.planes[0].answer = async ({ revision }) => {
    await turn.promise;
    return { accepted: true, revision };
  };
  const changes = Array.from({ length: 65 }, (_, index) =>
    index % 2 === 0 ? registry.update("db", { audit: true }) : registry.relabel("db", (present) => present),
  );
  await assert.rejects(changes.at(-1) ?? assert.fail(), { code: "WEIR_LIMIT_EXCEEDED" });
  turn.resolve();
  await Promise.all(changes.slice(0, -1));
});

test("under any operations and restarts, what is there is what a plain model says", async (t) => {
  const name = fc.constantFrom("a", "b", "conf");
  const labels = fc.subarray(["x=1", "y=1"]);
  const addresses = fc.subarray(["127.0.2.1", "127.0.2.2", "127.0.2.9"]);
  const step = fc.oneof(
    fc.record({ kind: fc.constant("add" as const), name, labels, addresses }),
    fc.record({
      kind: fc.constant("update" as const),
      name,
      labels: fc.option(labels, { nil: undefined }),
      addresses: fc.option(addresses, { nil: undefined }),
    }),
    fc.record({ kind: fc.constant("remove" as const), name }),
    fc.record({ kind: fc.constant("restart" as const) }),
  );
  const configured = spec("conf", ["127.0.2.9"], "x=1");
  const root = await folder(t);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
      const directory = await mkdtemp(join(root, "run-"));
      let agent = await life(directory, configured);
      const fresh = () => ({ labels: ["x=1"], addresses: ["127.0.2.9"] });
      const model = new Map<string, { labels: readonly string[]; addresses: readonly string[] }>([["conf", fresh()]]);
      const free = (name: string, wanted: readonly string[]): boolean =>
        [...model].every(([other, has]) => other === name || !has.addresses.some((text) => wanted.includes(text)));
      for (const one of steps) {
        if (one.kind === "restart") {
          // What "conf" gave up comes back with the configuration; whoever took it meanwhile is not there any more.
          const conf = fresh();
          model.set("conf", conf);
          for (const [name] of [...model])
            if (name !== "conf" && !free(name, model.get(name)?.addresses ?? [])) model.delete(name);
          agent = await life(directory, configured);
          for (const { message } of agent.registry.problems) {
            await agent.registry.remove(/^endpoint (\w+):/.exec(message)?.[1] ?? "");
          }
        } else {
          const present = model.get(one.name);
          let possible: boolean;
          let work: Promise<unknown>;
          if (one.kind === "add") {
            possible = present === undefined && free(one.name, one.addresses);
            if (possible) model.set(one.name, { labels: one.labels, addresses: one.addresses });
            work = agent.registry.add(one.name, addition({ labels: one.labels, addresses: one.addresses }));
          } else if (one.kind === "update") {
            possible = present !== undefined && free(one.name, one.addresses ?? []);
            const next = {
              labels: one.labels ?? present?.labels ?? [],
              addresses: one.addresses ?? present?.addresses ?? [],
            };
            if (possible) model.set(one.name, next);
            const change: EndpointChange = {
              ...(one.labels && { labels: one.labels }),
              ...(one.addresses && { addresses: one.addresses }),
            };
            work = agent.registry.update(one.name, change);
          } else {
            possible = present !== undefined && one.name !== "conf";
            if (possible) model.delete(one.name);
            work = agent.registry.remove(one.name);
          }
          const outcome = await work.then(
            () => true,
            (error: { code?: string }) => !/^WEIR_ENDPOINT_/.test(error.code ?? "") && assert.fail(String(error)),
          );
          assert.equal(outcome, possible);
        }
        const texts = (labels: readonly string[]) =>
          labels.length === 0 ? ["reserved:init"] : labels.map((text) => `unspec:${text}`);
        assert.deepEqual(
          agent.bench.manager.list().map(({ name, labels, addresses }) => [name, labels, addresses]),
          [...model]
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([name, has]) => [name, texts(has.labels), has.addresses]),
        );
      }
      for (const name of agent.names()) await agent.bench.manager.remove(name);
      assert.equal(agent.bench.allocator.list().length, RESERVED);
      assert.deepEqual(agent.bench.ipCache.list(), []);
    }),
  );
});
