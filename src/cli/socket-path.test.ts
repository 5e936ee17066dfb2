import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findSocket } from "./socket-path.ts";

test("the socket is found by --socket, --config, $WEIR_SOCK, ./weir.yaml, ./run, in this order", async (t) => {
  const cwd = await mkdtemp(join(tmpdir(), "weir-socket-"));
  t.after(() => rm(cwd, { recursive: true }));
  await mkdir(join(cwd, "etc"));
  await writeFile(join(cwd, "etc/other.yaml"), "stateDir: ../state\nunknown: 1\n");
  const env = { WEIR_SOCK: "from/env.sock" };

  assert.equal(findSocket({}, cwd, {}), join(cwd, "run/weir.sock"));
  await writeFile(join(cwd, "weir.yaml"), "endpoints: []");
  assert.equal(findSocket({}, cwd, {}), join(cwd, "run/weir.sock"));
  await writeFile(join(cwd, "weir.yaml"), "stateDir: /run/weir");
  assert.equal(findSocket({}, cwd, {}), "/run/weir/weir.sock");
  assert.equal(findSocket({}, cwd, { WEIR_SOCK: "" }), "/run/weir/weir.sock");
  assert.equal(findSocket({}, cwd, env), join(cwd, "from/env.sock"));
  assert.equal(findSocket({ config: "etc/other.yaml" }, cwd, env), join(cwd, "state/weir.sock"));
  assert.equal(findSocket({ config: "etc/other.yaml", socket: "a.sock" }, cwd, env), join(cwd, "a.sock"));
  assert.throws(() => findSocket({ config: "none.yaml" }, cwd, {}), /cannot find the agent by .*none\.yaml/);
});
