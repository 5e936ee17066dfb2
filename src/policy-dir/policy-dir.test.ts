import assert from "node:assert/strict";
import { once } from "node:events";
import { watch } from "node:fs";
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { POLICY_DIR_LIMITS } from "./limits.ts";
import { PolicyDir } from "./policy-dir.ts";
import { ManualTime, policy, Sink, scene } from "./testing/scene.ts";

test("start reads all files in one batch, and what is broken is told while the rest is in force", async (t) => {
  const { dir, sink, write, problems } = await scene(t);
  await write("a.yaml", policy("x"));
  await write("b.yaml", policy("y", "z"));
  await write("c.yaml", policy("v").replace("ingress", "ingres"));
  await write(".hidden.yaml", "not read");
  await write("a.yaml~", "not read");
  const statuses = await dir.start();
  assert.deepEqual(sink.batches, ["a.yaml: x; b.yaml: y z"]);
  assert.deepEqual(problems(), ["p/c.yaml: unknown key `ingres`"]);
  assert.deepEqual(
    statuses.map((status) => [status.documents, status.since]),
    [
      [["x"], undefined],
      [["y", "z"], undefined],
      [[], 1_000_000],
    ],
  );
});

test("a broken edit leaves the last good policies; mending it takes effect and is told", async (t) => {
  const { dir, sink, write, settle, problems, told, time } = await scene(t);
  await write("a.yaml", policy("x"));
  await dir.start();
  await write("a.yaml", "kind: [");
  time.nowMs += 5;
  await settle();
  assert.equal(sink.files, "a.yaml: x");
  assert.equal(problems().length, 1);
  assert.equal(told.at(-1)?.since, 1_000_005);
  await write("a.yaml", policy("x2"));
  await settle();
  assert.equal(sink.files, "a.yaml: x2");
  assert.deepEqual(told.at(-1)?.problems, []);
  assert.equal(told.at(-1)?.since, undefined);
});

test("an emptied file is broken, not a removal", async (t) => {
  const { dir, sink, write, settle, problems } = await scene(t);
  await write("a.yaml", policy("x"));
  await dir.start();
  await write("a.yaml", "");
  await settle();
  assert.equal(sink.files, "a.yaml: x");
  assert.deepEqual(problems(), ["p/a.yaml: there is no policy document"]);
});

for (const [what, put] of [
  ["a directory", (file: string) => mkdir(file)],
  ["a link that leads nowhere", (file: string) => symlink("nowhere", file)],
  ["a device", (file: string) => symlink("/dev/null", file)],
] as const) {
  test(`a file in whose place ${what} stands is broken, not removed`, async (t) => {
    const { dir, directory, sink, write, settle, problems, time } = await scene(t);
    await write("a.yaml", policy("x"));
    await write("b.yaml", policy("y"));
    await dir.start();
    await rm(join(directory, "a.yaml"));
    await put(join(directory, "a.yaml"));
    await settle();
    time.nowMs += 10 * POLICY_DIR_LIMITS.goneAfterMs;
    await settle();
    assert.equal(sink.files, "a.yaml: x; b.yaml: y");
    assert.equal(problems().length, 1);
    await rm(join(directory, "a.yaml"), { recursive: true });
    await write("a.yaml", policy("x2"));
    await settle();
    assert.equal(sink.files, "a.yaml: x2; b.yaml: y");
    assert.deepEqual(problems(), []);
  });
}

test("a changed file is read only once two looks agree", async (t) => {
  const { dir, sink, write, time } = await scene(t);
  await write("a.yaml", policy("x"));
  await dir.start();
  await write("a.yaml", policy("x", "y"));
  await dir.look();
  assert.equal(sink.files, "a.yaml: x");
  assert.ok(Math.min(...time.waiting()) <= POLICY_DIR_LIMITS.debounceMs);
  await write("a.yaml", policy("x", "y", "z"));
  await dir.look();
  assert.equal(sink.files, "a.yaml: x");
  await dir.look();
  assert.equal(sink.files, "a.yaml: x y z");
});

