import assert from "node:assert/strict";
import { test } from "node:test";
import type { Port } from "../api/identity.ts";
import { labelSet } from "../policy/testing/documents.ts";
import { specChanges } from "./spec-changes.ts";
import { address, spec } from "./testing/bench.ts";

test("the log of an endpoint says what has changed, and from what", () => {
  const before = spec("db", ["127.0.1.1"], "app=db");
  assert.equal(specChanges(before, { ...before, labels: labelSet("app=db") }), undefined);
  const observe = [{ port: 80 as Port, extension: "alpha", direction: "egress" as const }];
  const after = { ...before, labels: labelSet("app=web"), addresses: [address("127.0.1.2")], audit: true, observe };
  assert.equal(
    specChanges(before, after),
    "labels unspec:app=web instead of unspec:app=db; addresses 127.0.1.2 instead of 127.0.1.1; " +
      "audit mode on instead of off; observed ports 80 (egress) as alpha instead of none",
  );
});
