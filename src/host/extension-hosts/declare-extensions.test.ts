import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { WeirError } from "../../lib/error.ts";
import type { ExtensionSpec } from "../bootstrap.ts";
import { type DeclareOptions, declareExtensions } from "./declare-extensions.ts";

const MIB = 1_048_576;
const NO_GRANTS = { read: [], write: [], network: false, childProcess: false, nativeAddons: false, worker: false };

async function options(t: TestContext, files: Record<string, string>, ...extensions: Partial<ExtensionSpec>[]) {
  const folder = await mkdtemp(join(tmpdir(), "weir-declare-"));
  t.after(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries({ ...files, "run/secret": "secret" })) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return {
    configFile: join(folder, "weir.yaml"),
    stateDir: join(folder, "run"),
    memoryBytesMax: 128 * MIB,
    extensions: extensions.map((spec, at) => ({ module: "", group: `${at}`, allow: NO_GRANTS, ...spec })),
  } satisfies DeclareOptions;
}

const extension = (name: string, before = "") => `
import { defineExtension } from "weir/proxylib";
${before}
export default defineExtension({
  name: "${name}", version: "1.0.0", fields: { key: { prefix: true, of: "k" } }, create: () => undefined, more: 1,
});`;

const IMPORTS = 'import { writeSync } from "node:fs";';

/** Says something in the place of weir's own program. */
function written(text: string): string {
  return `${IMPORTS}
    const text = Buffer.from(${JSON.stringify(text)});
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    writeSync(3, Buffer.concat([length, text]));`;
}

test("declarations come from another process, in the order of the configuration, also of a group", async (t) => {
  const given = await options(
    t,
    { "a/a.ts": extension("a"), "b/b.mjs": extension("b"), "b/c.ts": extension("c", 'console.log("hello");') },
    { module: "./b/b.mjs", group: "shared" },
    { module: "./a/a.ts" },
    { module: "./b/c.ts", group: "shared" },
  );
  const declared = await declareExtensions(given);
  const fields = { key: { prefix: true, of: "k" } };
  assert.deepEqual(
    declared.map(({ declaration }) => declaration),
    ["b", "a", "c"].map((name) => ({ name, version: "1.0.0", fields })),
  );
  assert.deepEqual((await readdir(dirname(given.stateDir))).sort(), ["a", "b", "run"]);
});

test("packages load with what they import, and a module beside the state directory loads alone", async (t) => {
  const given = await options(
    t,
    {
      "node_modules/@acme/parser/package.json": '{"name":"@acme/parser","exports":"./i.js","type":"module"}',
      "node_modules/@acme/parser/i.js": extension("packaged", 'import "other";'),
      "node_modules/other/index.js": "",
      "beside.ts": extension("beside", 'import "other";'),
    },
    { module: "@acme/parser" },
    { module: "./beside.ts" },
  );
  assert.deepEqual(
    (await declareExtensions(given)).map(({ declaration }) => declaration.name),
    ["packaged", "beside"],
  );
});

test("packages that are linked into place load, too", async (t) => {
  const given = await options(
    t,
    {
      "store/node_modules/other/index.js": "",
      "store/node_modules/@acme/parser/package.json": '{"name":"@acme/parser","exports":"./i.js","type":"module"}',
      "store/node_modules/@acme/parser/i.js": extension("packaged", 'import "other";'),
      "extensions/a.ts": extension("a", 'import "other";'),
    },
    { module: "@acme/parser" },
    { module: "./extensions/a.ts" },
  );
  await symlink("store/node_modules", join(dirname(given.stateDir), "node_modules"));
  assert.deepEqual(
    (await declareExtensions(given)).map(({ declaration }) => declaration.name),
    ["packaged", "a"],
  );
});

