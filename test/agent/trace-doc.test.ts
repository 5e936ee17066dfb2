// docs/trace.md shows what its commands print.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Fence, fences } from "../repository/markdown.ts";
import { type RunningAgent, startAgent } from "../support/agent.ts";
import { runProcess } from "../support/child-process.ts";
import { readRepositoryFile, repositoryRoot } from "../support/repository.ts";

const blocks = fences(await readRepositoryFile("docs/trace.md"));
const shown = blocks.flatMap((command, index): [Fence, Fence][] => {
  const output = blocks[index + 1];
  return command.language === "sh" && output?.language === "text" ? [[command, output]] : [];
});

describe("docs/trace.md", () => {
  let agent: RunningAgent;
  before(async () => {
    agent = await startAgent({
      configuration: (await readRepositoryFile("examples/weir.yaml")).replace("127.0.0.1:21211", "127.0.0.1:0"),
      files: { "policies/memcached-rebels.yaml": await readRepositoryFile("examples/policies/memcached-rebels.yaml") },
    });
  });
  after(() => agent?.stop());

  it("shows an output for every command", () => {
    assert.ok(shown.length >= 5);
    assert.equal(shown.length, blocks.filter(({ language }) => language === "sh").length);
  });

  for (const [command, output] of shown) {
    it(`line ${command.line}`, async () => {
      const script = `weir() { "${process.execPath}" "${join(repositoryRoot, "bin/weir.mjs")}" "$@"; }\n${command.text}\n`;
      const { code, stdout, stderr } = await runProcess("bash", ["-c", script], {
        cwd: repositoryRoot,
        environment: { WEIR_SOCK: join(agent.folder, "run/weir.sock") },
      });
      assert.equal(stdout.trimEnd(), output.text, stderr);
      const expected = /^Final verdict: DENIED/m.test(output.text)
        ? 3
        : /^Final verdict: DEPENDS/m.test(output.text)
          ? 4
          : 0;
      assert.equal(code, expected, stderr);
    });
  }
});
