// The completions are tried in the real shells, with names from a real agent.
import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { Command } from "commander";
import { SHELLS } from "../../scripts/ensure-shells.ts";
import { findProgram } from "../../scripts/installed-program.ts";
import { bashCompletion } from "../../src/cli/completion/bash.ts";
import { completionNodes } from "../../src/cli/completion/completion-node.ts";
import { fishCompletion } from "../../src/cli/completion/fish.ts";
import { zshCompletion } from "../../src/cli/completion/zsh.ts";
import { startAgent, weir } from "../support/agent.ts";
import { runProcess } from "../support/child-process.ts";
import { repositoryRoot } from "../support/repository.ts";

type Shell = (typeof SHELLS)[number];

const ENDPOINTS = `
endpoints:
  - {name: memcached, addresses: [127.0.9.1], labels: ["app=memcached"]}
  - {name: memory, addresses: [127.0.9.2]}
  - {name: web, addresses: [127.0.9.3]}
`;

/** bash has no way to complete a line without a terminal but the variables that its completion reads. */
const BASH = `source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _weir; printf 'OFFER %s\\n' "\${COMPREPLY[@]}"`;
const FISH = `source $argv[1]; for match in (complete -C "$argv[2]")
  echo "OFFER "(string split -f1 \\t -- $match)
end`;

/** What a shell offers for a command line, sorted. */
async function offers(shell: Shell, script: string, line: string, folder: string): Promise<string[]> {
  const parameters: Readonly<Record<Shell, readonly string[]>> = {
    bash: ["--norc", "-c", BASH, "bash", script, ...line.split(" ")],
    zsh: ["-f", join(repositoryRoot, "test/support/completion.zsh"), script, line],
    fish: ["--no-config", "-c", FISH, script, line],
  };
  const { stdout, stderr } = await runProcess(shell, parameters[shell], {
    cwd: folder,
    environment: { PATH: `${folder}/bin:${process.env["PATH"]}`, HOME: folder, TERM: "dumb" },
  });
  const found = [...stdout.matchAll(/OFFER ([^\r\n]+)/g)].map((match) => (match[1] as string).trim());
  assert.equal(shell === "zsh" ? "" : stderr, "", line);
  // zsh tells of a match once for its short and once for its long form of the list.
  return [...new Set(found)].sort();
}

function missing(t: TestContext, shell: Shell): boolean {
  if (findProgram(shell) !== undefined || process.env["CI"] === "true") return false;
  t.skip(`needs a real ${shell}, which is not installed`);
  return true;
}

describe("completion", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "weir-completion-"));
    await mkdir(join(folder, "bin"));
    const main = join(repositoryRoot, "src/cli/main.ts");
    const program = `#!/bin/sh\nexec "${process.execPath}" --conditions=weir-source "${main}" "$@"\n`;
    await writeFile(join(folder, "bin/weir"), program);
    await chmod(join(folder, "bin/weir"), 0o755);
    await writeFile(join(folder, "rebels.yaml"), "");
    await writeFile(join(folder, "read me.yaml"), "");
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function written(shell: Shell): Promise<string> {
    const script = join(folder, `weir.${shell}`);
    const printed = await weir("completion", shell);
    assert.equal(printed.code, 0, printed.stderr);
    await writeFile(script, printed.stdout);
    return script;
  }

  it("offers the names that the agent knows, and none where there is no agent", async (t) => {
    await using agent = await startAgent({ configuration: ENDPOINTS });
    const at = `--socket ${join(agent.folder, "run/weir.sock")}`;
    for (const shell of SHELLS) {
      if (missing(t, shell)) continue;
      const script = await written(shell);
      const offered = (line: string): Promise<string[]> => offers(shell, script, line, folder);
      assert.deepEqual(await offered(`weir endpoint get ${at} mem`), ["memcached", "memory"], shell);
      assert.deepEqual(await offered(`weir endpoint get ${at} memcached `), [], shell);
      assert.deepEqual(await offered("weir endpoint get --socket nowhere.sock "), [], shell);
    }
  });

  for (const shell of SHELLS) {
    it(`offers what fits: ${shell}`, async (t) => {
      if (missing(t, shell)) return;
      const script = await written(shell);
      const offered = (line: string): Promise<string[]> => offers(shell, script, line, folder);
      assert.deepEqual(await offered("weir pol"), ["policy"]);
      assert.deepEqual(await offered("weir config "), ["get", "set"]);
      assert.deepEqual(await offered("weir completion "), ["bash", "fish", "zsh"]);
      assert.deepEqual(await offered("weir status -o "), ["json", "table", "yaml"]);
      assert.deepEqual(await offered("weir status --ver"), ["--verbose"]);
      assert.deepEqual(await offered("weir agent --config reb"), ["rebels.yaml"]);
      assert.deepEqual(await offered("weir agent --det"), ["--detach-hosts"]);
      assert.deepEqual(await offered("weir policy import reb"), ["rebels.yaml"]);
      const commands = await offered("weir ");
      for (const name of ["agent", "endpoint", "policy", "status"]) assert.ok(commands.includes(name), name);
      assert.ok(!commands.includes("__names"));
    });

    it(`runs nothing that stands in a description: ${shell}`, async (t) => {
      if (missing(t, shell)) return;
      const evil = "it's \"quoted\" $(touch ran) `touch ran` (touch ran) $PATH \\ 'end";
      const program = new Command("weir").description(evil);
      program.addCommand(new Command("status").description(evil).option("--wait <file>", evil));
      const scripts = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };
      const script = join(folder, `evil.${shell}`);
      await writeFile(script, scripts[shell](completionNodes(program)));
      assert.deepEqual(await offers(shell, script, "weir sta", folder), ["status"]);
      assert.deepEqual(await offers(shell, script, "weir status --w", folder), ["--wait"]);
      assert.ok(!(await readdir(folder)).includes("ran"));
    });
  }
});
