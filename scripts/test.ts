// `npm test [-- FILE…]`: sets up what the tests need, runs them all (or those whose path contains one of the
// arguments), and sees to it that nothing is left behind. Options for node's test runner may be given as well.
//
// With CI=true it is also a failure when a component is missing, a test was skipped, or fewer tests passed than recorded.
import { spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureMemcached } from "./ensure-memcached.ts";
import { ensureProtoc } from "./ensure-protoc.ts";
import { ensureShells } from "./ensure-shells.ts";
import { readFloors } from "./floors.ts";
import { endLeftovers } from "./leftovers.ts";
import type { TestCounts } from "./test-counter.ts";

const TEST_TIMEOUT_MS = 120_000;
/** The whole run; CI gives it ten minutes. */
const RUN_TIMEOUT_MS = 570_000;

const root = fileURLToPath(new URL("..", import.meta.url));
const inCi = process.env["CI"] === "true";

async function findTests(filters: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const folder of ["src", "test"]) {
    for (const name of await readdir(join(root, folder), { recursive: true })) {
      const path = join(folder, name);
      if (path.endsWith(".test.ts") && (filters.length === 0 || filters.some((filter) => path.includes(filter))))
        files.push(path);
    }
  }
  return files.sort();
}

/** Runs node's test runner; undefined: it did not live to count. */
async function runTests(
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
      `--test-concurrency=${Math.max(2, availableParallelism())}`,
      `--test-timeout=${TEST_TIMEOUT_MS}`,
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
    console.error(`✖ the tests did not end within ${RUN_TIMEOUT_MS / 1000} s`);
    runner.kill("SIGKILL");
  }, RUN_TIMEOUT_MS);
  const ended = new Promise<void>((resolve, reject) => runner.on("error", reject).on("close", () => resolve()));
  await ended.finally(() => clearTimeout(watchdog));
  const text = await readFile(countsFile, "utf8").catch(() => "");
  return text === "" ? undefined : (JSON.parse(text) as TestCounts);
}

/** What is wrong with a run, apart from the failed tests themselves. */
async function judge(counts: TestCounts | undefined, whole: boolean): Promise<string[]> {
  if (counts === undefined) return ["the test runner ended before it had counted"];
  const problems: string[] = [];
  if (counts.failed > 0) problems.push(`${counts.failed} tests failed`);
  if (counts.passed === 0) problems.push("no test passed");
  if (!inCi) return problems;
  const floors = await readFloors();
  const skipped = counts.skipped.filter((name) => !floors.skipsAllowedUnderCi.includes(name));
  if (skipped.length > 0) problems.push(`CI=true allows no skipped tests: ${skipped.join("; ")}`);
  if (whole && counts.passed < floors.testsPassed) {
    problems.push(`${counts.passed} tests passed, at least ${floors.testsPassed} are expected (scripts/floors.json)`);
  }
  return problems;
}

async function main(): Promise<string[]> {
  const options = process.argv.slice(2).filter((argument) => argument.startsWith("-"));
  const filters = process.argv.slice(2).filter((argument) => !argument.startsWith("-"));
  const files = await findTests(filters);
  if (files.length === 0) return [`no test file's path contains ${filters.join(" or ")}`];
  if (ensureMemcached((line) => console.error(line)) === undefined && inCi) return ["CI=true needs a real memcached"];
  if (ensureProtoc((line) => console.error(line)) === undefined && inCi) return ["CI=true needs protoc"];
  const missingShells = ensureShells((line) => console.error(line));
  if (missingShells.length > 0 && inCi) return [`CI=true needs ${missingShells.join(", ")}`];

  const scratch = await mkdtemp(join(tmpdir(), "weir-test-"));
  try {
    // The tests' own TMPDIR must let servers in that give up root (memcached -u nobody).
    await chmod(scratch, 0o755);
    await mkdir(join(scratch, "tmp"), { mode: 0o755 });
    const counts = await runTests(files, options, scratch);
    return [
      ...(await judge(counts, filters.length === 0 && options.length === 0)),
      ...(await endLeftovers(scratch, join(scratch, "tmp"))),
    ];
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

const problems = await main();
for (const problem of problems) console.error(`✖ ${problem}`);
process.exitCode = problems.length > 0 ? 1 : 0;
