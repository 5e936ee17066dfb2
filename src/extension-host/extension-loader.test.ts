import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { WeirError } from "../lib/error.ts";
import { ExtensionRegistry } from "../proxylib/registry.ts";
import { pass } from "../proxylib/verdict.ts";
import { loadExtensions } from "./extension-loader.ts";
import { importExtension } from "./import-extension.ts";

/** A folder outside of the checkout with a configuration file and these files beside it. */
async function folder(t: TestContext, files: Record<string, string>): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "weir-extensions-"));
  t.after(() => rm(path, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), text);
  }
  return join(path, "weir.yaml");
}

const extension = (name: string, more = "") => `
import { defineExtension, pass } from "weir/proxylib";
export const made = pass(1);
export default defineExtension({ name: "${name}", version: "1.0.0", fields: {}, create: () => undefined, ${more} });`;

async function load(configFile: string, ...names: string[]): Promise<ExtensionRegistry> {
  const registry = new ExtensionRegistry();
  await loadExtensions(names, configFile, registry);
  return registry;
}

async function failure(configFile: string, ...names: string[]): Promise<string> {
  const error = await load(configFile, ...names).then(
    () => assert.fail("it loaded"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof WeirError);
  assert.equal(error.code, "WEIR_EXTENSION_INVALID");
  return error.message;
}

test("extensions load from TypeScript, JavaScript and packages, and import weir/proxylib from anywhere", async (t) => {
  const configFile = await folder(t, {
    "a.ts": extension("typed").replace("pass(1)", "pass(1) satisfies number"),
    "sub/b.mjs": extension("plain"),
    "node_modules/@acme/parser/package.json": '{"name":"@acme/parser","exports":{"import":"./i.js"},"type":"module"}',
    "node_modules/@acme/parser/i.js": extension("packaged"),
  });
  const registry = await load(configFile, "./a.ts", join(dirname(configFile), "sub/b.mjs"), "@acme/parser");
  assert.deepEqual([...registry.declarations().keys()], ["typed", "plain", "packaged"]);
});

test("an extension gets the agent's own library, not a copy", async (t) => {
  const configFile = await folder(t, { "a.mjs": extension("same", 'verdict: pass, description: "x"') });
  const registry = await load(configFile, "./a.mjs");
  assert.equal((registry.get("same") as unknown as { verdict: unknown }).verdict, pass);
});

test("everything that is wrong with any extension is told at once, with its file", async (t) => {
  const configFile = await folder(t, {
    "good.mjs": extension("good"),
    "clash.mjs": extension("good"),
    "throws.mjs": '\nthrow new Error("no database")',
    "number.mjs": "export default 42;",
    "syntax.ts": "export default {",
    "nothing.mjs": "export const x = 1;",
    "shape.mjs": 'export default { name: 1, version: "one", fields: { a: { oneof: [] }, b: { exact: true } } };',
    "reference.mjs": extension("r", 'fields: { file: { regex: true, requires: { field: "cmd" } } }'),
    "logged.mjs": extension("l", 'fields: { file: { exact: true } }, logged: { path: { attribute: "fil" } }'),
    "twice.mjs": extension(
      "t",
      'fields: { a: { exact: true } }, logged: { a: { attribute: "a" }, b: { attribute: "a" } }',
    ),
    "hints.mjs": extension(
      "h",
      'fields: { a: { exact: true } }, hints: [{ allowed: { a: "x" }, refused: { b: "x" }, message: "m", hint: "h" }]',
    ),
    "hint.mjs": extension(
      "i",
      'fields: {}, hints: [{ allowed: {}, refused: { a: 1 }, message: "\\u001b[2J", hint: "", when: "always" }]',
    ),
    "name.mjs": extension("../x"),
    "sub/module.mjs": extension("sub"),
  });
  const names = [
    "clash",
    "throws",
    "number",
    "nothing",
    "shape",
    "reference",
    "logged",
    "twice",
    "hints",
    "hint",
    "name",
    "missing",
  ].map((name) => `./${name}.mjs`);
  const message = await failure(
    configFile,
    "./good.mjs",
    ...names,
    "./sub",
    "./syntax.ts",
    "@acme/none",
    "sub/module.mjs",
  );
  for (const expected of [
    /extension \.\/clash\.mjs: there is an extension "good" already/,
    /extension \.\/throws\.mjs: no database \(\/.*\/throws\.mjs:2:7\)$/m,
    /extension \.\/number\.mjs: .*something else/,
    /extension \.\/nothing\.mjs: .*default export/,
    /extension \.\/shape\.mjs: `name`.*`version`: must be a semantic version.*`fields\.a`: must be one of.*`create`: must be a function/,
    /extension \.\/reference\.mjs: .*names `cmd`/,
    /extension \.\/logged\.mjs: `logged\.path` names `fil`/,
    /extension \.\/twice\.mjs: `logged\.b`: `a` is shown by another field/,
    /extension \.\/hints\.mjs: `hints\.0\.refused` names `b`/,
    /extension \.\/hint\.mjs: .*`hints\.0\.refused\.a`.*`hints\.0\.message`: must be one line.*`hints\.0\.hint`: must be one line.*when/,
    /extension \.\/name\.mjs: extension name "\.\.\/x"/,
    /extension \.\/missing\.mjs: there is no file \/.*\/missing\.mjs; paths are relative to the folder of \/.*\/weir\.yaml$/m,
    /extension \.\/sub: \/.*\/sub is no file: name the module in it$/m,
    /extension \.\/syntax\.ts: .* \(\/.*\/syntax\.ts:1\)$/m,
    /extension @acme\/none: .*@acme\/none.*weir\.yaml; install it there$/m,
    /extension sub\/module\.mjs: .*; a path begins with \.\/, as in \.\/sub\/module\.mjs$/m,
  ]) {
    assert.match(message, expected);
  }
  assert.doesNotMatch(message, /extension \.\/good\.mjs/);
});

test("a module that never finishes loading is an error, not an end without a word", async (t) => {
  const configFile = await folder(t, { "waits.mjs": "await new Promise(() => {}); export default {};" });
  await assert.rejects(
    importExtension(join(dirname(configFile), "waits.mjs"), 50),
    /not loaded within 50 ms: .*top-level `await`/,
  );
});

test("a module that Node reads as CommonJS, or not at all, says what to do about that", async (t) => {
  const configFile = await folder(t, {
    "package.json": '{"name":"as-npm-init-makes-it","type":"commonjs"}',
    "typed.ts": extension("typed"),
    "plain.js": extension("plain"),
    "named.mts": extension("named"),
    "broken.mts": "export default {",
    "common.js": `module.exports = { name: "common", version: "1.0.0", fields: {}, create: () => undefined };`,
    "node_modules/acme/package.json": '{"name":"acme","type":"module","exports":"./i.ts"}',
    "node_modules/acme/i.ts": extension("acme"),
  });
  const message = await failure(
    configFile,
    "./typed.ts",
    "./plain.js",
    "./named.mts",
    "./common.js",
    "./broken.mts",
    "acme",
  );
  const manifest =
    /\/.*\/package\.json has `"type": "commonjs"`.*write `"type": "module"` there, or let .* end with \.mts/;
  const [typed, plain, broken, acme, ...others] = message.split("\n");
  assert.match(typed ?? "", new RegExp(`^extension \\./typed\\.ts: ${manifest.source}`));
  assert.match(plain ?? "", new RegExp(`^extension \\./plain\\.js: ${manifest.source}`));
  assert.match(broken ?? "", /^extension \.\/broken\.mts: .* \(\/.*broken\.mts:1\)$/);
  assert.match(acme ?? "", /^extension acme: Node reads no TypeScript below node_modules: copy the module elsewhere/);
  assert.deepEqual(others, []);
});
