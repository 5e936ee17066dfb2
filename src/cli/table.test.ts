import assert from "node:assert/strict";
import { test } from "node:test";
import { formatTable } from "./table.ts";

test("columns are as wide as their widest cell, and a row as high as its highest", () => {
  assert.equal(
    formatTable(
      ["NAME", "LABELS", "ID"],
      [
        ["memcached", ["app=memcached", "b"], 256],
        ["x", [], 7],
      ],
    ),
    [
      "NAME        LABELS          ID",
      "memcached   app=memcached   256",
      "            b",
      "x                           7",
      "",
    ].join("\n"),
  );
});

test("a cell cannot steer the terminal", () => {
  assert.equal(formatTable(["A"], [["\u001b[31m\nred\u202e"]]), "A\n\\x1b[31m\\nred\\u202e\n");
});