test("everything that is wrong is told at once: with files, with grants, with processes", async (t) => {
  const given = await options(
    t,
    {
      "x/good.ts": extension("good"),
      "x/throws.ts": extension("t", 'throw new Error("no database");'),
      "x/exits.ts": extension("e", "process.exit(7);"),
      "x/loops.ts": extension("l", "for (;;) globalThis.x = [globalThis.x, new Array(1000).fill(Math.random())];"),
      "x/same.ts": extension("good"),
      "x/forges.ts": extension(
        "f",
        written(`{"extensions":[{"name":1,"version":"1.0.0","fields":{}}],"code":"${"0".repeat(64)}"}`),
      ),
      "x/nonsense.ts": extension("n", written('{"extensions":1}')),
      "x/garbage.ts": extension("g", written("garbage")),
      "x/endless.ts": extension("en", `writeSync(3, Buffer.alloc(100, 0xff)); ${IMPORTS}`),
    },
    { module: "./x/good.ts" },
    { module: "./x/throws.ts" },
    { module: "./x/exits.ts" },
    { module: "./x/loops.ts" },
    { module: "./x/missing.ts" },
    { module: "./x/same.ts", group: "0" },
    { module: "./x/forges.ts" },
    { module: "./x/nonsense.ts" },
    { module: "./x/garbage.ts" },
    { module: "./x/endless.ts" },
    { module: "./x/./good.ts", allow: { ...NO_GRANTS, read: ["/none"] } },
  );
  const { stateDir } = given;
  const error = await declareExtensions({
    ...given,
    extensions: [
      ...given.extensions,
      { module: "./x/../x/good.ts", group: "s", allow: { ...NO_GRANTS, write: [stateDir] } },
    ],
  }).then(
    () => assert.fail("it was fine"),
    (reason: unknown) => reason as Error,
  );
  assert.ok(error instanceof WeirError);
  assert.equal(error.code, "WEIR_EXTENSION_INVALID");
  for (const expected of [
    /^extension \.\/x\/throws\.ts: no database \(\/.*\/throws\.ts:3:7\)$/m,
    /^extension \.\/x\/exits\.ts: ended with code 7$/m,
    /^extension \.\/x\/loops\.ts: (killed by SIG(ABRT|TRAP|SEGV)|ended with code \d+)/m,
    /^extension \.\/x\/forges\.ts: `name`: /m,
    /^extension \.\/x\/nonsense\.ts: it said something that cannot be understood$/m,
    /^extension \.\/x\/garbage\.ts: .*JSON/m,
    /^extension \.\/x\/endless\.ts: a document of 4294967295 bytes came/m,
    /^extension \.\/x\/missing\.ts: there is no file .*missing\.ts;/m,
    /^extension \.\/x\/same\.ts: there is an extension "good" already/m,
    /^extension \.\/x\/\.\/good\.ts: `allow` names \/none, which is not there/m,
    /^extension \.\/x\/\.\.\/x\/good\.ts: `allow` names .*run, which belongs to weir's state directory/m,
  ]) {
    assert.match(error.message, expected);
  }
  assert.doesNotMatch(error.message, /extension \.\/x\/good\.ts:/);
});

test("what is declared is bounded, so that every host can be told it", async (t) => {
  const many = `const fields = Object.fromEntries(Array.from({ length: 40 }, (_, at) => ["f" + at, {
  oneOf: ["x".repeat(20_000)],
}]));
export default { name: NAME, version: "1.0.0", fields, create: () => undefined };`;
  const files = Object.fromEntries(["a", "b", "c"].map((name) => [`${name}.mjs`, many.replace("NAME", `"${name}"`)]));
  const modules = Object.keys(files).map((file) => ({ module: `./${file}` }));
  assert.equal((await declareExtensions(await options(t, files, ...modules.slice(0, 2)))).length, 2);
  await assert.rejects(declareExtensions(await options(t, files, ...modules)), {
    code: "WEIR_EXTENSION_INVALID",
    message: /^what extensions declare takes 24\d{5} bytes \(\.\/a\.mjs: 8\d{5}, .*; 2097152 are the limit/,
  });
});

test("the files that an extension was loaded from have a hash, whatever kind they are of", async (t) => {
  const files: Record<string, string> = {
    "x/a.ts": extension(
      "a",
      'import "./part.mjs"; import "old"; import data from "./data.json" with { type: "json" }; data;',
    ),
    "x/part.mjs": "",
    "x/data.json": "{}",
    "node_modules/old/index.js": 'require("./inner");',
    "node_modules/old/inner.js": "",
    "x/unused.mjs": "",
  };
  const given = await options(t, files, { module: "./x/a.ts" });
  const code = async (): Promise<string | undefined> => (await declareExtensions(given))[0]?.code;
  const first = await code();
  assert.match(first ?? "", /^[0-9a-f]{64}$/);
  const folder = dirname(given.configFile);
  await writeFile(join(folder, "x/unused.mjs"), "// edited");
  // Written anew, with the same text.
  await writeFile(join(folder, "x/part.mjs"), "");
  assert.equal(await code(), first);
  const codes = new Set([first]);
  for (const [file, text] of Object.entries({
    "x/a.ts": `${files["x/a.ts"]}\n`,
    "x/part.mjs": "// edited",
    "x/data.json": "[]",
    "node_modules/old/index.js": 'require("./inner"); 1;',
    "node_modules/old/inner.js": "1",
  })) {
    await writeFile(join(folder, file), text);
    codes.add(await code());
  }
  assert.equal(codes.size, 6);
});

test("a folder for temporary files that cannot be used is told, with what to do", async (t) => {
  const given = await options(t, { "x/good.ts": extension("good") }, { module: "./x/good.ts" });
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = "/nowhere/at/all";
  try {
    await assert.rejects(declareExtensions(given), {
      code: "WEIR_CONFIG_INVALID",
      message: /none can be made: ENOENT.*let TMPDIR name a folder/,
    });
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
});
