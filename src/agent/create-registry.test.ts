import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseConfig } from "./config/load-config.ts";
import { createRegistry, declareRegistry } from "./create-registry.ts";

test("an extension with the name of a built-in one is told with its module, wherever it runs", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "weir-registry-"));
  t.after(() => rm(folder, { recursive: true }));
  const module = 'export default { name: "memcache", version: "1.0.0", fields: {}, create: () => undefined };';
  await writeFile(join(folder, "mine.mjs"), module);
  const config = parseConfig(join(folder, "weir.yaml"), "extensions: [./mine.mjs]");
  for (const make of [createRegistry, declareRegistry]) {
    await assert.rejects(make(config), {
      code: "WEIR_EXTENSION_INVALID",
      message: 'extension ./mine.mjs: there is an extension "memcache" already: rename one of the two',
    });
  }
});
