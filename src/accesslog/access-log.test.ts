import assert from "node:assert/strict";
import { chmod, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { EventRing } from "../monitor/event-ring.ts";
import { anyConnection } from "../monitor/testing/any-connection.ts";
import { AccessLog, type AccessLogOptions } from "./access-log.ts";
import { type LogFile, openLogFile } from "./log-file.ts";

const CONNECTION = anyConnection();

interface Started {
  readonly log: AccessLog;
  readonly path: string;
  readonly record: (...names: number[]) => void;
  /** The names that the file holds; throws where a line is no JSON. */
  readonly logged: (path?: string) => Promise<number[]>;
  readonly told: string[];
}

async function directoryOf(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "weir-accesslog-"));
  t.after(() => rm(directory, { recursive: true }));
  return directory;
}

async function start(
  t: TestContext,
  options: Partial<AccessLogOptions> & { capacity?: number } = {},
): Promise<Started> {
  const path = options.path ?? join(await directoryOf(t), "access.log");
  const ring = new EventRing({ capacity: options.capacity ?? 8_192 });
  const told: string[] = [];
  const log = await AccessLog.open(ring, {
    path,
    onFailure: (message) => told.push(message),
    onRecovered: (lost) => told.push(`recovered, ${lost} lost`),
    ...options,
  });
  t.after(() => log.close());
  const record = (...names: number[]): void => {
    for (const name of names) ring.record(CONNECTION, "Request", "Forwarded", undefined, { name: String(name) });
  };
  const logged = async (from = path): Promise<number[]> => {
    const lines = (await readFile(from, "utf8")).split("\n").slice(0, -1);
    return lines.map((line) => Number(JSON.parse(line).fields.name));
  };
  return { log, path, record, logged, told };
}

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

test("records are written by themselves, in order, to a file that its owner alone reads", async (t) => {
  const { log, path, record, logged } = await start(t, { gatherMs: 0 });
  record(1, 2);
  while (log.written < 2) await new Promise((resolve) => setImmediate(resolve));
  record(3);
  await log.flush();
  assert.deepEqual(await logged(), [1, 2, 3]);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual([log.written, log.lost], [3, 0]);
});

test("a burst larger than the ring arrives whole", async (t) => {
  const { log, record, logged } = await start(t, { capacity: 16 });
  record(...range(10_000));
  await log.flush();
  assert.deepEqual(await logged(), range(10_000));
  assert.equal(log.lost, 0);
});

test("close writes what was recorded before; what comes later is neither written nor lost", async (t) => {
  const { log, record, logged } = await start(t);
  record(1, 2);
  await log.close();
  record(3);
  assert.deepEqual(await logged(), [1, 2]);
  assert.equal(log.lost, 0);
});

test("reopen goes on in a new file; nothing is torn or lost", async (t) => {
  const { log, path, record, logged } = await start(t);
  record(1);
  await log.flush();
  await rename(path, `${path}.1`);
  record(2);
  await log.reopen();
  record(3);
  await log.flush();
  assert.deepEqual(await logged(`${path}.1`), [1]);
  assert.deepEqual(await logged(), [2, 3]);
});

test("a reopen that fails goes on in the old file, says so, and happens later", async (t) => {
  const { log, path, record, logged, told } = await start(t);
  await rename(path, `${path}.1`);
  await symlink("/dev/null", path);
  await log.reopen();
  assert.match(told[0] ?? "", /cannot write .*access\.log/);
  await rm(path);
  record(1);
  await log.flush();
  assert.deepEqual(await logged(), [1]);
  assert.deepEqual(told.slice(1), ["recovered, 0 lost"]);
});

test("links, directories and files that others may write are refused", async (t) => {
  const path = join(await directoryOf(t), "access.log");
  await symlink("/dev/null", path);
  await assert.rejects(start(t, { path }), /ELOOP/);
  await rm(path);
  await writeFile(path, "", { mode: 0o600 });
  await chmod(path, 0o622);
  await assert.rejects(start(t, { path }), /others may write/);
  await assert.rejects(start(t, { path: "/dev/null" }), /no plain file/);
  await assert.rejects(start(t, { path: tmpdir() }), /EISDIR/);
});

test("of what the agent tells, the beginnings and ends of processes are logged, in order with the records", async (t) => {
  const ring = new EventRing({ clock: { now: () => Date.UTC(2026, 0, 1) } });
  const path = join(await directoryOf(t), "access.log");
  const log = await AccessLog.open(ring, { path, onFailure: () => assert.fail(), onRecovered: () => assert.fail() });
  t.after(() => log.close());
  ring.notify({ subtype: "Policy updated", message: { revision: 2 } });
  ring.record(CONNECTION, "Request", "Forwarded", undefined, {});
  ring.notify({ subtype: "Host ended", message: { host: 1, error: "killed by SIGKILL, \u00e9", recordsLost: 3 } });
  ring.record(CONNECTION, "Request", "Forwarded", undefined, {});
  await log.flush();
  const lines = (await readFile(path, "utf8")).split("\n");
  assert.equal(lines.length, 4);
  assert.equal(
    lines[1],
    '{"time":"2026-01-01T00:00:00.000Z","type":"agent","subtype":"Host ended",' +
      '"message":{"host":1,"error":"killed by SIGKILL, \\u00e9","recordsLost":3}}',
  );
});

