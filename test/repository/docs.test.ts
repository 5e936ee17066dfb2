// What the documents say is true: files that they name exist, commands that they show run, policies that they show are
// valid. A block of commands that cannot be run here says why, in a comment before it.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type RunningAgent, startAgent, weir } from "../support/agent.ts";
import { runProcess } from "../support/child-process.ts";
import { readRepositoryFile, repositoryFiles, repositoryRoot } from "../support/repository.ts";
import { type Fence, fences, linkTargets, pathsNamed } from "./markdown.ts";

const documents = await Promise.all(
  (await repositoryFiles())
    .filter((path) => path.endsWith(".md"))
    .map(async (path) => ({ path, text: await readRepositoryFile(path) })),
);

describe("the files that documents name", () => {
  for (const { path, text } of documents) {
    it(`exist: ${path}`, () => {
      const missing = [
        ...linkTargets(text).filter((target) => !existsSync(join(repositoryRoot, dirname(path), target))),
        ...pathsNamed(text).filter((name) => !existsSync(join(repositoryRoot, name))),
      ];
      assert.deepEqual(missing, []);
    });
  }
});

describe("the documents that the code names", () => {
  it("exist", async () => {
    const missing: string[] = [];
    for (const path of await repositoryFiles()) {
      if (!/^(src|bin|examples|scripts)\/.*\.(ts|mjs|yaml)$/.test(path)) continue;
      const named = (await readRepositoryFile(path)).match(/\bdocs\/[\w-]+\.md\b/g) ?? [];
      missing.push(
        ...named.filter((name) => !existsSync(join(repositoryRoot, name))).map((name) => `${path} names ${name}`),
      );
    }
    assert.deepEqual(missing, []);
  });

  it("explain every error code", async () => {
    const codes = (await readRepositoryFile("src/lib/error.ts")).match(/"WEIR_[A-Z_]+"/g) ?? [];
    assert.ok(codes.length > 0);
    const reference = await readRepositoryFile("docs/errors.md");
    assert.deepEqual(
      codes.map((code) => code.replaceAll('"', "")).filter((code) => !reference.includes(code)),
      [],
    );
  });
});

function blocks(which: (fence: Fence) => boolean): { name: string; fence: Fence }[] {
  return documents.flatMap(({ path, text }) =>
    fences(text)
      .filter(which)
      .map((fence) => ({ name: `${path}:${fence.line}`, fence })),
  );
}

const SHELL: ReadonlySet<string> = new Set(["sh", "bash", "shell", "console"]);

describe("the commands that documents show", () => {
  let agent: RunningAgent;
  before(async () => {
    agent = await startAgent({
      configuration: (await readRepositoryFile("examples/weir.yaml")).replace("127.0.0.1:21211", "127.0.0.1:0"),
      files: { "policies/memcached-rebels.yaml": await readRepositoryFile("examples/policies/memcached-rebels.yaml") },
    });
  });
  after(() => agent?.stop());

  for (const { name, fence } of blocks(({ language, notRun }) => SHELL.has(language) && notRun === undefined)) {
    it(`run: ${name}`, async () => {
      // `weir` stands for the command as it would be installed.
      const shell = `set -euo pipefail\nweir() { "${process.execPath}" "${join(repositoryRoot, "bin/weir.mjs")}" "$@"; }\n${fence.text}\n`;
      const { code, stdout, stderr } = await runProcess("bash", ["-c", shell], {
        cwd: repositoryRoot,
        environment: { WEIR_SOCK: join(agent.folder, "run/weir.sock") },
      });
      assert.equal(code, 0, `${fence.text}\n${stdout}\n${stderr}`);
    });
  }
});

describe("the policies that documents and examples show", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "weir-docs-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  for (const { name, fence } of blocks(
    ({ language, text, mark }) =>
      !SHELL.has(language) && mark !== "refused" && /^kind: "?CiliumNetworkPolicy/m.test(text),
  )) {
    it(`are valid: ${name}`, async () => {
      const file = join(folder, "policy.yaml");
      await writeFile(file, fence.text);
      const { code, stdout, stderr } = await weir("policy", "validate", file);
      assert.equal(code, 0, stdout + stderr);
    });
  }

  it("are valid: examples/policies", async () => {
    const files = (await repositoryFiles()).filter((path) => /^examples\/policies\/.*\.ya?ml$/.test(path));
    assert.ok(files.length > 0);
    const { code, stdout, stderr } = await weir(
      "policy",
      "validate",
      ...files.map((path) => join(repositoryRoot, path)),
    );
    assert.equal(code, 0, stdout + stderr);
  });
});
