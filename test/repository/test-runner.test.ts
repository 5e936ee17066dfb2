// The test runner itself: what it counts, and that it notices what tests leave behind.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { endLeftovers } from "../../scripts/leftovers.ts";
import type { TestCounts } from "../../scripts/test-counter.ts";
import { runProcess, startProcess } from "../support/child-process.ts";
import { repositoryRoot } from "../support/repository.ts";

describe("the test runner", () => {
  let scratch = "";
  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), "weir-runner-"));
  });
  after(() => rm(scratch, { recursive: true, force: true }));

  it("counts tests, not suites", async () => {
    const file = join(scratch, "some.test.mjs");
    await writeFile(
      file,
      `import { describe, it } from "node:test";
       describe("suite", () => {
         it("passes", () => {});
         it("passes, too", async (t) => { await t.test("within", () => {}); });
         it("fails", () => { throw new Error(); });
         it("is skipped", (t) => t.skip("a component is missing"));
         it("is to be done", { todo: "later" }, () => {});
       });\n`,
    );
    const reporter = `--test-reporter=${join(repositoryRoot, "scripts/test-counter.ts")}`;
    const { stdout } = await runProcess(process.execPath, ["--test", reporter, file], {
      environment: { NODE_TEST_CONTEXT: undefined },
    });
    assert.deepEqual(JSON.parse(stdout) as TestCounts, {
      passed: 3,
      failed: 1,
      skipped: ["is skipped"],
      todo: ["is to be done"],
    });
  });

  it("notices and ends processes, and names files, that tests leave behind", async (t) => {
    if (!existsSync("/proc/self/environ")) {
      t.skip("needs /proc");
      return;
    }
    const temporary = join(scratch, "tmp");
    await mkdir(join(temporary, "forgotten"), { recursive: true });
    const left = await startProcess("sleep", ["600"], { environment: { WEIR_TEST_RUN: scratch } });
    const problems = await endLeftovers(scratch, temporary);
    assert.deepEqual(problems, [
      `a test left a process behind: ${left.pid} sleep 600`,
      "a test left a file or folder behind: forgotten",
    ]);
    assert.equal((await left.ended).signal, "SIGKILL");
  });

  it("complains about nothing where nothing is left", async () => {
    const temporary = join(scratch, "clean");
    await mkdir(temporary);
    assert.deepEqual(await endLeftovers("another run", temporary), []);
  });
});
