import assert from "node:assert/strict";
import { test } from "node:test";
import type { FieldDeclaration } from "../api/extension.ts";
import { WeirError } from "../lib/error.ts";
import { ExtensionRegistry } from "./registry.ts";

function refusal(name: string, fields: Readonly<Record<string, FieldDeclaration>> = {}): string | undefined {
  const registry = new ExtensionRegistry();
  const create = () => undefined;
  registry.add({ name: "taken", version: "1.0.0", fields: {}, create });
  try {
    registry.add({ name, version: "1.0.0", fields, create });
  } catch (error) {
    assert.ok(error instanceof WeirError && error.code === "WEIR_EXTENSION_INVALID");
    return error.message;
  }
  assert.ok(registry.declarations().has(name));
  return undefined;
}

test("a bad name, a taken one, and a field `action` are refused", () => {
  assert.match(refusal("../x") ?? "", /^extension name "\.\.\/x": use 1 to 64 letters/);
  assert.match(refusal("taken") ?? "", /^there is an extension "taken" already/);
  assert.match(refusal("x", { action: { exact: true } }) ?? "", /^extension "x": every rule has `action`/);
  assert.equal(refusal("x", { actions: { exact: true }, of: { prefix: true, of: "action" } }), undefined);
});
