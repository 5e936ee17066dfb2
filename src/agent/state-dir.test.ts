import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { takePidLock } from "./pid-lock.ts";
import { prepareStateDir } from "./state-dir.ts";

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "weir-state-"));
  t.after(() => rm(path, { recursive: true }));
  return path;
}

test("the state directory is made for its owner alone, and taken again", async (t) => {
  const path = join(await folder(t), "a", "run");
  await prepareStateDir(path);
  assert.equal((await stat(path)).mode & 0o777, 0o700);
  await prepareStateDir(path);
});

test("a directory that others may use, a link and a file are refused", async (t) => {
  const parent = await folder(t);
  const open = join(parent, "open");
  await mkdir(open);
  await chmod(open, 0o755);
  await assert.rejects(prepareStateDir(open), /mode 0755.*chmod 700/);
  await chmod(open, 0o700);
  await symlink(open, join(parent, "link"));
  await assert.rejects(prepareStateDir(join(parent, "link")), /symbolic link/);
  await writeFile(join(parent, "file"), "");
  await assert.rejects(prepareStateDir(join(parent, "file")), /not a directory/);
});

test("a directory of another user is refused", async (t) => {
  let foreign = "/root";
  if (process.getuid?.() === 0) {
    foreign = await folder(t);
    await chown(foreign, 65_534, 65_534);
  }
  await assert.rejects(prepareStateDir(foreign), /belongs to user/);
});

test("a live agent keeps the lock; it can be taken again after it was released", async (t) => {
  const path = await folder(t);
  const lock = await takePidLock(path);
  await assert.rejects(takePidLock(path), new RegExp(`process id ${process.pid} uses`));
  await lock[Symbol.asyncDispose]();
  assert.deepEqual(await readdir(path), []);
  await (await takePidLock(path))[Symbol.asyncDispose]();
});

test("the lock of a dead agent is taken over, also where its number belongs to somebody else now", async (t) => {
  const path = await folder(t);
  for (const content of ["999999999 12345\n", `${process.pid} 1\n`, "", "nonsense"]) {
    await writeFile(join(path, "weir.pid"), content);
    const lock = await takePidLock(path);
    assert.deepEqual(await readdir(path), ["weir.pid"]);
    await lock[Symbol.asyncDispose]();
  }
});

test("a disk that is full is told, and nothing half written is left", async (t) => {
  const path = await folder(t);
  const program = `
    import { readdir } from "node:fs/promises";
    import { draftFile } from ${JSON.stringify(new URL("./file-draft.ts", import.meta.url).href)};
    import { takePidLock } from ${JSON.stringify(new URL("./pid-lock.ts", import.meta.url).href)};
    const path = ${JSON.stringify(path)};
    for (const work of [() => takePidLock(path), () => draftFile(path + "/policies.json", "text")]) {
      await work().catch(({ code, message }) => console.log(code + ": " + message));
    }
    console.log((await readdir(path)).join());`;
  const full = `mount -t tmpfs -o size=4k none ${path} && (echo full > ${path}/full) && exec "$@"`;
  const shell = ["--mount", "--propagation", "private", "sh", "-c", full, "sh"];
  const node = [process.execPath, "--input-type=module", "--eval", program];
  const [file = "", ...parameters] = ["unshare", ...shell, ...node];
  const { status, stdout, stderr } = spawnSync(file, parameters, { encoding: "utf8" });
  if (/not permitted/.test(stderr)) {
    t.skip(`a small disk cannot be made: ${stderr.trim()}`);
    return;
  }
  assert.equal(status, 0, stderr);
  const [lock, draft, left] = stdout.split("\n");
  assert.match(lock ?? "", /^WEIR_CONFIG_INVALID: cannot write \/.*\/weir\.pid: ENOSPC: .*; make room there$/);
  assert.match(
    draft ?? "",
    /^WEIR_API_FAILED: nothing was changed: cannot save to \/.*\/policies\.json\.new: ENOSPC: /,
  );
  assert.equal(left, "full");
});
