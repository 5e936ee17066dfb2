import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import type { ExtensionGrants } from "../bootstrap.ts";
import { type Confinement, TOOLS_ENVIRONMENT } from "./confinement.ts";
import { unconfined } from "./confinements.ts";
import { declareExtensions } from "./declare-extensions.ts";
import { findConfinement } from "./find-confinement.ts";
import { planProcess } from "./process-plan.ts";
import { attempts, openTargets, type Targets } from "./testing/attempts.ts";

type Tried = Readonly<Record<string, string>>;

const NO_GRANTS: ExtensionGrants = {
  ...{ read: [], write: [], network: false, childProcess: false, nativeAddons: false, worker: false },
};
/** For attempts without the model, which includes threads. */
const BASE: ExtensionGrants = { ...NO_GRANTS, worker: true };
const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;

/** What a process can do that is started so, without Node's permission model: what the kernel alone keeps it from. */
async function triedIn(targets: Targets, confinement: Confinement, allow: ExtensionGrants = BASE): Promise<Tried> {
  const module = join(targets.folder, "extension/attempts.mjs");
  await writeFile(module, `${attempts(targets.told)}\nconsole.log(JSON.stringify(tried)); process.exit(0);`);
  const planned = await planProcess({
    specs: [{ module, group: "g", allow }],
    ...{
      configFile: targets.configFile,
      stateDir: targets.stateDir,
      memoryBytesMax: 2 ** 28,
      confinement,
      name: "test",
    },
  });
  assert.ok(planned.ok, JSON.stringify(planned));
  const withoutModel = planned.plan.command.filter((item) => !/^--(permission|allow-)/.test(item)).slice(0, -1);
  const [file = "", ...parameters] = [...withoutModel, module];
  const { stdout } = await run(file, parameters, { env: TOOLS_ENVIRONMENT, cwd: "/" });
  return JSON.parse(stdout) as Tried;
}

test("without confinement, everything that the tests try is possible", async () => {
  await using targets = await openTargets(undefined);
  const tried = await triedIn(targets, unconfined("a test"));
  assert.deepEqual([...new Set(Object.values(tried))], ["done"], JSON.stringify(tried));
});

/** The kernel's part. What stays possible is within the process's own world: programs of the system, threads, libraries. */
const OUT_OF_REACH: Tried = {
  ...{ passwd: "ENOENT", secret: "ENOENT", listing: "ENOENT", file: "ENOENT", write: "ENOENT", writeOwn: "EROFS" },
  ...{ environ: "ENOENT", cmdline: "ENOENT", memory: "ENOENT", signal: "ESRCH" },
  ...{ weirSocket: "ENOENT", otherSocket: "ENOENT", loopback: "ENETUNREACH" },
  ...{ fork: "done", worker: "done", addon: "done" },
};

test("by root: the kernel keeps a process from files, sockets, networks and other processes", {
  skip: !isRoot,
}, async () => {
  await using targets = await openTargets(undefined);
  const confinement = await findConfinement(join(targets.stateDir, "view"));
  assert.deepEqual(confinement.unconfined, []);
  assert.equal(confinement.ownUser, true);
  assert.deepEqual(await triedIn(targets, confinement), OUT_OF_REACH);
});

test("what was granted is possible, and nothing beside it", { skip: !isRoot }, async () => {
  await using targets = await openTargets(undefined);
  const confinement = await findConfinement(join(targets.stateDir, "view"));
  const readable = await triedIn(targets, confinement, {
    ...BASE,
    read: ["/etc/passwd", join(targets.folder, "open/file")],
  });
  // The folder is there for the sake of what lies in it, and has nothing else.
  assert.deepEqual(readable, {
    ...OUT_OF_REACH,
    ...{ passwd: "done", file: "done", listing: "done", write: "EROFS" },
  });
  const writable = await triedIn(targets, confinement, { ...BASE, write: [join(targets.folder, "open")] });
  assert.deepEqual(writable, {
    ...OUT_OF_REACH,
    ...{ listing: "done", file: "done", write: "done", otherSocket: "done" },
  });
  const networked = await triedIn(targets, confinement, { ...BASE, network: true });
  assert.deepEqual(networked, { ...OUT_OF_REACH, loopback: "done" });
  // The state directory stays out of sight within what is in sight.
  const above = await triedIn(targets, confinement, { ...BASE, read: [targets.folder] });
  assert.deepEqual(above, {
    ...OUT_OF_REACH,
    ...{ listing: "done", file: "done", write: "EROFS", otherSocket: "done" },
  });
});

test("Node's permission model keeps an extension from what is in sight", async () => {
  await using targets = await openTargets(undefined);
  const module = join(targets.folder, "extension/attempts.ts");
  const exported = `
    import { defineExtension } from "weir/proxylib";
    const fields = { tried: { exact: true, description: JSON.stringify(tried) } };
    export default defineExtension({ name: "attempts", version: "1.0.0", fields, create: () => undefined });`;
  await writeFile(module, attempts(targets.told) + exported);
  const [declared] = await declareExtensions({
    extensions: [{ module, group: "g", allow: NO_GRANTS }],
    ...{ configFile: targets.configFile, stateDir: targets.stateDir, memoryBytesMax: 2 ** 28 },
  });
  const tried = JSON.parse(declared?.declaration.fields["tried"]?.description ?? "") as Tried;
  const { signal, weirSocket, otherSocket, loopback, addon, ...model } = tried;
  assert.deepEqual([...new Set(Object.values(model))], ["ERR_ACCESS_DENIED"], JSON.stringify(tried));
  assert.equal(addon, "ERR_DLOPEN_DISABLED");
});

test("a module that nobody else may read runs as weir's own user, and the plan says so", {
  skip: !isRoot,
}, async () => {
  await using targets = await openTargets(undefined);
  const confinement = await findConfinement(join(targets.stateDir, "view"));
  const module = join(targets.folder, "extension/private.mjs");
  await writeFile(module, "", { mode: 0o600 });
  const { configFile, stateDir } = targets;
  const specs = [{ module, group: "g", allow: NO_GRANTS }];
  const options = { specs, configFile, stateDir, memoryBytesMax: 2 ** 28, confinement, name: "test" };
  const planned = await planProcess(options);
  assert.ok(planned.ok);
  assert.match(
    planned.plan.unconfined.join(),
    /weir's own user: a user of its own, \d+, cannot use .*private\.mjs \(mode 0600\); let/,
  );
  assert.ok(!planned.plan.command.includes("--reuid"));
  await mkdir(join(targets.folder, "extension/x"));
  await rm(module);
  await writeFile(module, "", { mode: 0o644 });
  const readable = await planProcess(options);
  assert.ok(readable.ok);
  assert.deepEqual(readable.plan.unconfined, []);
  assert.ok(readable.plan.command.includes("--reuid"));
});
