import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { GENERATED, generate } from "../../scripts/generate.ts";
import { repositoryRoot } from "../support/repository.ts";

/** Path below the folder → text. */
async function textsIn(folder: string): Promise<Record<string, string>> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const paths = files.map((file) => join(file.parentPath, file.name)).sort();
  return Object.fromEntries(
    await Promise.all(paths.map(async (path) => [path.slice(folder.length), await readFile(path, "utf8")] as const)),
  );
}

it(`${GENERATED} is what the schemas in proto/ say`, async (t) => {
  const scratch = await mkdtemp(join(tmpdir(), "weir-generated-"));
  t.after(() => rm(scratch, { recursive: true, force: true }));
  await generate(scratch);
  const should = await textsIn(join(scratch, GENERATED));
  assert.ok(Object.keys(should).length >= 4, Object.keys(should).join());
  assert.deepEqual(await textsIn(join(repositoryRoot, GENERATED)), should, "it is stale: run `npm run generate`");
});
