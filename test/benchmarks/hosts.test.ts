import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { HOSTS_GROUPS } from "../../benchmarks/hosts/groups.ts";
import { buildProgram } from "../../benchmarks/proxy/native-program.ts";
import type { ProxyResults } from "../../benchmarks/proxy/suite.ts";
import { repositoryRoot } from "../support/repository.ts";

const tool = buildProgram("load");
const skip = "missing" in tool ? tool.missing : false;

/** Launcher and agent, hosts, and their extension hosts: as root with a shell that waits for the end of each. */
const PROCESSES: Readonly<Record<string, readonly number[]>> = {
  "Node pipe": [1],
  "weir, hosts: 0": [2],
  "weir, hosts: 1": [3],
  "weir, hosts: 2": [4],
  "extension inside, hosts: 0": [2],
  "extension host, hosts: 1": [4, 5],
};

test("benchmarks: every topology answers every load rightly, with all its processes", { skip }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "weir-bench-test-"));
  try {
    const file = join(folder, "results.json");
    const command = [join(repositoryRoot, "bin/node24.mjs"), "--expose-gc", join(repositoryRoot, "benchmarks/main.ts")];
    const options = ["--quick", "--only", "hosts", "--json", file];
    const { stdout } = await promisify(execFile)(process.execPath, [...command, ...options], { timeout: 115_000 });
    assert.match(stdout, /Wrong or lost: 0\./);
    const { samples, failures } = (JSON.parse(readFileSync(file, "utf8")) as { hosts: ProxyResults }).hosts;
    assert.deepEqual(failures, []);
    for (const group of HOSTS_GROUPS) {
      for (const mode of group.modes) {
        for (const { name } of group.candidates) {
          const [sample, more] = samples.filter((one) => one.mode === mode.name && one.candidate === name);
          assert.ok(sample !== undefined && more === undefined, `${name}, ${mode.name}`);
          assert.ok(PROCESSES[name]?.includes(sample.processes), `${name}: ${sample.processes} processes`);
          const spread = sample.spread ?? [];
          assert.equal(spread.length, name === "weir, hosts: 2" ? 2 : 1, `${name}: ${spread.join(" + ")}`);
          assert.equal(
            spread.reduce((sum, count) => sum + count, 0),
            mode.connections,
          );
          // That all of so many went to one of two hosts would be no chance.
          if (mode.connections >= 50) assert.ok(!spread.includes(0), `${name}: ${spread.join(" + ")}`);
        }
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
