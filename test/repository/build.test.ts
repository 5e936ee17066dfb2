// What is published is built JavaScript: it must run without TypeScript, without src/ and without dev dependencies.
import assert from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { runProcess } from "../support/child-process.ts";
import { repositoryRoot } from "../support/repository.ts";
import { InstalledAgent } from "./installed-agent.ts";
import { type InstalledPackage, installPackage } from "./installed-package.ts";

describe("the built package", () => {
  let installed: InstalledPackage;
  const node = (parameters: string[]): ReturnType<typeof runProcess> =>
    runProcess(process.execPath, parameters, { cwd: installed.folder });

  before(async () => {
    installed = await installPackage();
  });
  after(() => installed?.[Symbol.asyncDispose]());

  it("has the weir command", async () => {
    const { code, stdout, stderr } = await node([installed.weir, "version", "-o", "json"]);
    assert.equal(code, 0, stderr);
    assert.equal(JSON.parse(stdout).weir, installed.version);
  });

  it("checks a policy with the built-in extensions", async () => {
    const policy = join(repositoryRoot, "examples/policies/memcached-rebels.yaml");
    const { code, stderr } = await node([installed.weir, "policy", "validate", policy]);
    assert.equal(code, 0, stderr);
  });

  it("contains no tests and no TypeScript but declarations", async () => {
    const files = await readdir(join(installed.folder, "node_modules/weir/dist"), { recursive: true });
    assert.ok(files.includes(join("proxylib", "index.js")));
    assert.deepEqual(
      files.filter((file) => /\.test\.|(?<!\.d)\.ts$/.test(file)),
      [],
    );
  });

  it("gives extension authors its library, with types", async () => {
    await writeFile(
      join(installed.folder, "extension.ts"),
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

  // Hosts, extension hosts and their confinement find programs and modules by paths of their own.
  it("runs an agent with hosts and third-party extensions, each of which may be killed", async (t) => {
    const agent = await InstalledAgent.start(t, installed);
    const [first] = await agent.hosts(() => true);
    assert.ok(first !== undefined, "hosts are the default");
    const unconfined = first.extensionHosts.flatMap((host) => host.unconfined);
    const elsewhere = unconfined.filter((reason) => !/root|namespaces/.test(reason));
    assert.deepEqual(elsewhere, [], "nothing but the machine keeps extensions from being confined");
    await agent.judges();

    const [extensionHost] = first.extensionHosts;
    assert.ok(extensionHost !== undefined && extensionHost.pid > 0);
    process.kill(extensionHost.pid, "SIGKILL");
    await agent.hosts((hosts) => hosts[0]?.extensionHosts[0]?.lastEnd?.pid === extensionHost.pid);
    process.kill(first.pid, "SIGKILL");
    const again = await agent.hosts((hosts) =>
      hosts.every(
        ({ pid, state, extensionHosts }) =>
          pid !== first.pid && state === "running" && extensionHosts.every((host) => host.state === "running"),
      ),
    );
    await agent.judges();

    await agent.kill();
    await agent.judges();
    await agent.restart();
    const adopted = await agent.hosts((hosts) => hosts.every(({ state }) => state === "running"));
    assert.deepEqual(
      adopted.map((host) => [host.pid, host.adopted]),
      again.map((host) => [host.pid, true]),
    );
    await agent.judges();
  });
});
