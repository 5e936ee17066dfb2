#!/usr/bin/env node
// Runs a program of this package under Node 24, whatever Node the system has: weir's sources are TypeScript, which
// older versions cannot read. Plain JavaScript without dependencies, so that it starts on any Node.
//   node bin/node24.mjs [NODE-OPTION…] FILE [ARGUMENT…]
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const MAJOR_NEEDED = 24;
const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** The Node that the optional dependency of this platform brought, else the one that runs now if it is new enough. */
function findNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/package.json`);
    const bundled = join(dirname(manifest), "bin", "node");
    if (existsSync(bundled)) return bundled;
  } catch {
    // Not installed: another platform, or `npm ci --omit=optional`.
  }
  return Number(process.versions.node.split(".")[0]) >= MAJOR_NEEDED ? process.execPath : undefined;
}

/** Starts the program and ends as it ends; signals go on to it. */
export function runWithNode24(args) {
  const node = findNode();
  if (node === undefined) {
    console.error(
      `weir needs Node ${MAJOR_NEEDED} or later; this is ${process.version} and no node-${process.platform}-${process.arch} package is installed. ` +
        "Run `npm ci` without --omit=optional, or install a newer Node.",
    );
    process.exit(1);
  }
  const conditions = existsSync(join(root, "src")) ? ["--conditions=weir-source"] : [];
  const child = spawn(node, [...conditions, "--disable-warning=ExperimentalWarning", ...args], { stdio: "inherit" });
  // A terminal sends Ctrl-C to the whole process group: the child has it already, and must not see it twice.
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    console.error(`cannot start ${node}: ${error.message}`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(signal === null ? code : 128 + constants.signals[signal]));
}

if (process.argv[1] !== undefined && fileURLToPath(import.meta.url) === process.argv[1]) {
  runWithNode24(process.argv.slice(2));
}
