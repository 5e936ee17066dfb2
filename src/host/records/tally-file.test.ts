import assert from "node:assert/strict";
import {
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { readTally, TALLY_BYTES_MAX } from "../../records/tally-bytes.ts";
import { TallyFile } from "./tally-file.ts";

function pathOf(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "weir-tally-"));
  t.after(() => rmSync(directory, { recursive: true }));
  return join(directory, "records-0");
}

const fail = (error: unknown): void => assert.fail(`${error}`);

test("the file says what was written last, and of whom; its owner alone reads it", (t) => {
  const path = pathOf(t);
  using file = new TallyFile(path, "instance-1", fail);
  assert.deepEqual(readTally(readFileSync(path)), { instance: "instance-1", made: 0, acknowledged: 0 });
  file.write(2 ** 40, 7);
  assert.deepEqual(readTally(readFileSync(path)), { instance: "instance-1", made: 2 ** 40, acknowledged: 7 });
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.ok(readFileSync(path).length <= TALLY_BYTES_MAX);
});

test("the next instance has a file of its own; who still holds the old one spoils nothing", (t) => {
  const path = pathOf(t);
  symlinkSync("/dev/null", path);
  writeFileSync(`${path}.new`, "left behind");
  using old = new TallyFile(path, "one", fail);
  using file = new TallyFile(path, "two", fail);
  file.write(3, 2);
  old.write(9, 9);
  assert.deepEqual(readTally(readFileSync(path)), { instance: "two", made: 3, acknowledged: 2 });
  assert.deepEqual(readdirSync(join(path, "..")), ["records-0"]);
});

test("a file that cannot be written any more is told once, and never throws", (t) => {
  const told: unknown[] = [];
  const path = pathOf(t);
  const file = new TallyFile(path, "one", (error) => void told.push(error));
  file[Symbol.dispose]();
  // Opened for reading: a broken disk cannot be had in a test.
  Object.assign(file, { file: openSync(path, "r") });
  file.write(1, 1);
  file.write(2, 2);
  assert.match(String(told), /^Error: EBADF[^,]*, write$/);
});

test("bytes that are no such file are nobody's", (t) => {
  const path = pathOf(t);
  using file = new TallyFile(path, "instance-1", fail);
  file.write(5, 4);
  const whole = readFileSync(path);
  for (let length = 0; length < whole.length; length++) assert.equal(readTally(whole.subarray(0, length)), undefined);
  for (const [at, value] of [
    [0, 0x20],
    [8, 0xff],
    [16, 0x7f],
  ] as const) {
    const changed = Buffer.from(whole);
    changed[at] = value;
    assert.equal(readTally(changed), undefined, `byte ${at}`);
  }
});
