import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { endpointStore, type StoredEndpoint } from "./endpoint-store.ts";

const ONE: StoredEndpoint = {
  name: "one",
  addresses: [],
  labels: ["a=b"],
  audit: false,
  observe: {},
  observeEgress: {},
};

async function directory(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "weir-state-"));
  t.after(() => rm(path, { recursive: true }));
  return path;
}

test("nothing is written through what lies in the draft's place, and only the owner can read the result", async (t) => {
  const path = await directory(t);
  const [file, victim] = [join(path, "endpoints.json"), join(path, "victim")];
  const store = endpointStore(file);
  await writeFile(victim, "precious");
  const inTheWay: Readonly<Record<string, () => Promise<unknown>>> = {
    link: () => symlink(victim, `${file}.new`),
    open: () => writeFile(`${file}.new`, "old").then(() => chmod(`${file}.new`, 0o666)),
    pipe: async () => execFileSync("mkfifo", [`${file}.new`]),
  };
  for (const [what, put] of Object.entries(inTheWay)) {
    await put();
    await (await store.prepare([ONE])).commit();
    const found = await lstat(file);
    assert.ok(found.isFile(), what);
    assert.equal(found.mode & 0o777, 0o600, what);
    assert.deepEqual(await store.load(), [ONE]);
  }
  assert.equal(await readFile(victim, "utf8"), "precious");
  await mkdir(`${file}.new`);
  await assert.rejects(store.prepare([]), { code: "WEIR_API_FAILED" });
  assert.deepEqual((await readdir(path)).sort(), ["endpoints.json", "endpoints.json.new", "victim"]);
});

test("what the agent cannot have written is not read", async (t) => {
  const path = await directory(t);
  const file = join(path, "endpoints.json");
  const store = endpointStore(file);
  const wrong: readonly [what: RegExp, put: () => Promise<unknown>][] = [
    [/a symbolic link/, () => symlink("/dev/zero", file)],
    [/not a plain file/, async () => execFileSync("mkfifo", [file])],
    [/not a plain file/, () => mkdir(file)],
    [/more than the limit of 67108864/, () => writeFile(file, "").then(() => truncate(file, 2 ** 31))],
    [
      /a name has 1 to 253 letters/,
      () => writeFile(file, JSON.stringify({ version: 1, endpoints: [{ ...ONE, name: "../\u001b[31m" }] })),
    ],
  ];
  for (const [what, put] of wrong) {
    await put();
    await assert.rejects(store.load(), what);
    await rm(file, { recursive: true });
  }
  assert.deepEqual(await store.load(), []);
});
