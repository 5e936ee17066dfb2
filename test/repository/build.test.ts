// What is published is built JavaScript: it must run without TypeScript, without src/ and without dev dependencies.
import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { runProcess } from "../support/child-process.ts";
import { readRepositoryFile, repositoryRoot } from "../support/repository.ts";

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

describe("the built package", () => {
  let scratch = "";
  let manifest: Manifest;
  const node = (parameters: string[], cwd = scratch): ReturnType<typeof runProcess> =>
    runProcess(process.execPath, parameters, { cwd });

  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), "weir-build-"));
    manifest = JSON.parse(await readRepositoryFile("package.json")) as Manifest;
    // Installed as `npm install weir` would: below node_modules, where Node refuses TypeScript.
    const installed = join(scratch, "node_modules/weir");
    const build = await node([join(repositoryRoot, "scripts/build.ts"), join(installed, "dist")]);
    assert.equal(build.code, 0, build.stdout + build.stderr);
    await cp(join(repositoryRoot, "bin"), join(installed, "bin"), { recursive: true });
    await cp(join(repositoryRoot, "package.json"), join(installed, "package.json"));
    // Packages find their own dependencies through the links' targets; ours are those of the manifest, no more.
    await mkdir(join(installed, "node_modules"));
    for (const name of Object.keys(manifest.dependencies)) {
      await mkdir(join(installed, "node_modules", name, ".."), { recursive: true });
      await symlink(join(repositoryRoot, "node_modules", name), join(installed, "node_modules", name));
    }
  });
  after(() => rm(scratch, { recursive: true, force: true }));

  it("has the weir command", async () => {
    const { code, stdout, stderr } = await node(["node_modules/weir/bin/weir.mjs", "version", "-o", "json"]);
    assert.equal(code, 0, stderr);
    assert.equal(JSON.parse(stdout).weir, manifest.version);
  });

  it("checks a policy with the built-in extensions", async () => {
    const policy = join(repositoryRoot, "examples/policies/memcached-rebels.yaml");
    const { code, stderr } = await node(["node_modules/weir/bin/weir.mjs", "policy", "validate", policy]);
    assert.equal(code, 0, stderr);
  });

  it("contains no tests and no TypeScript but declarations", async () => {
    const { stdout } = await node([
      "-p",
      "require('node:fs').readdirSync('node_modules/weir/dist', {recursive: true}).join('\\n')",
    ]);
    const files = stdout.split("\n");
    assert.ok(files.includes(join("proxylib", "index.js")));
    assert.deepEqual(
      files.filter((file) => /\.test\.|(?<!\.d)\.ts$/.test(file)),
      [],
    );
  });

  it("gives extension authors its library, with types", async () => {
    await writeFile(
      join(scratch, "extension.ts"),
      `import { defineExtension, type Parser, pass } from "weir/proxylib";
       import * as testing from "weir/proxylib/testing";
       const parser: Parser = { onData: (_reply, _end, data) => pass(Math.max(1, data.length)) };
       export default defineExtension({ name: "passer", version: "1.0.0", fields: {}, create: () => parser });
       console.log(Object.keys(testing).length > 0);\n`,
    );
    const run = await node(["extension.ts"]);
    assert.equal(run.stdout.trim(), "true", run.stderr);
    const options = ["--strict", "--noEmit", "--target", "es2024", "--module", "nodenext", "--types", "node"];
    const roots = ["--typeRoots", join(repositoryRoot, "node_modules/@types")];
    const tsc = join(repositoryRoot, "node_modules/typescript/bin/tsc");
    const compiled = await node([tsc, ...options, ...roots, "extension.ts"]);
    assert.equal(compiled.code, 0, compiled.stdout);
  });
});
