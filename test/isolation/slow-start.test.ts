// An extension that hangs where it is started to serve costs its own connections alone: the host that starts it serves
// everything else at once. It loads where the agent asks what it declares, so nobody could know before.
import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { ExtensionHostReport, HostReport } from "../../src/api/rest.ts";
import { createClient } from "../../src/client/client.ts";
import { until } from "../reliability/rig/until.ts";
import type { RunningAgent } from "../support/agent.ts";
import { LineClient } from "./rig/line-client.ts";
import type { LineUpstream } from "./rig/line-upstream.ts";
import { MEMCACHED, Neighbour } from "./rig/neighbour.ts";
import { startBesideMemcached } from "./rig/start-beside-memcached.ts";

/** Right answers that the neighbour gets before it counts as served. */
const ANSWERS_MIN = 20;

/** Blocks wherever it is loaded again, unless there is a file `mended` beside it. `!` loops. */
const SLOW = `
import { existsSync, writeFileSync } from "node:fs";
import { defineExtension, more, pass } from "weir/proxylib";
const path = (name) => new URL("./state/" + name, import.meta.url);
if (existsSync(path("declared")) && !existsSync(path("mended"))) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
}
writeFileSync(path("declared"), "");
export default defineExtension({
  name: "slow",
  version: "1.0.0",
  fields: { line: { prefix: true } },
  create: (connection) => ({
    onData(reply, endStream, data) {
      const end = data.indexOf(Buffer.from("\\n"));
      if (end < 0) return more(1);
      const line = data.text(0, end);
      if (line === "!") for (;;);
      connection.log(connection.matches({ line }) ? "Request" : "Denied", { line });
      return pass(end + 1);
    },
  }),
});`;

/** The memcached neighbour is served right now, while the process of the extension is what the caller expects. */
async function served(agent: RunningAgent, neighbour: Neighbour): Promise<HostReport> {
  const before = neighbour.answers;
  await until(
    "memcached to be served",
    () => neighbour.answers >= before + ANSWERS_MIN || neighbour.problems.length > 0,
  );
  assert.deepEqual(neighbour.problems, []);
  return await hostOf(agent);
}

async function hostOf({ folder }: RunningAgent): Promise<HostReport> {
  const [plane] = (await createClient(`${folder}/run/weir.sock`).status()).dataPlanes;
  const [host] = plane?.hosts ?? [];
  assert.ok(host);
  return host;
}

function slowOf({ extensionHosts }: HostReport): Pick<ExtensionHostReport, "extensions" | "state" | "restarts"> {
  const [slow] = extensionHosts;
  assert.ok(slow);
  const { extensions, state, restarts } = slow;
  return { extensions, state, restarts };
}

const STARTING = { extensions: ["slow"], state: "starting" };

/** Somebody under the extension gets nothing through, and is closed with a record that says why. */
async function waitsInVain(agent: RunningAgent, upstream: LineUpstream, why: RegExp): Promise<void> {
  const before = upstream.received.length;
  const client = await LineClient.connect(agent.listenerOf("slow"));
  client.send("ok undecided\n");
  await client.ended;
  assert.ok(
    upstream.received.slice(before).every(({ text }) => text === ""),
    "what nobody decided was forwarded",
  );
  await until("a record of it", async () =>
    (await agent.accessLog()).some(
      ({ source, fields }) => source.address === client.address && why.test(fields["status"] ?? ""),
    ),
  );
}

/** The host is killed, and so every connection through it; its successor has another number. */
async function killHost(agent: RunningAgent): Promise<HostReport> {
  const { pid } = await hostOf(agent);
  process.kill(pid, "SIGKILL");
  return await until("another host", async () => {
    const host = await hostOf(agent);
    return host.pid !== pid && host.state === "running" && host;
  });
}

async function memcachedNeighbour(t: TestContext, agent: RunningAgent): Promise<Neighbour> {
  const neighbour = await until("a connection", () =>
    Neighbour.start("memcached", agent.listenerOf("memcached"), MEMCACHED).catch(() => undefined),
  );
  t.after(() => neighbour.stop());
  return neighbour;
}

test("an extension that hangs while it is started to serve delays nobody else", async (t) => {
  const started = await startBesideMemcached(t, {
    name: "slow",
    entry: "{module: ./extensions/slow.mjs, allow: {write: [./extensions/state]}}",
    rule: "{line: ok}",
    files: { "extensions/slow.mjs": SLOW, "extensions/state/kept": "" },
  });
  if (started === undefined) return;
  const { agent, upstream } = started;
  // The agent is ready, policy for the extension among it; its process has not even failed yet.
  assert.deepEqual(slowOf(await served(agent, await memcachedNeighbour(t, agent))), { ...STARTING, restarts: 0 });
  await waitsInVain(agent, upstream, /^its extension host has not come up for 5000 ms: it is still being started$/);

  // Under load, with nobody to wait for either.
  const broken = await memcachedNeighbour(t, agent);
  await killHost(agent);
  await until("connections of a killed host to end", () => broken.problems.length > 0);
  assert.deepEqual(slowOf(await served(agent, await memcachedNeighbour(t, agent))), { ...STARTING, restarts: 0 });

  const mended = join(agent.folder, "extensions/state/mended");
  await writeFile(mended, "");
  await killHost(agent);
  const neighbour = await memcachedNeighbour(t, agent);
  const client = await LineClient.connect(agent.listenerOf("slow"));
  assert.equal(await client.ask("ok 1"), "re ok 1");

  // The watchdog ends it, and the next process hangs again.
  await rm(mended);
  client.send("!\n");
  await until("the end of the process", async () => slowOf(await hostOf(agent)).restarts === 1);
  assert.deepEqual(slowOf(await served(agent, neighbour)), { ...STARTING, restarts: 1 });
  await waitsInVain(
    agent,
    upstream,
    /^its extension host has not come up for 5000 ms: stuck in extension slow for \d+ ms$/,
  );
  assert.deepEqual(neighbour.problems, []);
});
