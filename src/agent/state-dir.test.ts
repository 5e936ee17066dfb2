import assert from "node:assert/strict";
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