test("logged waits until what was recorded is in the file, also while that fails, and fails when the log closes", async (t) => {
  const disk = weakDisk();
  const { log, record, logged } = await start(t, { openFile: disk.openFile, retryMs: 1 });
  await log.logged();
  record(1, 2);
  await log.logged();
  assert.deepEqual(await logged(), [1, 2]);
  disk.fails = true;
  record(3);
  let done = false;
  const third = log.logged().then(() => {
    done = true;
  });
  await log.flush();
  await log.flush();
  assert.equal(done, false);
  disk.fails = false;
  await third;
  assert.deepEqual(await logged(), [1, 2, 3]);
  disk.fails = true;
  record(4);
  const fourth = assert.rejects(log.logged(), /closed/);
  await log.close();
  await fourth;
  await assert.rejects(log.logged(), /closed/);
});

test("a line that was torn when the last writer died does not tear the next one", async (t) => {
  const path = join(await directoryOf(t), "access.log");
  await writeFile(path, '{"fields":{"name":1}}\n{"fie', { mode: 0o600 });
  const { log, record } = await start(t, { path });
  record(2);
  await log.flush();
  const [first, torn, last] = (await readFile(path, "utf8")).split("\n");
  assert.equal(JSON.parse(first ?? "").fields.name, 1);
  assert.equal(torn, '{"fie');
  assert.equal(log.torn, 1);
  assert.equal(JSON.parse(last ?? "").fields.name, "2");
});

/** A real file whose disk can be made to fail, to stall, and to take only some bytes at a time. */
function weakDisk(): {
  openFile: (path: string) => Promise<LogFile>;
  fails: boolean;
  bytesMax: number;
  gate: Promise<void>;
} {
  const disk = {
    fails: false,
    bytesMax: Number.POSITIVE_INFINITY,
    gate: Promise.resolve(),
    openFile: async (path: string): Promise<LogFile> => {
      const file = await openLogFile(path);
      return {
        ...file,
        append: async (bytes, offset) => {
          await disk.gate;
          if (disk.fails) throw new Error("ENOSPC: no space left on device, write");
          return file.append(bytes.subarray(0, offset + disk.bytesMax), offset);
        },
      };
    },
  };
  return disk;
}

test("writes that take only some bytes go on where they ended", async (t) => {
  const disk = weakDisk();
  disk.bytesMax = 7;
  const { log, record, logged } = await start(t, { openFile: disk.openFile });
  record(...range(20));
  await log.flush();
  assert.deepEqual(await logged(), range(20));
});

test("a full disk is told once; records wait up to the bound, the others are counted, and it recovers", async (t) => {
  const disk = weakDisk();
  const { log, record, logged, told } = await start(t, {
    openFile: disk.openFile,
    pendingBytesMax: 2_000,
    capacity: 16,
  });
  disk.fails = true;
  record(0);
  await log.flush();
  record(...range(1_000).slice(1));
  await log.flush();
  assert.equal(told.length, 1);
  assert.match(told[0] ?? "", /ENOSPC.*tries again/);
  const { lost } = log;
  assert.ok(lost > 900 && lost < 1_000, `${lost} lost`);
  disk.fails = false;
  await log.flush();
  assert.deepEqual(await logged(), range(1_000 - lost));
  assert.equal(told[1], `recovered, ${lost} lost`);
  assert.equal(log.written + log.lost, 1_000);
});

test("a rotation lets go of a file that the full disk has no room for; no line is torn or lost", async (t) => {
  const path = join(await directoryOf(t), "access.log");
  let room = 500;
  const { log, record, logged } = await start(t, {
    path,
    openFile: async (name) => {
      const file = await openLogFile(name);
      const append: LogFile["append"] = async (bytes, offset) => {
        if (room === 0) throw new Error("ENOSPC: no space left on device, write");
        const taken = await file.append(bytes.subarray(0, offset + room), offset);
        room -= taken;
        return taken;
      };
      // The room of a deleted file comes back when nobody holds it any more.
      const close = async (): Promise<void> => {
        room = Number.POSITIVE_INFINITY;
        await file.close();
      };
      return { ...file, append, close };
    },
  });
  record(...range(5));
  await log.flush();
  const old = (await readFile(path, "utf8")).split("\n");
  await rm(path);
  await log.reopen();
  await log.flush();
  const complete = old.slice(0, -1).map((line) => Number(JSON.parse(line).fields.name));
  assert.ok(complete.length > 0 && old.at(-1) !== "", "the old file ends within a line");
  assert.deepEqual([...complete, ...(await logged())], range(5));
  assert.deepEqual([log.written, log.lost], [5, 0]);
});

test("while the disk stalls, recording goes on and what is beyond the bound is counted", async (t) => {
  const disk = weakDisk();
  const { log, record, logged } = await start(t, { openFile: disk.openFile, pendingBytesMax: 2_000, capacity: 16 });
  const opened = Promise.withResolvers<void>();
  disk.gate = opened.promise;
  record(1);
  const flushed = log.flush();
  record(...range(1_000));
  opened.resolve();
  await flushed;
  await log.flush();
  assert.ok(log.lost > 900);
  assert.equal((await logged()).length + log.lost, 1_001);
});

test("what a failing disk did not take is counted at the close", async (t) => {
  const disk = weakDisk();
  const { log, record } = await start(t, { openFile: disk.openFile });
  disk.fails = true;
  record(1, 2, 3);
  await log.flush();
  record(4);
  await log.close();
  assert.deepEqual([log.written, log.lost], [0, 4]);
});

test("fields that cannot be made text are counted, and cost nobody else anything", async (t) => {
  const ring = new EventRing();
  const path = join(await directoryOf(t), "access.log");
  const log = await AccessLog.open(ring, { path, onFailure: assert.fail, onRecovered: () => undefined });
  const bad = { name: Object.create(null) } as Record<string, string>;
  ring.record(CONNECTION, "Request", "Forwarded", undefined, bad);
  ring.record(CONNECTION, "Request", "Forwarded", undefined, { name: "2" });
  await log.close();
  assert.deepEqual([log.written, log.lost], [1, 1]);
});
