import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { type TestContext, test } from "node:test";
import type { NumericIdentity, PolicyRevision, Port } from "../../../api/identity.ts";
import { WeirError } from "../../../lib/error.ts";
import { parseAddress } from "../../../lib/ip/address.ts";
import type { EndpointPolicy } from "../../../policy/endpoint-policy.ts";
import type { Redirect } from "../redirect.ts";
import type {
  AnswerListener,
  FleetReport,
  HostAnswer,
  HostDistribution,
  HostFleet,
  HostListeners,
} from "./host-fleet.ts";
import { HostedDataPlane } from "./hosted-data-plane.ts";
import type { EncodedPolicy } from "./policy-resources.ts";
import { decodeHostSettings, decodeListener } from "./resources.ts";

/** Hosts that answer as a test says, and open every listener that they are told of. */
class Hosts implements HostFleet, HostDistribution {
  readonly kept = new Map<string, Uint8Array>();
  answer: readonly HostAnswer[] = [];
  /** Why listeners cannot be opened. */
  listenError: string | undefined;
  completed = false;
  /** What a host says that an agent before this one has started. */
  before: HostListeners[] = [];
  private readonly tell: AnswerListener[] = [];

  put(kind: string, name: string, value: Uint8Array): string {
    this.kept.set(`${kind} ${name}`, value);
    return `${kind}${name}${this.kept.size}`;
  }
  remove(kind: string, name: string): void {
    this.kept.delete(`${kind} ${name}`);
  }
  complete(): void {
    this.completed = true;
  }
  onAnswer(listener: AnswerListener): void {
    this.tell.push(listener);
  }
  async answers(kind: string, name: string): Promise<readonly HostAnswer[]> {
    const version = `${kind}${name}${this.kept.size}`;
    for (const one of this.answer) for (const tell of this.tell) tell(kind, name, version, one);
    return this.answer;
  }
  async settled(): Promise<void> {}
  async ready(): Promise<void> {}
  serving(): readonly string[] {
    return [];
  }
  reports(): readonly FleetReport[] {
    return [
      { ...IDLE, index: 0, instance: "one" },
      { ...IDLE, index: 1, instance: "two" },
    ];
  }
  listeners(): readonly HostListeners[] {
    if (!this.completed) return this.before;
    const names = [...this.kept.keys()].filter((key) => key.startsWith("Listener "));
    const listeners = names.map((key) => {
      const decoded = decodeListener(this.kept.get(key) as Uint8Array);
      const port = "redirect" in decoded ? decoded.redirect.listen.port : 0;
      const name = key.slice("Listener ".length);
      if (this.listenError !== undefined) return { name, listen: "", error: this.listenError };
      return { name, listen: `127.0.0.1:${port}` };
    });
    return [{ wanted: true, listeners }];
  }
  async nextReport(): Promise<void> {}
  counters(): Readonly<Record<string, number>> {
    return { opened: 3 };
  }
  async stop(): Promise<void> {}
}

const IDLE = {
  pid: 1,
  state: "running",
  adopted: false,
  startedAt: "",
  connections: 2,
  restarts: 0,
  recordsLost: 0,
  extensionHosts: [],
} as const;

function redirectAt(port: number): Redirect {
  return {
    listen: { address: parseAddress("127.0.0.1")!, port },
    upstream: { address: parseAddress("127.0.2.1")!, port: 11_211 as Port },
    endpoint: "server",
    direction: "ingress",
  };
}

function planeOf(
  hosts: Hosts,
  redirects: readonly Redirect[],
  encode: (policy: EndpointPolicy) => EncodedPolicy = ({ revision }) => ({ policy: Buffer.from([revision]) }),
): HostedDataPlane {
  return new HostedDataPlane({
    redirects,
    hosts: 2,
    fleet: hosts,
    distribution: hosts,
    encode,
    encodeDenial: ({ identity }) => ({ policy: Buffer.from(`denied ${identity}`) }),
    limits: { connectionsMax: 101, connectTimeoutMs: 7 },
    settings: { extensionConfig: {}, drainMs: 5, logLevel: "info" },
  });
}

function policyAt(revision: number): EndpointPolicy {
  const nothing = { enforced: true, lookup: () => ({ kind: "denied", reason: "", origin: undefined }) as const };
  return {
    endpoint: "server",
    identity: 300 as NumericIdentity,
    revision: revision as PolicyRevision,
    ingress: nothing,
    egress: nothing,
  };
}

