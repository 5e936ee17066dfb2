import assert from "node:assert/strict";
import { test } from "node:test";
import { cliReference, REFERENCE } from "../../scripts/cli-reference.ts";
import { readRepositoryFile } from "../support/repository.ts";

test("docs/cli.md is what the command tree makes of it", async () => {
  const [is, should] = await Promise.all([readRepositoryFile(REFERENCE), cliReference()]);
  assert.equal(is, should, "it is stale: run `npm run docs:cli`");
});
