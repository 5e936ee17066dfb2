// Real client libraries through a real agent to a real memcached: they must understand the denials.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { type TestContext, test } from "node:test";
import { startAgent } from "../support/agent.ts";
import { connectFrom } from "../support/connect-from.ts";
import { memcachedOrSkip } from "../support/memcached.ts";
import { Client } from "./upstream.ts";

const require = createRequire(import.meta.url);
const FLEET = "127.0.8.1";

const policy = (port: number): string => `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: fleet}
spec:
  endpointSelector: {matchLabels: {app: memcached}}
  ingress:
  - fromEndpoints: [{matchLabels: {function: fleet}}]
    toPorts:
    - ports: [{port: "${port}", protocol: TCP}]
      rules:
        l7proto: memcache
        l7:
        - {command: get, keyPrefix: alliance/fleet/}
        - {command: writeGroup, keyPrefix: alliance/fleet/}
`;

const configuration = (port: number): string => `
endpoints:
  - {name: memcached, addresses: [127.0.8.9], labels: ["app=memcached"]}
  - {name: fleet, addresses: [${FLEET}], labels: ["function=fleet"]}
redirects:
  - {listen: "127.0.0.1:0", upstream: "127.0.0.1:${port}", endpoint: memcached}
policies: [./policy.yaml]
`;

/** Runs `use` with the address of a guarded memcached; every connection that it makes comes from the fleet. */
async function withGuarded(t: TestContext, use: (target: string) => Promise<void>): Promise<void> {
  const memcached = await memcachedOrSkip(t);
  if (memcached === undefined) return;
  await using agent = await startAgent({
    configuration: configuration(memcached.port),
    files: { "policy.yaml": policy(memcached.port) },
  });
  const target = agent.listenerOf("memcached");
  const restore = connectFrom(() => FLEET);
  try {
    await use(target);
  } finally {
    restore();
  }
}

test("text: npm memcached", (t) =>
  withGuarded(t, async (target) => {
    const Memcached = require("memcached");
    const client = new Memcached(target, { poolSize: 1, retries: 0 });
    const call = (method: string, ...parameters: unknown[]): Promise<unknown> =>
      new Promise((resolve) => {
        client[method](...parameters, (error: Error | undefined, result: unknown) => resolve(error ?? result));
      });
    assert.equal(await call("set", "alliance/fleet/x", "one", 60), true);
    assert.match(String(await call("set", "empire/x", "one", 60)), /access denied/);
    assert.equal(await call("get", "alliance/fleet/x"), "one");
    assert.match(String(await call("get", "empire/x")), /access denied/);
    assert.equal(await call("append", "alliance/fleet/x", " two"), true);
    assert.equal(await call("get", "alliance/fleet/x"), "one two");
    assert.match(String(await call("stats")), /access denied/);
    assert.equal(await call("del", "alliance/fleet/x"), true);
    client.end();
  }));

test("binary: memjs", (t) =>
  withGuarded(t, async (target) => {
    const { Client: Memjs } = require("memjs");
    const client = Memjs.create(target, { retries: 0 });
    const outcome = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);
    const all = await Promise.all([
      outcome(client.set("alliance/fleet/x", "one", { expires: 60 })),
      outcome(client.set("empire/x", "one", { expires: 60 })),
      outcome(client.get("alliance/fleet/x")),
      outcome(client.get("empire/x")),
      outcome(client.delete("alliance/fleet/x")),
    ]);
    assert.equal(all[0], true);
    // Its own words for the status.
    assert.match(String(all[1]), /Authentication error/);
    assert.equal(String((all[2] as { value: Buffer }).value), "one");
    assert.match(String(all[3]), /Authentication error/);
    assert.equal(all[4], true);
    client.close();
  }));

test("meta commands, pipelined with quiet ones", (t) =>
  withGuarded(t, async (target) => {
    const client = new Client(t, target, FLEET);
    const requests = [
      "ms alliance/fleet/x 3 T60\r\none\r\n",
      "ms empire/x 3\r\none\r\n",
      "mg alliance/fleet/none v q\r\n",
      "mg empire/x v q\r\n",
      "mg alliance/fleet/x v O7 q\r\n",
      "md empire/x q\r\n",
      // alliance/fleet/x and empire/x in base64
      "mg YWxsaWFuY2UvZmxlZXQveA== b v\r\n",
      "mg ZW1waXJlL3g= b v\r\n",
      "md alliance/fleet/x\r\n",
    ];
    const denied = "CLIENT_ERROR access denied\r\n";
    const expected = [
      "HD\r\n",
      denied,
      // A miss that is quiet, then a denial, which never is.
      denied,
      "VA 3 O7\r\none\r\n",
      denied,
      "VA 3\r\none\r\n",
      denied,
      "HD\r\n",
    ].join("");
    assert.equal(await client.ask(requests.join(""), expected), expected);
    client.socket.destroy();
  }));
