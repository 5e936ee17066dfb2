import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { repositoryRoot } from "../support/repository.ts";
import { allMetrics } from "./metrics-known.ts";

interface Row {
  readonly type: string;
  /** By label; empty: the page does not list the values. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  readonly meaning: string;
}

/** The rows of the tables whose second column is a type. */
function rowsOf(page: string): Map<string, Row> {
  const rows = new Map<string, Row>();
  for (const line of page.split("\n")) {
    const [, name, type = "", labelText = "", meaning = ""] =
      /^\| `(\w+)` \| (counter|gauge|histogram) \| (.*?) ?\| (.*) \| .*\|$/.exec(line) ?? [];
    if (name === undefined) continue;
    assert.ok(!rows.has(name), `${name} is there twice`);
    const labels: Record<string, string[]> = {};
    // `label`: `value`, `value`, `label`: … or a label alone.
    let current: string[] = [];
    let open = false;
    for (const [, word = "", colon] of labelText.matchAll(/`([^`]+)`(:?)/g)) {
      if (colon === ":" || !open) {
        current = [];
        labels[word] = current;
        open = colon === ":";
      } else {
        current.push(word);
      }
    }
    rows.set(name, { type, labels, meaning });
  }
  return rows;
}

test("docs/metrics.md has every metric with its type and labels, and no other", async () => {
  const rows = rowsOf(await readFile(join(repositoryRoot, "docs/metrics.md"), "utf8"));
  const metrics = await allMetrics();
  assert.deepEqual([...rows.keys()].sort(), [...metrics.keys()].sort());
  for (const { name, type, labels } of metrics.values()) {
    const row = rows.get(name) as Row;
    assert.equal(row.type, type, name);
    assert.deepEqual(Object.keys(row.labels).sort(), [...labels.keys()].sort(), name);
    for (const [label, values] of Object.entries(row.labels)) {
      if (values.length === 0) continue;
      assert.deepEqual([...values].sort(), [...(labels.get(label) ?? [])].sort(), `${name}: ${label}`);
    }
    assert.ok(row.meaning.trim().length > 3, `${name} has no meaning`);
  }
});
