import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { RESTARTS } from "./checks/restarts.ts";
import { problemsOf } from "./owner-problems.ts";
import { sessionOwner } from "./session-owner.ts";
import { startedOwner } from "./started-owner.ts";

test("the owner of weir conforms", async () => {
  assert.deepEqual(await problemsOf(sessionOwner()), []);
});

test("in a process of its own as well, where streams and their ends are others", async () => {
  const owner = fileURLToPath(new URL("our-owner.ts", import.meta.url));
  const command = [process.execPath, ...process.execArgv.filter((option) => option.startsWith("--conditions")), owner];
  const checks = RESTARTS.filter(({ name }) => /last state|whole frames|cannot be resumed|too long/.test(name));
  assert.equal(checks.length, 4);
  assert.deepEqual(await problemsOf(startedOwner(command), { checks, ways: [false] }), []);
});

test("the runner tells of its roles, and starts nothing for one that it does not know", () => {
  const script = fileURLToPath(new URL("../../../../scripts/conformance.ts", import.meta.url));
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [...process.execArgv, script, ...args], { encoding: "utf8" });
  const help = run("--help");
  assert.equal(help.status, 0);
  assert.match(help.stdout, /--role owner/);
  for (const args of [
    ["--role", "owner"],
    ["--role", "constructor", "true"],
  ]) {
    const { status, stderr } = run(...args);
    assert.equal(status, 2);
    assert.equal(stderr, help.stdout);
  }
});
