// Weir itself, run with less and less privilege: its extensions work, an extension that reaches out gets as far as
// `weir status` says, and never to what weir keeps in files. What the kernel alone does is tried in
// src/host/extension-hosts/run-ways.test.ts, in more ways.
import assert from "node:assert/strict";
import { mkdtemp, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type Kind, type RunWay, runWays, whyNotShown } from "../../src/host/extension-hosts/testing/run-ways.ts";
import { until } from "../reliability/rig/until.ts";
import { type AttackedWeir, startAttackedWeir } from "./rig/attacked-weir.ts";
import { LineClient } from "./rig/line-client.ts";

const NAMES = [
  "root without CAP_SYS_ADMIN",
  "root without CAP_SYS_ADMIN and without user namespaces",
  "another user",
  "another user without user namespaces",
];
type Reached = Readonly<Record<"tcp" | "weir.sock" | "xds.sock" | "signal", RegExp>>;
const RESTRICTED = /^the parser threw .*has been restricted/;
const REACHED: Readonly<Record<Exclude<Kind, "unbounded">, Reached>> = {
  confined: {
    ...{ tcp: /^reached: ENETUNREACH$/, "weir.sock": /^reached: ENOENT$/, "xds.sock": /^reached: ENOENT$/ },
    signal: /ESRCH/,
  },
  otherUser: {
    ...{ tcp: /^reached: yes$/, "weir.sock": /^reached: EACCES$/, "xds.sock": /^reached: EACCES$/ },
    signal: /EPERM/,
  },
  sameUser: {
    ...{ tcp: /^reached: yes$/, "weir.sock": /^reached: yes$/, "xds.sock": /^reached: yes$/ },
    // It gets there, and weir starts another host.
    signal: /^$/,
  },
};
const SAYS: Readonly<Record<Exclude<Kind, "unbounded">, RegExp>> = {
  confined: /\battacker +0 +\d+ +running +yes /,
  otherUser: /not confined: +.*\bit shares the network/s,
  sameUser: /not confined: +.*\bit runs as weir's own user/s,
};

/** What a line of the attacker's leads to: what its record says. */
async function told(weir: AttackedWeir, line: string): Promise<string> {
  const client = await LineClient.connect(weir.listen);
  assert.equal(await client.ask("ok before"), "re ok before", "the extension works");
  client.send(`!${line}\n`);
  const said = await until(`a record of ${line}`, async () => {
    for (const { verdict, fields } of await weir.recordsOf(client.address)) {
      if (fields["line"]?.startsWith("reached: ")) return fields["line"];
      if (verdict === "Error") return fields["status"];
    }
    return undefined;
  });
  client.close();
  return said;
}

async function attack(weir: AttackedWeir, kind: Exclude<Kind, "unbounded">): Promise<void> {
  const run = join(weir.agent.folder, "run");
  const { pid } = await weir.host();
  const { signal, ...reached } = REACHED[kind];
  const lines = {
    ...{ tcp: `tcp 127.0.2.1:${weir.upstream.port}` },
    ...{ "weir.sock": `unix ${run}/weir.sock`, "xds.sock": `unix ${run}/xds.sock` },
  };
  for (const [name, says] of Object.entries(reached)) {
    assert.match(await told(weir, lines[name as keyof typeof lines]), says, name);
  }
  const kept = [`${run}/access.log`, `${run}/hosts.json`, `${run}/hosts/last-good-0`, `${weir.agent.folder}/weir.yaml`];
  const secrets = [
    `/proc/${pid}/environ`,
    `/proc/${pid}/fd/3`,
    `/proc/${pid}/mem`,
    "/proc/self/environ",
    "/etc/passwd",
  ];
  for (const path of [...kept, ...secrets]) assert.match(await told(weir, `read ${path}`), RESTRICTED, path);
  for (const line of [`write ${run}/written`, "fork"]) assert.match(await told(weir, line), RESTRICTED, line);
  for (const neighbour of weir.neighbours) assert.deepEqual(neighbour.problems, []);
  if (kind !== "sameUser") {
    assert.match(await told(weir, `signal ${pid}`), signal);
    assert.equal((await weir.host()).pid, pid);
    return;
  }
  const client = await LineClient.connect(weir.listen);
  client.send(`!signal ${pid}\n`);
  await client.ended;
  const next = await until("another host", async () => {
    const host = await weir.host();
    return host.pid !== pid && host.state === "running" && host;
  });
  assert.match(next.lastEnd?.reason ?? "", /SIGKILL/);
}

describe("extensions of weir", () => {
  for (const name of NAMES) {
    it(`as ${name} get as far as its status says`, async (t) => {
      const folder = await mkdtemp("/tmp/weir-mounted-");
      t.after(() => rmdir(folder));
      const way = runWays(folder).find((candidate) => candidate.name === name) as RunWay;
      const reason = await whyNotShown(way);
      if (reason !== undefined) {
        t.skip(reason);
        return;
      }
      assert.ok(way.kind !== "unbounded");
      await using weir = await startAttackedWeir(way);
      const { confined, unconfined } = await until("the process of the extension", async () => {
        const found = await weir.extensionHost();
        return found.state === "running" && found;
      });
      assert.equal(confined, way.kind === "confined", unconfined.join("; "));
      assert.match((await weir.agent.weir("status")).stdout, SAYS[way.kind]);
      await attack(weir, way.kind);
    });
  }
});
