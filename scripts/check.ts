// `npm run check`: everything that can be said about the code without running it. All checks run, all failures are
// reported, the exit code is 1 if there was any.
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

interface Check {
  readonly name: string;
  readonly program: string;
  readonly arguments: readonly string[];
}

interface Outcome {
  readonly check: Check;
  readonly failed: boolean;
  readonly output: string;
}

const root = fileURLToPath(new URL("..", import.meta.url));
const installed = (path: string): string => join(root, "node_modules", path);

const node = (name: string, program: string, ...parameters: string[]): Check => ({
  name,
  program: process.execPath,
  arguments: [program, ...parameters],
});
const TSC = installed("typescript/bin/tsc");
const KNIP = [installed("knip/bin/knip.js"), "--no-progress", "--treat-config-hints-as-errors"] as const;

const CHECKS: readonly Check[] = [
  node("types (TypeScript)", TSC, "--project", root),
  // Every export of src/ says its type: what is published can be read, and built, file by file.
  node("types of what is published", TSC, "--project", join(root, "tsconfig.build.json"), "--noEmit"),
  node("format and lint (Biome)", installed("@biomejs/biome/bin/biome"), "check", "--error-on-warnings", root),
  node("walls (dependency-cruiser)", join(root, "scripts/walls.ts")),
  node("dead code (knip)", ...KNIP),
  node("code that only tests use (knip)", ...KNIP, "--production", "--include", "files,dependencies"),
];

async function run(check: Check): Promise<Outcome> {
  const startedAt = performance.now();
  const child = spawn(check.program, check.arguments, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  const failure = await new Promise<string | undefined>((resolve) => {
    child.on("error", (error) => resolve(`cannot start ${check.program}: ${error.message}`));
    child.on("close", (code, signal) => resolve(code === 0 ? undefined : `ended with ${signal ?? `code ${code}`}`));
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const output = Buffer.concat(chunks).toString("utf8").trimEnd();
  console.log(
    `${failure === undefined ? "✔" : "✖"} ${check.name} (${seconds} s)${failure === undefined ? "" : `: ${failure}`}`,
  );
  if (failure !== undefined && output !== "") console.log(`\n${output}\n`);
  return { check, failed: failure !== undefined, output };
}

async function main(): Promise<void> {
  const waiting = [...CHECKS];
  const outcomes: Outcome[] = [];
  const worker = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) outcomes.push(await run(check));
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), CHECKS.length) }, worker));
  const failed = outcomes.filter((outcome) => outcome.failed).map((outcome) => outcome.check.name);
  if (failed.length > 0) {
    console.log(`\n${failed.length} of ${CHECKS.length} checks failed: ${failed.join("; ")}`);
    process.exitCode = 1;
  }
}

await main();
