// What is fetched once for tests is there as a whole or not at all.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { ensureCached, findCached } from "../../scripts/cache-folder.ts";
import { runProcess } from "../support/child-process.ts";
import { repositoryRoot } from "../support/repository.ts";

const CACHE = join(repositoryRoot, ".cache");
const NAME = `test-${process.pid}`;

const write =
  (text: string) =>
  (folder: string): boolean => {
    writeFileSync(join(folder, "text"), text);
    return true;
  };

describe("the cache of what is fetched", () => {
  const entries = (): string[] => readdirSync(CACHE).filter((name) => name.startsWith(NAME));
  after(() => {
    for (const name of entries()) rmSync(join(CACHE, name), { recursive: true });
  });

  it("is filled once", () => {
    assert.equal(findCached(NAME), undefined);
    assert.equal(ensureCached(NAME, write("first")), join(CACHE, NAME));
    const again = ensureCached(NAME, () => assert.fail("it is there already"));
    assert.equal(again, findCached(NAME));
  });

  it("has nothing of what could not be fetched", () => {
    const name = `${NAME}-failed`;
    assert.equal(
      ensureCached(name, (folder) => !write("half")(folder)),
      undefined,
    );
    assert.throws(() =>
      ensureCached(name, () => {
        throw new Error("no network");
      }),
    );
    assert.deepEqual(
      entries().filter((entry) => entry.startsWith(name)),
      [],
    );
  });

  it("takes what somebody else has fetched meanwhile", () => {
    const name = `${NAME}-race`;
    const folder = ensureCached(name, (unfinished) => {
      assert.notEqual(unfinished, join(CACHE, name));
      assert.equal(findCached(name), undefined, "what is not finished is not found");
      mkdirSync(join(CACHE, name));
      writeFileSync(join(CACHE, name, "theirs"), "");
      return write("mine")(unfinished);
    });
    assert.equal(folder, join(CACHE, name));
    assert.deepEqual(readdirSync(folder), ["theirs"]);
  });

  it("removes what an ended process has left, and not what a living one is filling", async () => {
    const name = `${NAME}-left`;
    const { stdout } = await runProcess(process.execPath, ["-e", "console.log(process.pid)"]);
    const [left, filling] = [stdout.trim(), process.ppid].map((pid) => join(CACHE, `${name}.unfinished-${pid}`));
    mkdirSync(left as string);
    mkdirSync(filling as string);
    ensureCached(name, write("whole"));
    assert.equal(existsSync(left as string), false);
    assert.equal(existsSync(filling as string), true);
  });
});
