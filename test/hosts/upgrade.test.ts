// An agent is replaced while its hosts serve: what goes on, and what the next agent makes of them.
import assert from "node:assert/strict";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { HostReport, StatusReport } from "../../src/api/rest.ts";
import { Client, startEcho } from "../agent/upstream.ts";
import { weir, writeConfiguration } from "../support/agent.ts";
import { type RunningProcess, startProcess } from "../support/child-process.ts";
import { endHostProcesses, hostProcesses } from "../support/host-processes.ts";
import { repositoryRoot } from "../support/repository.ts";

const CLIENT = "127.0.9.7";
const MAIN = join(repositoryRoot, "src/cli/main.ts");

const configuration = (hosts: number, upstream: string): string => `
hosts: ${hosts}
endpoints: [{name: echo, addresses: [127.0.9.1], labels: ["app=echo"]}]
redirects: [{listen: "127.0.0.1:0", upstream: "${upstream}", endpoint: echo}]
`;

/** A folder for agents that come one after the other. */
class Upgrade {
  readonly folder: string;
  private readonly agents: RunningProcess[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(t: TestContext, text: string, files: Record<string, string> = {}): Promise<Upgrade> {
    const upgrade = new Upgrade(await writeConfiguration({ configuration: text, files }));
    t.after(() => upgrade.end());
    return upgrade;
  }

  get stateDir(): string {
    return join(this.folder, "run");
  }

  async configure(text: string): Promise<void> {
    await writeFile(join(this.folder, "weir.yaml"), text);
  }

  async start(...options: string[]): Promise<RunningProcess> {
    const parameters = ["--conditions=weir-source", MAIN, "agent", "--config", join(this.folder, "weir.yaml")];
    const agent = await startProcess(process.execPath, [...parameters, ...options]);
    this.agents.push(agent);
    return agent;
  }

  async ready(): Promise<StatusReport["dataPlanes"][0]> {
    const { code, stdout, stderr } = await weir(
      "status",
      "--wait",
      "-o",
      "json",
      "--config",
      `${this.folder}/weir.yaml`,
    );
    assert.equal(code, 0, `${stderr}\n${this.agents.at(-1)?.output()}`);
    const [plane] = (JSON.parse(stdout) as StatusReport).dataPlanes;
    assert.ok(plane);
    return plane;
  }

  /** Asks until the hosts are as wanted; the runner's limit ends it. */
  async hostsWhen(wanted: (hosts: readonly HostReport[]) => boolean): Promise<readonly HostReport[]> {
    for (;;) {
      const hosts = (await this.ready()).hosts ?? [];
      if (wanted(hosts)) return hosts;
    }
  }

  private async end(): Promise<void> {
    for (const agent of this.agents) agent.kill("SIGKILL");
    // Hosts hold what agents write to: first they end, then agents have ended wholly.
    await endHostProcesses(this.stateDir);
    await Promise.all(this.agents.map(({ ended }) => ended));
    await rm(this.folder, { recursive: true });
  }
}

test("an agent that detaches leaves its connections alone; the next one takes their hosts over and ends them", async (t) => {
  const upgrade = await Upgrade.create(t, configuration(2, await startEcho(t)));
  const first = await upgrade.start("--detach-hosts");
  const before = await upgrade.ready();
  const listen = before.listeners[0]?.listen ?? "";
  const live = new Client(t, listen, CLIENT);
  assert.equal(await live.ask("a\r\n"), "a\r\n");
  first.kill("SIGTERM");
  await first.outputMatches(/the agent ends/);
  assert.equal((await hostProcesses(upgrade.stateDir)).length, 2);
  assert.equal(await live.ask("b\r\n"), "b\r\n");
  assert.equal(await new Client(t, listen, CLIENT).ask("c\r\n"), "c\r\n", "nobody needs an agent to get in");

  const second = await upgrade.start();
  const after = await upgrade.ready();
  assert.deepEqual(
    after.hosts?.map(({ pid, adopted, state }) => [pid, adopted, state]),
    before.hosts?.map(({ pid }) => [pid, true, "running"]),
  );
  assert.equal(after.listeners[0]?.listen, listen);
  assert.equal(await live.ask("d\r\n"), "d\r\n");
  live.socket.destroy();
  second.kill("SIGTERM");
  await second.outputMatches(/the agent ends/);
  assert.deepEqual(await hostProcesses(upgrade.stateDir), []);
  assert.ok(!(await readdir(upgrade.stateDir)).includes("hosts.json"));
});

test("an agent without hosts ends those that a killed one has left, and serves itself", async (t) => {
  const upstream = await startEcho(t);
  const upgrade = await Upgrade.create(t, configuration(1, upstream));
  const first = await upgrade.start();
  await upgrade.ready();
  first.kill("SIGKILL");
  await upgrade.configure(configuration(0, upstream));
  await upgrade.start();
  const plane = await upgrade.ready();
  assert.equal(plane.hosts, undefined);
  assert.deepEqual(await hostProcesses(upgrade.stateDir), []);
  assert.equal(await new Client(t, plane.listeners[0]?.listen ?? "", CLIENT).ask("a\r\n"), "a\r\n");
});

const lines = (answer: string): Record<string, string> => ({
  "extensions/lines.mjs": `
import { defineExtension, drop, more, pass } from "weir/proxylib";
import { answer } from "./answer.mjs";
export default defineExtension({
  name: "lines",
  version: "1.0.0",
  fields: { line: { prefix: true } },
  create: (connection) => ({
    onData(reply, endStream, data) {
      const end = data.indexOf(Buffer.from("\\n"));
      if (end < 0) return more(1);
      if (reply) return pass(end + 1);
      connection.inject(true, Buffer.from(answer));
      return drop(end + 1);
    },
  }),
});`,
  "extensions/answer.mjs": `export const answer = ${JSON.stringify(`${answer}\r\n`)};`,
});

const withExtension = (upstream: string): string =>
  `${configuration(1, upstream)}extensions: [./extensions/lines.mjs]\npolicies: [./policy.yaml]\ndrainMs: 60000\n`;

const allLines = (upstream: string): string => `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: lines}
spec:
  endpointSelector: {matchLabels: {app: echo}}
  ingress:
  - toPorts:
    - ports: [{port: "${upstream.split(":")[1]}", protocol: TCP}]
      rules: {l7proto: lines, l7: [{}]}
`;

test("an extension that was edited is run anew, although its configuration is the same", async (t) => {
  const upstream = await startEcho(t);
  const upgrade = await Upgrade.create(t, withExtension(upstream), {
    ...lines("one"),
    "policy.yaml": allLines(upstream),
  });
  const detached = async (agent: RunningProcess): Promise<void> => {
    agent.kill("SIGTERM");
    await agent.outputMatches(/the agent ends/);
  };
  const first = await upgrade.start("--detach-hosts");
  const before = await upgrade.ready();
  const listen = before.listeners[0]?.listen ?? "";
  const pid = before.hosts?.[0]?.pid;
  const live = new Client(t, listen, CLIENT);
  assert.equal(await live.ask("a\r\n"), "one\r\n");
  await detached(first);

  const second = await upgrade.start("--detach-hosts");
  const [same] = (await upgrade.ready()).hosts ?? [];
  assert.deepEqual([same?.pid, same?.adopted], [pid, true], "nothing was edited");
  await detached(second);

  await writeFile(join(upgrade.folder, "extensions/answer.mjs"), lines("two")["extensions/answer.mjs"] as string);
  await upgrade.start();
  const hosts = await upgrade.hostsWhen((all) => all.some((host) => host.pid !== pid && host.state === "running"));
  assert.deepEqual(
    hosts.map((host) => [host.pid === pid, host.adopted]),
    [
      [false, false],
      [true, true],
    ],
  );
  assert.equal(await new Client(t, listen, CLIENT).ask("b\r\n"), "two\r\n");
  assert.equal(await live.ask("c\r\n"), "one\r\n", "who was there goes on where it was, until it ends");
  live.socket.destroy();
  await upgrade.hostsWhen((all) => all.length === 1 && all[0]?.pid !== pid);
});
