import assert from "node:assert/strict";
import { chmod, cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProcess } from "../support/child-process.ts";
import { readRepositoryFile, repositoryRoot } from "../support/repository.ts";

interface Manifest {
  readonly version: string;
  readonly files: readonly string[];
}

interface LockedPackage {
  readonly dev?: boolean;
  readonly optional?: boolean;
}

/** A folder where weir was installed as `npm install weir` would: below node_modules, where Node refuses TypeScript. */
export interface InstalledPackage extends AsyncDisposable {
  readonly folder: string;
  readonly version: string;
  /** What `npx weir` runs. */
  readonly weir: string;
}

/** Builds the package and installs it with its dependencies, no more of them than users get. */
export async function installPackage(): Promise<InstalledPackage> {
  const folder = await mkdtemp(join(tmpdir(), "weir-build-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    // As a folder that somebody makes: the processes of extensions are another user.
    await chmod(folder, 0o755);
    const installed = join(folder, "node_modules/weir");
    const build = await runProcess(process.execPath, [
      join(repositoryRoot, "scripts/build.ts"),
      join(installed, "dist"),
    ]);
    assert.equal(build.code, 0, build.stdout + build.stderr);
    const manifest = JSON.parse(await readRepositoryFile("package.json")) as Manifest;
    for (const path of ["package.json", ...manifest.files.filter((name) => name !== "dist")]) {
      await cp(join(repositoryRoot, path), join(installed, path), { recursive: true });
    }
    const lock = JSON.parse(await readRepositoryFile("package-lock.json")) as {
      readonly packages: Readonly<Record<string, LockedPackage>>;
    };
    for (const [path, { dev, optional }] of Object.entries(lock.packages)) {
      // What is optional is Node, which runs this already.
      if (path === "" || dev === true || optional === true) continue;
      await cp(join(repositoryRoot, path), join(folder, path), { recursive: true });
    }
    const weir = join(installed, "bin/weir.mjs");
    return { folder, version: manifest.version, weir, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
