import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { RESTARTS } from "./checks/restarts.ts";
import type { StartOwner } from "./owner-process.ts";
import { type OwnerRun, runOwnerChecks } from "./run-owner-checks.ts";
import { sessionOwner } from "./session-owner.ts";
import { startedOwner } from "./started-owner.ts";

/** What is wrong, check by check. */
async function problemsOf(start: StartOwner, run?: OwnerRun): Promise<readonly string[]> {
  const problems: string[] = [];
  for await (const { name, problem } of runOwnerChecks(start, run)) {
    if (problem !== undefined) problems.push(`${name}: ${problem}`);
  }
  return problems;
}

test("the owner of weir conforms", async () => {
  assert.deepEqual(await problemsOf(sessionOwner()), []);
});

test("in a process of its own as well, where streams and their ends are others", async () => {
  const owner = fileURLToPath(new URL("our-owner.ts", import.meta.url));
  const command = [process.execPath, ...process.execArgv.filter((option) => option.startsWith("--conditions")), owner];
  assert.deepEqual(await problemsOf(startedOwner(command), { checks: RESTARTS, ways: [false] }), []);
});
