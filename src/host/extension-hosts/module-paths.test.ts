import assert from "node:assert/strict";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isWithin, modulePaths } from "./module-paths.ts";
import { viewOf } from "./view.ts";

test("a path lies in a folder, or beside one whose name begins alike", () => {
  assert.ok(isWithin("/a/b", "/a/b") && isWithin("/a/b/c", "/a/b") && isWithin("/a", "/"));
  assert.ok(!isWithin("/a/bc", "/a/b") && !isWithin("/a", "/a/b"));
});

test("an extension reads its folder and what it can import, unless the folder holds what is none of its business", async (t) => {
  const top = await realpath(await mkdtemp(join(tmpdir(), "weir-paths-")));
  t.after(() => rm(top, { recursive: true }));
  await mkdir(join(top, "node_modules/x/lib"), { recursive: true });
  await mkdir(join(top, "extensions"));
  await writeFile(join(top, "package.json"), "{}");
  const shared = [join(top, "node_modules"), join(top, "package.json")];
  const stateDir = join(top, "run");
  const own = (module: string): readonly string[] =>
    modulePaths(module, stateDir).filter((path) => isWithin(path, top) || path === module);
  assert.deepEqual(own(join(top, "extensions/a.ts")), [join(top, "extensions"), ...shared]);
  assert.deepEqual(own(join(top, "beside.ts")), [join(top, "beside.ts"), ...shared]);
  assert.deepEqual(own(join(top, "node_modules/x/lib/i.js")), [join(top, "node_modules/x/lib"), ...shared]);
  for (const broad of [join(homedir(), "x.ts"), "/x.ts", "/opt/x.ts"]) assert.equal(own(broad)[0], broad);
});

test("a file system has each path once, folders before what lies in them, and never the state directory", () => {
  const grants = { read: ["/proc", "/proc/sys"], write: [join(tmpdir(), "w")], network: false };
  const view = viewOf({ read: [tmpdir(), "/usr/bin"], grants, stateDir: tmpdir() });
  const paths = view.map(({ path }) => path);
  assert.deepEqual(paths.slice(0, -1), [...new Set(paths.slice(0, -1))].sort());
  assert.ok(!paths.includes("/proc/sys") && !paths.includes("/usr/bin") && !paths.includes("/etc/hosts"));
  assert.deepEqual(view.at(-1), { kind: "hidden", path: tmpdir() });
});
