// Options that change while the agent runs: what they say holds for the next connection.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfigOption } from "../../src/api/rest.ts";
import { startAgent } from "../support/agent.ts";
import { askOnce, Client, startEcho } from "./upstream.ts";

const CLIENT = "127.0.9.3";

test("the enforcement mode and the bound on connections change under a running agent", async (t) => {
  const upstream = await startEcho(t);
  await using agent = await startAgent({
    configuration: `
endpoints: [{name: echo, addresses: [127.0.9.1], labels: ["app=echo"]}]
redirects: [{listen: "127.0.0.1:0", upstream: "${upstream}", endpoint: echo}]
`,
  });
  const target = agent.listenerOf("echo");
  const weir = async (...parameters: string[]): Promise<string> => {
    const { code, stdout, stderr } = await agent.weir(...parameters);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const live = new Client(t, target, CLIENT);
  assert.equal(await live.ask("a\r\n"), "a\r\n");
  await weir("config", "set", "policyEnforcement=always");
  await live.closed;
  assert.equal(await askOnce(t, target, CLIENT, "b\r\n"), "closed");
  assert.equal(await weir("config", "get", "policyEnforcement"), "always\n");
  assert.match(await weir("status"), /enforcement always/);
  await weir("config", "policyEnforcement=never");
  assert.equal(await askOnce(t, target, CLIENT, "c\r\n"), "c\r\n");
  assert.match(await weir("status"), /policyEnforcement is never: everything is allowed/);

  const held = new Client(t, target, CLIENT);
  await held.ask("d\r\n");
  await weir("config", "connectionsMax=1");
  assert.equal(await askOnce(t, target, CLIENT, "e\r\n"), "closed");
  const options = JSON.parse(await weir("config", "-o", "json")) as ConfigOption[];
  assert.deepEqual(
    options.find(({ name }) => name === "connectionsMax"),
    { name: "connectionsMax", value: 1, changeable: true, configured: 10000 },
  );
});

test("a wrong change is refused with all that is wrong, and nothing of it holds", async () => {
  await using agent = await startAgent({ configuration: "logLevel: info\n" });
  const refused = await agent.weir("config", "set", "drainMs=77", "logLevel=loud", "connectionsMax=0");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^error: WEIR_REQUEST_INVALID: .*\n.* logLevel: .*\n.* connectionsMax: .*\n$/);
  assert.equal((await agent.weir("config", "get", "drainMs")).stdout, "10000\n");

  const told = await agent.weir("config", "logLevel=error");
  assert.match(told.stderr, /until the agent ends/);
  const unknown = await agent.weir("config", "get", "drainMS");
  assert.match(unknown.stderr, /there is no option "drainMS" \(did you mean `?drainMs/);
});
