import assert from "node:assert/strict";
import { test } from "node:test";
import type { Command } from "commander";
import { ProblemsError } from "../api/problems-error.ts";
import { createProgram } from "./program.ts";
import { formatFailure, runCommandLine } from "./run.ts";
import type { Terminal } from "./terminal.ts";

function terminal(): Terminal & { outText: string; errText: string } {
  return {
    outText: "",
    errText: "",
    out(text) {
      this.outText += text;
    },
    err(text) {
      this.errText += text;
    },
    read: () => Promise.reject(new Error("no files here")),
    cwd: "/nonexistent",
    env: {},
    interruption: () => new AbortController().signal,
  };
}

/** Every command that does something, with its path. */
function leaves(command: Command, path: readonly string[] = []): string[][] {
  if (command.commands.length === 0) return [[...path]];
  return command.commands.flatMap((child) => leaves(child, [...path, child.name()]));
}

test("every command's help has an example", async () => {
  const all = leaves(createProgram(terminal()));
  assert.ok(all.length >= 21, `${all.length} commands`);
  for (const path of all) {
    const screen = terminal();
    assert.equal(await runCommandLine([...path, "--help"], screen), 0);
    assert.match(screen.outText, new RegExp(`Examples?:\n  \\$ weir ${path.join(" ")}`), path.join(" "));
  }
});

test("wrong arguments end with 2 and say what was meant", async () => {
  const cases: [string[], RegExp][] = [
    [["statos"], /unknown command 'statos'\n\(Did you mean status\?\)/],
    [["policy", "imprt", "x"], /Did you mean import\?/],
    [["status", "--wiat"], /Did you mean --wait\?/],
    [["status", "-o", "xml"], /Allowed choices are json, yaml, table/],
    [["status", "--timeout-ms", "-1"], /whole milliseconds/],
    [["status", "--socket", ""], /--socket <path>.*is empty/],
    [["policy", "get", "--config", ""], /--config <file>.*is empty/],
    [["agent", "--config", ""], /--config <file>.*is empty/],
    [["agent"], /--config <file>' not specified\n.*see `weir agent --help`/],
    [["monitor", "-t", "drops"], /Allowed choices are /],
    [["policy", "import"], /missing required argument 'file'/],
    [["policy", "wait", "soon"], /whole number/],
    [["policy", "wait", "7", "--timeout", "361"], /whole number up to 360/],
    [["identity", "get"], /^error: give the number of an identity, or labels with --label\n$/],
    [["identity", "get", "2", "--label", "a"], /or labels with --label/],
    [["identity", "get", "-2"], /"-2" is not the number/],
    [["identity", "get", "two"], /"two" is not the number/],
    [["endpoint", "add", "x", "--observe", "memcache"], /"memcache" is not `port=extension`/],
    [["endpoint", "config", "x", "audit=maybe"], /audit is `enable` or `disable`, not "maybe"/],
    [["endpoint", "config", "x", "adit=enable"], /no option "adit" to change \(did you mean/],
    [["config", "set", "drainMs"], /"drainMs" has no value: write drainMs=VALUE/],
    [["config", "drainMs=1", "drainMs=2"], /drainMs is given twice/],
    [["config", "stateDir=/x"], /no option "stateDir" to change/],
    [["config", "show"], /no option "show" to change/],
    [["status", "--brief", "--verbose"], /cannot be used with/],
  ];
  for (const [args, expected] of cases) {
    const screen = terminal();
    assert.equal(await runCommandLine(args, screen), 2, args.join(" "));
    assert.match(screen.errText, expected);
  }
});

test("a valid file that is too long to be imported is told so", async () => {
  const document =
    "{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: a}, spec: {endpointSelector: {}, ingress: [{}]}}";
  for (const [length, expected] of [
    [1_000_000, /^$/],
    [1_048_577, /^warning: a\.yaml: too long for `weir policy import`, which takes 1048576 bytes/],
  ] as const) {
    const screen = { ...terminal(), read: async () => `${document}\n#`.padEnd(length, "x") };
    await runCommandLine(["policy", "validate", "a.yaml"], screen);
    assert.match(screen.outText, /a\.yaml +valid/);
    assert.match(screen.errText, expected);
  }
});

test("a missing agent is a failure with its code and the cure", async () => {
  const screen = terminal();
  assert.equal(await runCommandLine(["endpoint", "list"], screen), 1);
  assert.match(screen.errText, /^error: WEIR_AGENT_UNREACHABLE: .*\/nonexistent\/run\/weir\.sock.*weir agent --config/);
});

test("every problem is shown once, and no byte of it steers the terminal", () => {
  const problem = { source: "a\u001b.yaml", line: 1, column: 2, path: "", message: "bad", hint: "do" };
  const text = formatFailure(new ProblemsError("WEIR_POLICY_INVALID", "1 problem", [problem]));
  assert.equal(text, "error: WEIR_POLICY_INVALID: 1 problem\n  a\\x1b.yaml:1:2: bad (do)\n");
  const told = formatFailure(
    new ProblemsError("WEIR_CONFIG_INVALID", "it has\n  f:1:2: bad", [{ ...problem, source: "f" }]),
  );
  assert.equal(told.match(/f:1:2/g)?.length, 2);
});

test("the version is the package's", async () => {
  const screen = terminal();
  await runCommandLine(["version", "-o", "json"], screen);
  assert.match((JSON.parse(screen.outText) as { weir: string }).weir, /^\d+\.\d+\.\d+/);
});
