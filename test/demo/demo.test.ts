import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { findMemcached } from "../../scripts/ensure-memcached.ts";
import { runProcess, startProcess } from "../support/child-process.ts";
import { readRepositoryFile, repositoryRoot } from "../support/repository.ts";

const DEMO = ["--conditions=weir-source", join(repositoryRoot, "examples/demo/main.ts")];

it("tells the story on a real memcached", async (t) => {
  if (findMemcached() === undefined && process.env["CI"] !== "true") {
    t.skip("needs a real memcached, which is not installed");
    return;
  }
  const { code, stdout, stderr } = await runProcess(process.execPath, DEMO);
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /memcached 1\.\d+\.\d+, a real one/);
  assert.match(stdout, /(\d+) of \1 attempts went as the policy says/);
  // biome-ignore lint/complexity/useRegexLiterals: an escape sequence is easier to read like this
  assert.doesNotMatch(stdout, new RegExp("\\u001b"), "no colours where there is no terminal");
  assert.ok(stdout.split("\n").length <= 80, "two screens");
});

it("tells it without a real memcached, and says so", async () => {
  const { code, stdout, stderr } = await runProcess(process.execPath, [...DEMO, "--tiny"]);
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /no real memcached/);
});

it("fails, and says where, when an attempt does not go as the policy of the story says", async () => {
  const folder = await mkdtemp(join(tmpdir(), "weir-demo-"));
  try {
    const text = await readRepositoryFile("examples/policies/memcached-rebels.yaml");
    const loose = text.replace(/(function: fleet-monitoring[\s\S]*?command: )"get"/, '$1"writeGroup"');
    assert.notEqual(loose, text);
    const policy = join(folder, "loose.yaml");
    await writeFile(policy, loose);
    const { code, stdout } = await runProcess(process.execPath, [...DEMO, "--tiny", "--policy", policy]);
    assert.equal(code, 1, stdout);
    assert.match(stdout, /delete alliance\/fleet\/red-five: what the client saw is allowed, expected denied/);
    assert.match(stdout, /attempts did not go as the policy says/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  it(`stays on request, and clears everything away on ${signal}`, async () => {
    await using demo = await startProcess(process.execPath, [...DEMO, "--tiny", "--stay"]);
    await demo.outputMatches(/Ctrl-C[\s\S]*ask\.ts/);
    demo.kill(signal);
    assert.deepEqual(await demo.ended, { code: 0, signal: null }, demo.output());
  });
}
