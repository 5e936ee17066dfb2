// How `npm test` and `npm run test:servers` run tests: all of a suite, or those whose path contains one of the arguments
// (options for node's test runner may be given as well), and nothing may be left behind.
//
// With CI=true it is also a failure when a component is missing, a test was skipped, or fewer tests passed than recorded.
import { spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readFloors } from "./floors.ts";
import { endLeftovers } from "./leftovers.ts";
import type { TestCounts } from "./test-counter.ts";

/** Tests that are run together. */
export interface TestSuite {
  /** Whether a test file belongs to it; paths are relative to the checkout. */
  has(path: string): boolean;
  /** Sees to what the tests need; returns what is missing all the same. */
  prepare(say: (line: string) => void): readonly string[];
  /** Which floor says how many tests pass at least. */
  readonly floor: "testsPassed" | "serverTestsPassed";
  /** Files at the same time. */
  readonly concurrency: number;
  /** Of one file. */
  readonly testTimeoutMs: number;
  /** Of the whole run. */
  readonly runTimeoutMs: number;
}

const root = fileURLToPath(new URL("..", import.meta.url));
const inCi = process.env["CI"] === "true";

async function findTests(suite: TestSuite, filters: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const folder of ["src", "test"]) {
    for (const name of await readdir(join(root, folder), { recursive: true })) {
      const path = join(folder, name);
      const chosen = filters.length === 0 || filters.some((filter) => path.includes(filter));
      if (path.endsWith(".test.ts") && suite.has(path) && chosen) files.push(path);
    }
  }
  return files.sort();
}

/** Runs node's test runner; undefined: it did not live to count. */
async function runTests(
  suite: TestSuite,
  files: readonly string[],
  options: readonly string[],
  scratch: string,
): Promise<TestCounts | undefined> {
  const countsFile = join(scratch, "counts.json");
  const runner = spawn(
    process.execPath,
    [
      ...process.execArgv,
      "--test",
      `--test-concurrency=${suite.concurrency}`,
      `--test-timeout=${suite.testTimeoutMs}`,
      "--test-reporter=spec",
      "--test-reporter-destination=stdout",
      `--test-reporter=${new URL("test-counter.ts", import.meta.url).href}`,
      `--test-reporter-destination=${countsFile}`,
      ...options,
      ...files,
    ],
    {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, TMPDIR: join(scratch, "tmp"), WEIR_TEST_RUN: scratch, NODE_DISABLE_COMPILE_CACHE: "1" },
    },
  );
  const watchdog = setTimeout(() => {
    console.error(`✖ the tests did not end within ${suite.runTimeoutMs / 1000} s`);
    runner.kill("SIGKILL");
  }, suite.runTimeoutMs);
  const ended = new Promise<void>((resolve, reject) => runner.on("error", reject).on("close", () => resolve()));
  await ended.finally(() => clearTimeout(watchdog));
  const text = await readFile(countsFile, "utf8").catch(() => "");
  return text === "" ? undefined : (JSON.parse(text) as TestCounts);
}

/** What is wrong with a run, apart from the failed tests themselves. */
async function judge(suite: TestSuite, counts: TestCounts | undefined, whole: boolean): Promise<string[]> {
  if (counts === undefined) return ["the test runner ended before it had counted"];
  const problems: string[] = [];
  if (counts.failed > 0) problems.push(`${counts.failed} tests failed`);
  if (counts.passed === 0) problems.push("no test passed");
  if (!inCi) return problems;
  const floors = await readFloors();
  const skipped = counts.skipped.filter((name) => !floors.skipsAllowedUnderCi.includes(name));
  if (skipped.length > 0) problems.push(`CI=true allows no skipped tests: ${skipped.join("; ")}`);
  const floor = floors[suite.floor];
  if (whole && counts.passed < floor)
    problems.push(`${counts.passed} tests passed, at least ${floor} are expected (scripts/floors.json)`);
  return problems;
}

async function problemsOf(suite: TestSuite): Promise<string[]> {
  const options = process.argv.slice(2).filter((argument) => argument.startsWith("-"));
  const filters = process.argv.slice(2).filter((argument) => !argument.startsWith("-"));
  const files = await findTests(suite, filters);
  if (files.length === 0) return [`no test file's path contains ${filters.join(" or ")}`];
  const missing = suite.prepare((line) => console.error(line));
  if (missing.length > 0 && inCi) return [`CI=true needs ${missing.join(", ")}`];

  const scratch = await mkdtemp(join(tmpdir(), "weir-test-"));
  try {
    // The tests' own TMPDIR must let servers in that give up root (memcached -u nobody).
    await chmod(scratch, 0o755);
    await mkdir(join(scratch, "tmp"), { mode: 0o755 });
    const counts = await runTests(suite, files, options, scratch);
    return [
      ...(await judge(suite, counts, filters.length === 0 && options.length === 0)),
      ...(await endLeftovers(scratch, join(scratch, "tmp"))),
    ];
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Runs a suite, tells what is wrong, and sets the exit code of this process. */
export async function runSuite(suite: TestSuite): Promise<void> {
  const problems = await problemsOf(suite);
  for (const problem of problems) console.error(`✖ ${problem}`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
