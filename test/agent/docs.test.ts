import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { configSchema, keysAt } from "../../src/agent/config/config-schema.ts";
import { parseConfig } from "../../src/agent/config/load-config.ts";
import { IdentityLabels } from "../../src/identity/identity-labels.ts";
import { repositoryRoot } from "../support/repository.ts";

const read = (file: string): Promise<string> => readFile(join(repositoryRoot, file), "utf8");

/** First column of all tables of a page. */
function rows(page: string): string[] {
  return [...page.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1] as string);
}

test("docs/errors.md explains every error code, and no other", async () => {
  const source = await read("src/lib/error.ts");
  const codes = [...source.matchAll(/\| "(WEIR_[A-Z_]+)"/g)].map((match) => match[1]);
  assert.ok(codes.length > 5, "the codes were not found in the source");
  assert.deepEqual(rows(await read("docs/errors.md")).sort(), codes.sort());
});

test("docs/configuration.md describes every key, with its true default", async () => {
  const page = await read("docs/configuration.md");
  const keys = [[], ["endpoints"], ["endpoints", 0, "observe", 0], ["redirects"]].flatMap(keysAt);
  keys.push(...[["extensions", 0], ["extensions", 0, "allow"], ["extensionHosts"]].flatMap(keysAt));
  assert.deepEqual(rows(page).sort(), keys.sort());
  const { extensionHosts, ...rest } = configSchema.parse({});
  const defaults = { ...extensionHosts, ...rest } as Record<string, unknown>;
  for (const [, key = "", value] of page.matchAll(/^\| `(\w+)` \| `([^`]+)` \|/gm)) {
    if (key in defaults) assert.equal(String(defaults[key]), value, key);
  }
});

test("the examples of docs/configuration.md are valid configurations, and mean what they say", async () => {
  const examples = [...(await read("docs/configuration.md")).matchAll(/```yaml\n([^`]+)```/g)].map(([, text = ""]) =>
    parseConfig("/etc/weir.yaml", text),
  );
  const [whole, extended, fixed, filtered] = examples;
  assert.ok(whole && extended && fixed && filtered && examples.length === 4);
  assert.deepEqual(
    extended.extensions.map(({ group, allow }) => [group, allow.network, allow.read]),
    [
      ["module:./extensions/r2d2-c3po.ts", false, []],
      ["acme", true, ["/etc/tables"]],
    ],
  );
  assert.equal(whole.redirects.length, 1);
  const identityOf = ({ labelFilter, fixedIdentities, endpoints }: typeof whole): readonly string[] =>
    new IdentityLabels(labelFilter, fixedIdentities).split(endpoints[0]!.labels).identity.texts;
  assert.deepEqual(identityOf(fixed), ["reserved:database"]);
  assert.deepEqual(identityOf(filtered), ["unspec:app=shop"]);
});