test("a deleted file's policies go once it has stayed away long enough, and that is told", async (t) => {
  const { dir, directory, sink, write, time, told, gone } = await scene(t);
  await write("a.yaml", policy("x"));
  await write("b.yaml", policy("y"));
  await dir.start();
  await rm(join(directory, "a.yaml"));
  await dir.look();
  time.nowMs += POLICY_DIR_LIMITS.goneAfterMs - 1;
  await dir.look();
  assert.equal(sink.files, "a.yaml: x; b.yaml: y");
  assert.deepEqual(gone, []);
  time.nowMs += 1;
  const before = told.length;
  await dir.look();
  assert.equal(sink.files, "b.yaml: y");
  assert.deepEqual(gone, ["a.yaml: x"]);
  assert.equal(told.length, before);
});

test("an editor that moves the file away and writes it anew is no removal", async (t) => {
  const { dir, directory, sink, write, time, settle } = await scene(t);
  await write("a.yaml", policy("x"));
  await dir.start();
  await rename(join(directory, "a.yaml"), join(directory, "a.yaml~"));
  await dir.look();
  await write("a.yaml", policy("x", "y"));
  time.nowMs += 10 * POLICY_DIR_LIMITS.goneAfterMs;
  await settle();
  assert.deepEqual(sink.batches, ["a.yaml: x", "a.yaml: x y"]);
});

test("replacing by rename, over and over, is never a removal", async (t) => {
  const { dir, directory, sink, write } = await scene(t);
  await write("a.yaml", policy("x0"));
  await dir.start();
  for (let round = 1; round <= 20; round++) {
    await write("next", policy(`x${round}`));
    const looks = [dir.look(), rename(join(directory, "next"), join(directory, "a.yaml")), dir.look(), dir.look()];
    await Promise.all(looks);
    await dir.look();
    assert.equal(sink.files, `a.yaml: x${round}`);
  }
  assert.ok(sink.batches.every((batch) => batch.startsWith("a.yaml: x")));
});

test("a renamed policy file changes hands in one batch", async (t) => {
  const { dir, directory, sink, write, settle, gone } = await scene(t);
  await write("a.yaml", policy("x"));
  await dir.start();
  await rename(join(directory, "a.yaml"), join(directory, "b.yaml"));
  await settle();
  assert.deepEqual(sink.batches, ["a.yaml: x", "a.yaml: ; b.yaml: x"]);
  assert.deepEqual(gone, ["a.yaml: "]);
});

test("two files with one policy: the later one is refused and both are named", async (t) => {
  const { dir, sink, write, settle, problems } = await scene(t);
  await write("a.yaml", policy("x"));
  await dir.start();
  await write("b.yaml", policy("y", "x"));
  await settle();
  assert.equal(sink.files, "a.yaml: x");
  assert.deepEqual(problems(), [`p/b.yaml: policy \`x\` is also given by p/a.yaml`]);
  assert.equal(dir.statuses()[1]?.problems[0]?.line, 8);
});

test("a symbolic link that is swapped, as Kubernetes does with mounted configuration", async (t) => {
  const { dir, directory, sink, settle, time } = await scene(t);
  for (const [version, text] of [
    ["v1", policy("x")],
    ["v2", policy("y")],
  ] as const) {
    await mkdir(join(directory, version));
    await writeFile(join(directory, version, "a.yaml"), text);
  }
  await symlink("v1", join(directory, "..data"));
  await symlink("..data/a.yaml", join(directory, "a.yaml"));
  await dir.start();
  await symlink("v2", join(directory, "..data_tmp"));
  await rename(join(directory, "..data_tmp"), join(directory, "..data"));
  time.nowMs += 10 * POLICY_DIR_LIMITS.goneAfterMs;
  await settle();
  assert.deepEqual(sink.batches, ["a.yaml: x", "a.yaml: y"]);
});

