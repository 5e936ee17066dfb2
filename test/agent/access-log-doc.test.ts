// The examples of docs/access-log.md are what an agent writes, and it names every field.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { AccessLog } from "../../src/accesslog/access-log.ts";
import { announceHosts } from "../../src/agent/hosts/announce-hosts.ts";
import type { AccessLogRecord } from "../../src/api/access-log-record.ts";
import type { AgentEvent, AgentItem } from "../../src/api/monitor-event.ts";
import { silentLogger } from "../../src/lib/log.ts";
import { EventRing } from "../../src/monitor/event-ring.ts";
import { fences } from "../repository/markdown.ts";
import { startAgent } from "../support/agent.ts";
import { readRepositoryFile } from "../support/repository.ts";
import { askOnce } from "./upstream.ts";

const page = await readRepositoryFile("docs/access-log.md");
const shown = fences(page)
  .filter(({ language }) => language === "json")
  .map(({ text }) => JSON.parse(text) as AccessLogRecord | AgentItem);
const examples = shown.filter((item) => item.type !== "agent");

/** A server that answers everything alike. */
async function startUpstream(t: TestContext, answer: string): Promise<number> {
  const server = createServer((socket) => socket.on("error", () => {}).on("data", () => socket.write(answer)));
  server.listen(0, "0.0.0.0");
  await once(server, "listening");
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

const policy = (name: string, app: string, port: number, rules: string): string => `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: ${name}}
spec:
  endpointSelector: {matchLabels: {app: ${app}}}
  ingress:
    - fromEndpoints: [{matchLabels: {function: fleet-monitoring}}]
      toPorts: [{ports: [{port: "${port}", protocol: TCP}], rules: ${rules}}]
`;

/** What differs between any two agents: times and ports. */
function comparable(record: AccessLogRecord, ports: ReadonlyMap<number, number>): AccessLogRecord {
  const { source, destination } = record;
  const [host, port] = destination.address.split(":");
  return {
    ...record,
    time: "2026-01-01T00:00:00.000Z",
    source: { ...source, address: `${source.address.split(":")[0]}:40000` },
    destination: { ...destination, address: `${host}:${ports.get(Number(port))}` },
  };
}

test("the examples are what an agent writes", async (t) => {
  const memcached = await startUpstream(t, "END\r\n");
  const droid = await startUpstream(t, "OK\r\n");
  await using agent = await startAgent({
    configuration: `
endpoints:
  - {name: memcached, addresses: [127.0.2.1], labels: ["app=memcached"]}
  - {name: fleet-monitoring, addresses: [127.0.1.2], labels: ["function=fleet-monitoring"]}
  - {name: droid, addresses: [127.0.2.2], labels: ["app=droid"]}
redirects:
  - {listen: "127.0.0.1:0", upstream: "127.0.2.1:${memcached}", endpoint: memcached}
  - {listen: "127.0.0.1:0", upstream: "127.0.2.2:${droid}", endpoint: droid}
policies: [./*.policy]
accessLog: ./run/access.log
`,
    files: {
      "cache.policy": policy("cache", "memcached", memcached, "{l7proto: memcache, l7: [{command: get}]}"),
      "droid.policy": policy("droid", "droid", droid, "{l7proto: r2d2, l7: [{cmd: READ}]}"),
    },
  });
  const cache = agent.listenerOf("memcached");
  await askOnce(t, cache, "127.0.1.2", "get alliance/fleet/red-five alliance/fleet/red-six\r\n");
  await askOnce(t, cache, "127.0.1.2", "set alliance/fleet/red-five 0 0 1\r\nx\r\n");
  await askOnce(t, cache, "127.0.1.2", "\r\n");
  await askOnce(t, cache, "127.0.1.9", "get a\r\n");
  await askOnce(t, agent.listenerOf("droid"), "127.0.1.2", "WRITE public.txt\r\n");
  await agent.process.stop();
  const ports = new Map([
    [memcached, 11_211],
    [droid, 4_040],
  ]);
  const records = (await agent.accessLog()).map((record) => comparable(record, ports));
  assert.equal(examples.length, 5);
  assert.deepEqual(records, examples);
});

test("the end of a process is logged as it is shown, and the page names all subtypes that are logged, and no other", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "weir-log-doc-"));
  t.after(() => rm(directory, { recursive: true }));
  const path = join(directory, "access.log");
  const ring = new EventRing({ clock: { now: () => Date.UTC(2026, 0, 1) } });
  const fail = (): void => assert.fail();
  const log = await AccessLog.open(ring, { path, onFailure: fail, onRecovered: fail });
  const events = announceHosts(ring, { hostEnded: async () => 312 }, silentLogger);
  const host = { index: 1, instance: "i", pid: 4_711 };
  const end = { time: "", reason: "killed by SIGKILL", expected: false, connections: 25 };
  await events.onEnded({ ...host, ...end });
  const source = await readRepositoryFile("src/api/monitor-event.ts");
  const subtypes = [...source.matchAll(/^ {2}\| "([^"]+)"/gm)].map(([, subtype]) => subtype as AgentEvent["subtype"]);
  assert.ok(subtypes.length > 8);
  for (const subtype of subtypes) ring.notify({ subtype, message: {} });
  await log.close();
  const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
  const [first, ...rest] = lines.map((line) => JSON.parse(line) as AgentItem);
  assert.deepEqual(
    shown.filter((item) => item.type === "agent"),
    [first],
  );
  const [, table = ""] = page.split("| `subtype` | |");
  const named = [...(table.split("\n\n")[0] ?? "").matchAll(/`([A-Z][a-z ]+)`/g)].map(([, name]) => name);
  assert.deepEqual(new Set(rest.map(({ subtype }) => subtype)), new Set(named));
});

test("the page names every field, type and verdict", async () => {
  const described = new Set([...page.matchAll(/`([\w.]+)`/g)].map((match) => match[1]!));
  const names = (value: object, prefix = ""): string[] =>
    Object.entries(value).flatMap(([key, inner]) => [
      prefix + key,
      ...(key === "source" ? names(inner as object, "source.") : []),
      ...(key === "fields" ? Object.keys(inner as object) : []),
    ]);
  const needed = new Set(examples.flatMap((example) => names(example)));
  const contract = await readRepositoryFile("src/api/access-log-record.ts");
  for (const [, name] of contract.matchAll(/readonly (\w+)\??:/g)) {
    needed.add(["identity", "labels", "address", "endpoint"].includes(name!) ? `source.${name}` : name!);
  }
  for (const [, union] of contract.matchAll(/^export type Record\w+ = (.*);$/gm)) {
    for (const [, name] of union!.matchAll(/"(\w+)"/g)) needed.add(name!);
  }
  assert.ok(needed.size > 20, `${needed.size} names`);
  assert.deepEqual(
    [...needed].filter((name) => !described.has(name)),
    [],
  );
});
