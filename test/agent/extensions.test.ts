import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { startAgent } from "../support/agent.ts";
import { repositoryRoot } from "../support/repository.ts";
import { Client, startEcho } from "./upstream.ts";

const DROIDS = "127.0.9.1";

const policy = (port: string): string => `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: droids}
spec:
  endpointSelector: {matchLabels: {app: base}}
  ingress:
  - fromEndpoints: [{matchLabels: {role: droid}}]
    toPorts:
    - ports: [{port: "${port}", protocol: TCP}]
      rules: {l7proto: r2d2-c3po, l7: [{}]}
`;

test("the worked example, loaded by its path, judges the droids' requests", async (t) => {
  const upstream = await startEcho(t);
  const port = upstream.split(":")[1] as string;
  await using agent = await startAgent({
    configuration: `
endpoints:
  - {name: base, addresses: [127.0.9.9], labels: ["app=base"]}
  - {name: droid, addresses: [${DROIDS}], labels: ["role=droid"]}
redirects:
  - {listen: "127.0.0.1:0", upstream: "${upstream}", endpoint: base}
policies: [./policy.yaml]
extensions: [${JSON.stringify(join(repositoryRoot, "examples/extensions/r2d2-c3po.ts"))}]
accessLog: ./run/access.log
`,
    files: { "policy.yaml": policy(port) },
  });
  const droid = new Client(t, agent.listenerOf("base"), DROIDS);
  assert.equal(await droid.ask("READ plans\r\n"), "READ plans\r\n", "the base sends back what it gets");
  assert.equal(await droid.ask("READ C-3PO\r\n"), "ERROR\r\n");
  assert.equal(await droid.ask("HALT\r\n"), "HALT\r\n", "the connection goes on");

  droid.socket.destroy();
  await agent.process.stop();
  const told = (await agent.accessLog())
    .filter(({ type }) => type !== "Connection")
    .map(({ type, proto, fields }) => [type, proto, fields["cmd"], fields["file"]]);
  assert.deepEqual(told, [
    ["Request", "r2d2-c3po", "READ", "plans"],
    ["Denied", "r2d2-c3po", "READ", "C-3PO"],
    ["Request", "r2d2-c3po", "HALT", ""],
  ]);
});
