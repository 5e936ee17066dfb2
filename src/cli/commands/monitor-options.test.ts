import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "commander";
import type { MonitorQuery } from "../../api/monitor-protocol.ts";
import { addQueryOptions } from "./monitor-options.ts";

function parse(...args: string[]): MonitorQuery {
  const command = new Command("monitor").exitOverride().configureOutput({ writeErr: () => {} });
  const queryOf = addQueryOptions(command);
  command.parse(args, { from: "user" });
  return queryOf(command.opts());
}

test("filters in their order; --not belongs to the next one alone", () => {
  const { filters } = parse(
    "--not",
    "--from",
    "web",
    "--from",
    "app=x",
    "-t",
    "l7",
    "--not",
    "--related-to",
    "10.0.0.0/8",
  );
  assert.deepEqual(filters, [
    { name: "from", not: true, value: "web" },
    { name: "from", not: false, value: "app=x" },
    { name: "type", not: false, value: "l7" },
    { name: "related-to", not: true, value: "10.0.0.0/8" },
  ]);
});

test("history, and whether to go on", () => {
  assert.deepEqual(parse(), { filters: [], since: undefined, last: undefined, follow: undefined });
  const { since, last, follow } = parse("--since", "5m", "--last", "20", "-f");
  assert.deepEqual([since, last, follow], ["5m", 20, true]);
});

test("what makes no sense is a usage error", () => {
  const table = [
    ["--not"],
    ["--from", "web", "--not"],
    ["--not", "--not", "--from", "web"],
    ["--verdict", "denied"],
    ["-t", "trace"],
    ["--last", "0"],
    ["--last", "8193"],
    ["--last", "x"],
  ];
  for (const args of table)
    assert.throws(() => parse(...args), { name: /CommanderError|InvalidArgumentError/ }, args.join(" "));
});