test("a directory that goes and comes back: its policies stay, and what it then holds counts", async (t) => {
  const { root, dir, directory, sink, write, settle, problems, time } = await scene(t);
  await write("a.yaml", policy("x"));
  await write("b.yaml", policy("y"));
  await dir.start();
  await rename(directory, join(root, "old"));
  await settle();
  time.nowMs += 10 * POLICY_DIR_LIMITS.goneAfterMs;
  await settle();
  assert.equal(sink.files, "a.yaml: x; b.yaml: y");
  assert.deepEqual(
    problems(),
    [`p/*.yaml: cannot read the directory p: it does not exist`].map((p) =>
      p.replace("directory p", `directory ${directory}`.replace(`${root}/`, "")),
    ),
  );
  await mkdir(directory);
  await settle();
  time.nowMs += 10 * POLICY_DIR_LIMITS.goneAfterMs;
  await settle();
  assert.equal(sink.files, "a.yaml: x; b.yaml: y");
  assert.deepEqual(problems(), [
    "p/*.yaml: the directory was replaced by one without policies; its last good policies stay in force",
  ]);
  await write("a.yaml", policy("x2"));
  await settle();
  assert.equal(sink.files, "a.yaml: x2; b.yaml: y");
  time.nowMs += POLICY_DIR_LIMITS.goneAfterMs;
  await settle();
  assert.equal(sink.files, "a.yaml: x2");
  assert.deepEqual(problems(), []);
});

test("a file that is named must be there, and keeps its policies when it goes", async (t) => {
  const { dir, directory, sink, write, settle, problems, time } = await scene(t, ["p/a.yaml", "p/b.yaml"]);
  await write("a.yaml", policy("x"));
  await dir.start();
  assert.deepEqual(problems(), ["p/b.yaml: the file does not exist"]);
  await write("b.yaml", policy("y"));
  await rm(join(directory, "a.yaml"));
  await settle();
  time.nowMs += 10 * POLICY_DIR_LIMITS.goneAfterMs;
  await settle();
  assert.equal(sink.files, "a.yaml: x; b.yaml: y");
  assert.deepEqual(problems(), ["p/a.yaml: the file does not exist; its last good policies stay in force"]);
});

test("a file that is named by its whole path is told as missing, and as back again", async (t) => {
  const { root, directory, told, write, settle } = await scene(t);
  await write("a.yaml", policy("x"));
  const file = join(directory, "a.yaml");
  const dir = new PolicyDir({
    paths: [file],
    baseDirectory: root,
    sink: new Sink(),
    extensions: () => new Map(),
    clock: new ManualTime(),
    schedule: () => () => undefined,
    listener: { onStatus: (status) => told.push(status), onGone: assert.fail },
  });
  t.after(() => dir.close());
  const messages = (): string[] => told.splice(0).map(({ kind, problems }) => `${kind}: ${problems[0]?.message}`);
  await dir.start();
  assert.deepEqual(messages(), ["file: undefined"]);
  await rm(file);
  await dir.look();
  assert.deepEqual(messages(), ["path: the file does not exist; its last good policies stay in force"]);
  await write("a.yaml", policy("x"));
  await dir.look();
  assert.deepEqual(messages(), ["path: undefined"]);
  await settle();
});

test("files may select the identities that the configuration has fixed", async (t) => {
  const { root, dir, write, problems } = await scene(t);
  const subject = '{matchLabels: {"reserved:database": ""}}';
  await write("a.yaml", policy("x").replace("endpointSelector: {}", `endpointSelector: ${subject}`));
  await dir.start();
  assert.match(problems()[0] ?? "", /unknown reserved label `database`/);
  const knowing = new PolicyDir({
    paths: ["p/*.yaml"],
    baseDirectory: root,
    sink: new Sink(),
    extensions: () => new Map(),
    fixedIdentities: new Set(["database"]),
    clock: new ManualTime(),
    schedule: () => () => undefined,
    listener: { onStatus: () => undefined, onGone: () => undefined },
  });
  t.after(() => knowing.close());
  assert.deepEqual(
    (await knowing.start()).map(({ documents, problems: found }) => [documents, found]),
    [[["x"], []]],
  );
});