async function taken(t: TestContext): Promise<number> {
  const server = createServer().listen({ host: "127.0.0.1", port: 0, reusePort: true });
  await once(server, "listening");
  t.after(() => server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

test("connections are shared among the hosts, and what changes is delivered", () => {
  const hosts = new Hosts();
  const plane = planeOf(hosts, []);
  const settings = () => decodeHostSettings(hosts.kept.get("HostSettings host") as Uint8Array);
  assert.deepEqual(settings(), {
    settings: { connectionsMax: 51, connectTimeoutMs: 7, drainMs: 5, logLevel: "info", extensionConfig: {} },
  });
  plane.changeLimits({ connectionsMax: 10, connectTimeoutMs: 8 });
  plane.changeLogLevel("debug");
  const changed = settings();
  assert.ok("settings" in changed);
  assert.deepEqual([changed.settings.connectionsMax, changed.settings.logLevel], [5, "debug"]);
});

test("every host gets the same port where any will do, before anything counts as complete", async () => {
  const hosts = new Hosts();
  const plane = planeOf(hosts, [redirectAt(0)]);
  await plane.start();
  const [listener] = plane.status().listeners;
  assert.match(listener?.listen ?? "", /^127\.0\.0\.1:[1-9]\d*$/);
  assert.ok(hosts.completed);
  assert.deepEqual([plane.status().state, plane.status().connections], ["running", 4]);
  await plane.stop(0);
});

test("an address that somebody has, who shares it too, is not shared with him", async (t) => {
  const hosts = new Hosts();
  const plane = planeOf(hosts, [redirectAt(await taken(t))]);
  await assert.rejects(plane.start(), /cannot listen:.*\n.*the address is in use/);
  assert.ok(!hosts.completed, "no host was told anything");
});

test("where hosts of another agent listen already, they go on listening", async (t) => {
  const hosts = new Hosts();
  const port = await taken(t);
  const name = `ingress 127.0.0.1:${port} 127.0.2.1:11211 server`;
  hosts.before = [{ wanted: true, listeners: [{ name, listen: `127.0.0.1:${port}` }] }];
  const plane = planeOf(hosts, [redirectAt(port)]);
  await plane.start();
  assert.equal(plane.status().listeners[0]?.listen, `127.0.0.1:${port}`);
});

test("what hosts cannot open is told once, with its reason", async () => {
  const hosts = new Hosts();
  hosts.listenError = "127.0.0.1:80: not permitted";
  await assert.rejects(
    planeOf(hosts, [redirectAt(0)]).start(),
    /^WeirError: cannot listen:\n {2}127.0.0.1:80: not permitted$/,
  );
});

test("a policy is in force when every host says so; who refuses is named, and shows with the revision", async () => {
  const hosts = new Hosts();
  const plane = planeOf(hosts, []);
  hosts.answer = [
    { subscriber: "one", accepted: true },
    { subscriber: "two", accepted: true },
  ];
  assert.deepEqual(await plane.apply(policyAt(1)), { accepted: true, revision: 1 });
  hosts.answer = [
    { subscriber: "one", accepted: true },
    { subscriber: "two", accepted: false, reason: "no such extension" },
  ];
  const refused = await plane.apply(policyAt(2));
  assert.deepEqual(refused, { accepted: false, revision: 2, reason: "host 1: no such extension" });
  assert.deepEqual(
    plane.status().hosts?.map(({ index, revision, failures }) => [index, revision, failures]),
    [
      [0, { wanted: 2, realized: 2 }, []],
      [1, { wanted: 2, realized: 1, failed: 2 }, ["endpoint server: no such extension"]],
    ],
  );
  await plane.forget("server");
  assert.ok(!hosts.kept.has("NetworkPolicy server"));
  assert.equal(plane.counters.opened, 3);
});

test("where the policy of an endpoint with other labels cannot be delivered, it is not left to that of the former ones", async () => {
  const hosts = new Hosts();
  const tooLong = new WeirError("WEIR_LIMIT_EXCEEDED", "too long");
  const plane = planeOf(hosts, [], (policy) => {
    if (policy.revision > 1) throw tooLong;
    return { policy: Buffer.from("lets pass"), rules: { name: "rules", bytes: Buffer.from("rules") } };
  });
  const delivered = () => String(hosts.kept.get("NetworkPolicy server"));
  await plane.apply(policyAt(1));
  await assert.rejects(plane.apply(policyAt(2)), tooLong);
  assert.equal(delivered(), "lets pass", "the last good one of the same labels");
  const asked: string[] = [];
  const { answers } = hosts;
  hosts.answers = (kind, name) => {
    asked.push(delivered());
    return answers.call(hosts, kind, name);
  };
  await assert.rejects(plane.apply({ ...policyAt(3), identity: 301 as NumericIdentity }), tooLong);
  assert.equal(delivered(), "denied 301");
  assert.deepEqual(
    asked,
    ["denied 301"],
    "whoever was told of it judges by it before the former identity is given back",
  );
  assert.ok(!hosts.kept.has("PolicyRules rules"));
});

test("it can be stopped while no host has come about", async () => {
  const hosts = new Hosts();
  const told = Promise.withResolvers<void>();
  hosts.listeners = () => [];
  hosts.nextReport = () => told.promise;
  hosts.stop = async () => told.resolve();
  const plane = planeOf(hosts, [redirectAt(0)]);
  const started = assert.rejects(plane.start(), /told to end before every host had opened its listeners/);
  await plane.stop(0);
  await started;
  assert.equal(plane.status().state, "stopped");
});

test("a policy is in force when a host that serves and lost its agent is back, or has ended", async () => {
  const hosts = new Hosts();
  const plane = planeOf(hosts, []);
  let serving = ["one", "two"];
  hosts.answer = [{ subscriber: "one", accepted: true }];
  hosts.serving = () => serving;
  let reports = 0;
  hosts.nextReport = async () => {
    reports += 1;
    if (reports === 2) hosts.answer = [...hosts.answer, { subscriber: "two", accepted: false, reason: "bad" }];
  };
  assert.deepEqual(await plane.apply(policyAt(3)), { accepted: false, revision: 3, reason: "host 1: bad" });
  assert.equal(reports, 2);

  hosts.answer = [{ subscriber: "one", accepted: true }];
  hosts.nextReport = async () => {
    serving = ["one"];
  };
  assert.deepEqual(await plane.apply(policyAt(4)), { accepted: true, revision: 4 });
});
