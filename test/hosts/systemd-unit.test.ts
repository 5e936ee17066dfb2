// install/systemd/weir.service and docs/operations.md, which explains it.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { repositoryRoot } from "../support/repository.ts";

const read = (file: string): Promise<string> => readFile(join(repositoryRoot, file), "utf8");

test("the unit starts an agent as the command line understands it, and its end leaves the hosts", async () => {
  const unit = new Map(
    [...(await read("install/systemd/weir.service")).matchAll(/^(\w+)=(.*)$/gm)].map(([, key, value]) => [key, value]),
  );
  const [program = "", command, ...options] = unit.get("ExecStart")?.split(" ") ?? [];
  assert.ok(program.endsWith("/bin/weir.mjs"));
  await read("bin/weir.mjs");
  const reference = (await read("docs/cli.md")).split(`\n### \`weir ${command}\``)[1]?.split("\n### ")[0] ?? "";
  for (const option of options.filter((text) => text.startsWith("--"))) {
    assert.ok(reference.includes(`| \`${option}`), `weir ${command} has no ${option}`);
  }
  assert.ok(options.includes("--detach-hosts"));
  assert.equal(unit.get("KillMode"), "process");
  assert.equal(unit.get("RuntimeDirectoryPreserve"), "yes");
});

test("docs/operations.md explains lines that the unit has", async () => {
  const unit = await read("install/systemd/weir.service");
  const page = await read("docs/operations.md");
  const rows = (page.split("\n## systemd")[1] ?? "").split("\n## ")[0] ?? "";
  const cells = [...rows.matchAll(/^\| (`.*?`) \|/gm)].map(([, cell = ""]) => cell);
  const named = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, line = ""]) => line));
  assert.ok(named.length > 5);
  for (const line of named) {
    for (const part of line.split("…").map((text) => text.trim())) assert.ok(unit.includes(part), line);
  }
});