test("what is not a readable policy file is told and not read", async (t) => {
  const { dir, directory, sink, write, problems } = await scene(t, ["p/*.yaml"], { fileBytesMax: 200 });
  await write("big.yaml", policy("x").padEnd(201));
  await write("binary.yaml", Uint8Array.of(0x61, 0xff));
  await symlink("nowhere", join(directory, "dangling.yaml"));
  await symlink("loop.yaml", join(directory, "loop.yaml"));
  await symlink("/dev/null", join(directory, "null.yaml"));
  await mkdir(join(directory, "directory.yaml"));
  await dir.start();
  assert.equal(sink.files, "");
  assert.deepEqual(problems(), [
    "p/big.yaml: the file has 201 bytes, more than the limit of 200",
    "p/binary.yaml: the file is not UTF-8 text",
    "p/dangling.yaml: cannot read the file: it does not exist",
    "p/directory.yaml: a directory stands where a policy file belongs; move it away",
    "p/loop.yaml: cannot read the file: its symbolic links form a circle",
    "p/null.yaml: not a regular file",
  ]);
});

test("too many files: those that fit are read, none is removed, and it is told", async (t) => {
  const { dir, sink, write, settle, problems, time } = await scene(t, ["p/*.yaml"], { filesMax: 2 });
  await write("b.yaml", policy("b"));
  await write("c.yaml", policy("c"));
  await dir.start();
  assert.deepEqual(problems(), []);
  await write("a.yaml", policy("a"));
  await settle();
  time.nowMs += 10 * POLICY_DIR_LIMITS.goneAfterMs;
  await settle();
  assert.equal(sink.files, "b.yaml: b; c.yaml: c");
  assert.deepEqual(problems(), ["p/*.yaml: more files than the limit of 2"]);
});

test("a pattern without files is a warning", async (t) => {
  const { dir } = await scene(t);
  const [status] = await dir.start();
  assert.deepEqual(
    status?.warnings.map((warning) => `${warning.source}: ${warning.message}`),
    ["p/*.yaml: no file matches"],
  );
  assert.deepEqual(status?.problems, []);
});

test("a file that the importer refuses does not keep the others out, and is tried again", async (t) => {
  const { dir, sink, write, problems } = await scene(t);
  await write("a.yaml", policy("x"));
  await write("b.yaml", policy("y"));
  sink.refuse = "a.yaml";
  await dir.start();
  assert.equal(sink.files, "b.yaml: y");
  assert.deepEqual(problems(), ["p/a.yaml: not put in force: no room"]);
  sink.refuse = undefined;
  await dir.look();
  assert.equal(sink.files, "a.yaml: x; b.yaml: y");
  assert.deepEqual(problems(), []);
});

test("a data plane that does not answer holds up later changes of files for a while, not for ever", async (t) => {
  const { dir, sink, write, time, settle } = await scene(t);
  await write("a.yaml", policy("x"));
  sink.hang = true;
  const waits = time.scheduled(POLICY_DIR_LIMITS.applyWaitMs);
  const started = dir.start();
  await waits;
  time.advance(POLICY_DIR_LIMITS.applyWaitMs);
  await started;
  sink.hang = false;
  await write("b.yaml", policy("y"));
  await settle();
  assert.deepEqual(sink.batches, ["b.yaml: y"]);
});

test("the kernel tells of a change, and a busy directory does not put the look off", async (t) => {
  const { dir, directory, sink, write, time } = await scene(t);
  await dir.start();
  assert.deepEqual(time.waiting(), [POLICY_DIR_LIMITS.rescanMs]);
  const told = time.scheduled(POLICY_DIR_LIMITS.debounceMs);
  await write("a.yaml", policy("x"));
  await told;
  time.nowMs += 60;
  const seen = once(watch(directory, { persistent: false, signal: t.signal }), "change");
  await write("b.yaml", policy("y"));
  await seen;
  assert.deepEqual(time.waiting(), [POLICY_DIR_LIMITS.debounceMs - 60]);
  time.advance(40);
  await dir.look();
  await dir.look();
  assert.equal(sink.files, "a.yaml: x; b.yaml: y");
});

test("without being told, a look comes after the rescan time; after close none comes", async (t) => {
  const { dir, time } = await scene(t);
  await dir.start();
  time.advance(POLICY_DIR_LIMITS.rescanMs);
  await dir.look();
  assert.equal(time.waiting().length, 1);
  await dir.close();
  assert.deepEqual(time.waiting(), []);
});
