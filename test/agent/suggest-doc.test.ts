import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { fences } from "../repository/markdown.ts";
import { runProcess } from "../support/child-process.ts";
import { readRepositoryFile, repositoryRoot } from "../support/repository.ts";

test("the suggestion that docs/suggest.md shows is what the command before it prints", async () => {
  const all = fences(await readRepositoryFile("docs/suggest.md"));
  const index = all.findIndex(({ language, text }) => language === "sh" && /^weir policy suggest [^|]*$/.test(text));
  const command = all[index]?.text.split(" ").slice(1) ?? [];
  const { stdout } = await runProcess(process.execPath, [join(repositoryRoot, "bin/weir.mjs"), ...command], {
    cwd: repositoryRoot,
  });
  assert.match(stdout, /^kind: CiliumNetworkPolicy$/m);
  assert.equal(`${all[index + 1]?.text}\n`, stdout);
});

test("docs/suggest.md describes every option", async () => {
  const { stdout } = await runProcess(process.execPath, [
    join(repositoryRoot, "bin/weir.mjs"),
    "policy",
    "suggest",
    "--help",
  ]);
  const page = await readRepositoryFile("docs/suggest.md");
  const described = [...page.matchAll(/^\| `(--[\w-]+)/gm)].map(([, option]) => option);
  const options = [...stdout.matchAll(/^ {2}(--[\w-]+)/gm)].map(([, option]) => option);
  assert.deepEqual(described.sort(), options.filter((option) => option !== "--socket").sort());
});
