// `npm run demo:cassandra` tells its story, and fails where it does not go as the policy says.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findCassandra } from "../../scripts/ensure-cassandra.ts";
import { runProcess, startProcess } from "../support/child-process.ts";
import { readRepositoryFile, repositoryRoot } from "../support/repository.ts";

const DEMO = ["--conditions=weir-source", join(repositoryRoot, "examples/demo-cassandra/main.ts")];
const skip = findCassandra() === undefined && process.env["CI"] !== "true" ? "needs a real Cassandra" : false;

test("tells the story on a real Cassandra, and clears everything away when its user has had enough", {
  skip,
}, async () => {
  await using demo = await startProcess(process.execPath, [...DEMO, "--stay"]);
  await demo.outputMatches(/Ctrl-C[\s\S]*it is read again at once/);
  const output = demo.output();
  assert.match(output, /Cassandra 5\.\d+\.\d+, a real one/);
  assert.match(output, /(\d+) of \1 attempts went as the policy says/);
  assert.match(output, /headquarters count 4 records/);
  // biome-ignore lint/complexity/useRegexLiterals: an escape sequence is easier to read like this
  assert.doesNotMatch(output, new RegExp("\\u001b"), "no colours where there is no terminal");
  assert.doesNotMatch(output, /Warning/);

  const command = /^ *node bin\/node24\.mjs (examples\S+) (\S+) (\S+) "(SELECT .*attendance.*)"$/m.exec(output);
  const [, program = "", ...parameters] = command ?? [];
  const { code, stderr } = await runProcess(process.execPath, ["--conditions=weir-source", program, ...parameters], {
    cwd: repositoryRoot,
  });
  assert.equal(code, 1);
  assert.match(stderr, /Request Unauthorized/);

  demo.kill("SIGINT");
  assert.deepEqual(await demo.ended, { code: 0, signal: null }, demo.output());
});

test("fails, and says where, when an attempt does not go as the policy of the story says", { skip }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "weir-demo-"));
  try {
    const text = await readRepositoryFile("examples/policies/cassandra-empire.yaml");
    const loose = text.replace('query_action: "insert"\n', "query_action:\n");
    assert.notEqual(loose, text);
    const policy = join(folder, "loose.yaml");
    await writeFile(policy, loose);
    const { code, stdout } = await runProcess(process.execPath, [...DEMO, "--policy", policy]);
    assert.equal(code, 1, stdout);
    assert.match(stdout, /SELECT \* FROM attendance\.daily_records: what the client saw is allowed, expected denied/);
    assert.match(stdout, /the number of records is 6, expected 4/);
    assert.match(stdout, /attempts did not go as the policy says/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
