import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";

const BENCHMARKS = join(import.meta.dirname, "..");
const CACHE = join(BENCHMARKS, "..", "node_modules", ".cache", "weir-bench");
const COMPILERS = ["cc", "gcc", "clang"];
const FLAGS = ["-O2", "-std=gnu17", "-Wall", "-Wextra"];

/** What load generator and server have in common: frames, and the values behind keys. */
const SHARED = "wire";

/** Compiles a program of benchmarks/ if its sources changed. @returns its path, or why there is none. */
export function buildProgram(name: "load" | "cql-server"): { readonly path: string } | { readonly missing: string } {
  const sources = [name, SHARED].flatMap((folder) =>
    readdirSync(join(BENCHMARKS, folder))
      .sort()
      .map((file) => join(BENCHMARKS, folder, file)),
  );
  const hash = createHash("sha256");
  for (const source of sources) hash.update(source).update(readFileSync(source));
  const path = join(CACHE, `${name}-${process.arch}-${hash.digest("hex").slice(0, 16)}`);
  if (existsSync(path)) return { path };
  const compiler = COMPILERS.find(canRun);
  if (compiler === undefined) {
    return { missing: `benchmarks/${name} is written in C, and none of ${COMPILERS.join(", ")} is installed` };
  }
  mkdirSync(CACHE, { recursive: true });
  const files = sources.filter((source) => source.endsWith(".c"));
  const unfinished = `${path}.${process.pid}`;
  execFileSync(compiler, [...FLAGS, "-o", unfinished, ...files], { stdio: ["ignore", "inherit", "inherit"] });
  // By rename, so that a run beside this one never sees half a program.
  renameSync(unfinished, path);
  return { path };
}

function canRun(command: string): boolean {
  try {
    execFileSync(command, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
