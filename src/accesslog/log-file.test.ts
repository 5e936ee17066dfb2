import assert from "node:assert/strict";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openLogFile } from "./log-file.ts";

test("what cannot be a log file is refused with the reason and what to do", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "weir-log-file-"));
  t.after(() => rm(directory, { recursive: true }));
  const link = join(directory, "link.log");
  await symlink("elsewhere.log", link);
  const cases: [string, RegExp][] = [
    [link, /^it is a symbolic link.*name the file itself/],
    // A link on every Linux, whatever it leads to.
    ["/dev/stdout", /^it is no plain file.*weir monitor --json/],
    ["/dev/stderr", /^it is no plain file.*weir monitor --json/],
    ["/proc/self/fd/1", /^it is no plain file.*weir monitor --json/],
    ["/dev/null", /^it is no plain file.*weir monitor --json/],
    [directory, /^it is a directory/],
    [join(directory, "none/access.log"), /^its directory does not exist/],
    [join("/dev/null", "access.log"), /^a part of its path is no directory/],
  ];
  for (const [path, reason] of cases) await assert.rejects(openLogFile(path), { message: reason }, path);
});
