import assert from "node:assert/strict";
import { test } from "node:test";
import type { Extension } from "./parser.ts";
import { ExtensionRegistry } from "./registry.ts";
import { ScriptedConnection } from "./testing/index.ts";
import { passer } from "./testing/parsers/passer.ts";

test("an extension that throws or refuses at the start refuses the connection, on record", () => {
  const throwing: Extension = {
    ...passer,
    create: () => {
      throw new RangeError("no memory for droids");
    },
  };
  const thrown = new ScriptedConnection(throwing);
  assert.match(thrown.refusal ?? "", /RangeError: no memory for droids/);
  assert.deepEqual(
    thrown.records.map(({ type, verdict }) => `${type} ${verdict}`),
    ["Connection Error"],
  );
  const refused = new ScriptedConnection({ ...passer, create: () => undefined });
  assert.equal(refused.records[0]?.fields["status"], 'the extension "test.passer" refuses the connection');
});

test("the registry takes a name once, and only a name that a policy can spell", () => {
  const registry = new ExtensionRegistry();
  registry.add(passer);
  assert.equal(registry.get("test.passer"), passer);
  assert.equal(registry.get("other"), undefined);
  assert.throws(() => registry.add(passer), /already/);
  for (const name of ["", "a b", "-x", "é", "x".repeat(65)]) {
    assert.throws(() => registry.add({ ...passer, name }), { code: "WEIR_EXTENSION_INVALID" }, name);
  }
});
