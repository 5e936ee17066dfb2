import assert from "node:assert/strict";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { HostReport, StatusReport } from "../../src/api/rest.ts";
import { askOnce, startEcho } from "../agent/upstream.ts";
import { type RunningProcess, runProcess, startProcess } from "../support/child-process.ts";
import { endHostProcesses } from "../support/host-processes.ts";
import type { InstalledPackage } from "./installed-package.ts";

const CLIENT = "127.0.9.2";
/** Below node_modules, in JavaScript: it forwards lines that say hello. */
const PACKAGED = `
import { defineExtension, drop, more, pass } from "weir/proxylib";
const parser = (connection) => ({
  onData(reply, endStream, data) {
    const end = data.indexOf(Buffer.from("\\r\\n"));
    if (end < 0) return more(1);
    if (reply || connection.matches({ line: data.text(0, end) })) return pass(end + 2);
    connection.inject(true, Buffer.from("NO\\r\\n"));
    return drop(end + 2);
  },
});
export default defineExtension({ name: "packaged", version: "1.0.0", fields: { line: { exact: true } }, create: parser });
`;

/** An agent of the installed package, in the folder where it was installed. */
export class InstalledAgent {
  private readonly installed: InstalledPackage;
  private readonly context: TestContext;
  private readonly launchers: RunningProcess[] = [];
  private listeners: readonly string[] = [];

  private constructor(t: TestContext, installed: InstalledPackage) {
    this.installed = installed;
    this.context = t;
  }

  static async start(t: TestContext, installed: InstalledPackage): Promise<InstalledAgent> {
    const agent = new InstalledAgent(t, installed);
    await agent.write(await startEcho(t));
    t.after(() => agent.end());
    await agent.restart();
    const { dataPlanes } = await agent.status();
    agent.listeners = dataPlanes.flatMap((plane) => plane.listeners.map(({ listen }) => listen));
    return agent;
  }

  /** Starts an agent that leaves its hosts when it ends, and waits until it is ready. */
  async restart(): Promise<void> {
    const parameters = [this.installed.weir, "agent", "--config", "weir.yaml", "--detach-hosts"];
    this.launchers.push(await startProcess(process.execPath, parameters, { cwd: this.installed.folder }));
    await this.status("--wait");
  }

  /** Kills the agent, and waits for its launcher, which ends with it. */
  async kill(): Promise<void> {
    const [pid] = (await readFile(join(this.stateDir, "weir.pid"), "utf8")).split(" ");
    const ended = this.launchers.at(-1)?.outputMatches(/no agent: going on/);
    process.kill(Number(pid), "SIGKILL");
    await ended;
  }

  /** Asks until the hosts are as wanted; the runner's limit ends it. */
  async hosts(wanted: (hosts: readonly HostReport[]) => boolean): Promise<readonly HostReport[]> {
    for (;;) {
      const hosts = (await this.status()).dataPlanes[0]?.hosts ?? [];
      if (wanted(hosts)) return hosts;
    }
  }

  /** Both extensions let through what policy allows, and nothing else. */
  async judges(): Promise<void> {
    const [droids = "", packaged = ""] = this.listeners;
    const ask = (listen: string, line: string): Promise<string> => askOnce(this.context, listen, CLIENT, line);
    assert.equal(await ask(droids, "READ plans\r\n"), "READ plans\r\n");
    assert.equal(await ask(droids, "READ C-3PO\r\n"), "ERROR\r\n");
    assert.equal(await ask(packaged, "hello\r\n"), "hello\r\n");
    assert.equal(await ask(packaged, "good-bye\r\n"), "NO\r\n");
  }

  private get stateDir(): string {
    return join(this.installed.folder, "run");
  }

  private async status(...options: string[]): Promise<StatusReport> {
    const parameters = [this.installed.weir, "status", "--config", "weir.yaml", "-o", "json", ...options];
    const { code, stdout, stderr } = await runProcess(process.execPath, parameters, { cwd: this.installed.folder });
    assert.equal(code, 0, `${stderr}\n${this.launchers.at(-1)?.output()}`);
    return JSON.parse(stdout) as StatusReport;
  }

  /** As somebody writes it who has installed weir and an extension. Nothing says how many hosts. */
  private async write(upstream: string): Promise<void> {
    const { folder } = this.installed;
    const port = upstream.split(":")[1];
    await mkdir(join(folder, "extensions"));
    await cp(
      join(folder, "node_modules/weir/examples/extensions/r2d2-c3po.ts"),
      join(folder, "extensions/r2d2-c3po.ts"),
    );
    await mkdir(join(folder, "node_modules/@acme/packaged"), { recursive: true });
    const manifest = { name: "@acme/packaged", version: "1.0.0", type: "module", exports: "./index.js" };
    await writeFile(join(folder, "node_modules/@acme/packaged/package.json"), JSON.stringify(manifest));
    await writeFile(join(folder, "node_modules/@acme/packaged/index.js"), PACKAGED);
    await writeFile(
      join(folder, "weir.yaml"),
      `
endpoints:
  - {name: droids, addresses: [127.0.9.3], labels: ["app=droids"]}
  - {name: packaged, addresses: [127.0.9.4], labels: ["app=packaged"]}
  - {name: client, addresses: [${CLIENT}], labels: ["app=client"]}
redirects:
  - {listen: "127.0.0.1:0", upstream: "${upstream}", endpoint: droids}
  - {listen: "127.0.0.1:0", upstream: "${upstream}", endpoint: packaged}
policies: [./policy.yaml]
extensions: [./extensions/r2d2-c3po.ts, "@acme/packaged"]
accessLog: ./run/access.log
`,
    );
    const policy = (name: string, rules: string): string => `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: ${name}}
spec:
  endpointSelector: {matchLabels: {app: ${name}}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: client}}]
    toPorts:
    - ports: [{port: "${port}", protocol: TCP}]
      rules: {${rules}}
`;
    const documents = [
      policy("droids", "l7proto: r2d2-c3po, l7: [{}]"),
      policy("packaged", "l7proto: packaged, l7: [{line: hello}]"),
    ];
    await writeFile(join(folder, "policy.yaml"), documents.join("---"));
  }

  private async end(): Promise<void> {
    for (const launcher of this.launchers) launcher.kill("SIGTERM");
    // Hosts hold what launchers write to: first they end, then all has been said.
    await endHostProcesses(this.stateDir);
    await Promise.all(this.launchers.map(({ ended }) => ended));
  }
}
