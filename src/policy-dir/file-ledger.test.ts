import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import type { ApiProblem } from "../api/rest.ts";
import type { PolicyDocument } from "../policy/rule.ts";
import { FileLedger, type FileReading, fileProblem } from "./file-ledger.ts";

function good(file: string, ...keys: readonly string[]): FileReading {
  const source = { kind: "file", name: file } as const;
  const documents = keys.map((key): PolicyDocument => ({ key, source, mode: "enforce", rules: [] }));
  return {
    documents,
    problems: [],
    warnings: [],
    places: new Map(keys.map((key, i) => [key, { line: i + 3, column: 9 }])),
  };
}

function bad(file: string): FileReading {
  return { documents: [], problems: [fileProblem(file, "broken")], warnings: [], places: new Map() };
}

/** Applies what is planned, and tells it as `file: policies`. */
function apply(ledger: FileLedger): string[] {
  return ledger.plan().map((change) => {
    ledger.committed(change);
    return `${change.file}: ${change.documents.map((document) => document.key).join(" ")}`;
  });
}

function inForce(ledger: FileLedger): Record<string, string> {
  return Object.fromEntries(ledger.statuses(0).map((status) => [status.file, status.documents.join(" ")]));
}

function problems(ledger: FileLedger): string[] {
  return ledger
    .statuses(0)
    .flatMap((status) => status.problems.map((p: ApiProblem) => `${p.source}:${p.line} ${p.message}`));
}

test("what is in force does not change again", () => {
  const ledger = new FileLedger();
  ledger.record("a", good("a", "x"));
  assert.deepEqual(apply(ledger), ["a: x"]);
  assert.deepEqual(apply(ledger), []);
});

test("a broken file keeps its last good documents, says since when it is broken, and recovers", () => {
  const ledger = new FileLedger();
  ledger.record("a", good("a", "x"));
  apply(ledger);
  ledger.record("a", bad("a"));
  assert.deepEqual(apply(ledger), []);
  assert.equal(ledger.statuses(100)[0]?.since, 100);
  assert.equal(ledger.statuses(200)[0]?.since, 100);
  assert.deepEqual(inForce(ledger), { a: "x" });
  ledger.record("a", good("a", "y"));
  assert.deepEqual(apply(ledger), ["a: y"]);
  assert.equal(ledger.statuses(300)[0]?.since, undefined);
});

test("two new files with one policy: neither gets it, and each names the other", () => {
  const ledger = new FileLedger();
  ledger.record("a", good("a", "x"));
  ledger.record("b", good("b", "y", "x"));
  assert.deepEqual(apply(ledger), []);
  assert.deepEqual(problems(ledger), ["a:3 policy `x` is also given by b", "b:4 policy `x` is also given by a"]);
});

test("the file that has a policy keeps it and may change; the other is refused whole", () => {
  const ledger = new FileLedger();
  ledger.record("a", good("a", "x"));
  apply(ledger);
  ledger.record("a", good("a", "x", "v"));
  ledger.record("b", good("b", "y", "x"));
  assert.deepEqual(apply(ledger), ["a: x v"]);
  assert.deepEqual(inForce(ledger), { a: "x v", b: "" });
  ledger.recordGone("a");
  assert.deepEqual(apply(ledger), ["a: ", "b: y x"]);
  assert.deepEqual(problems(ledger), []);
});

test("a renamed file hands its policies over at once", () => {
  const ledger = new FileLedger();
  ledger.record("a", good("a", "x"));
  apply(ledger);
  assert.equal(ledger.isTakenOver("a"), false);
  ledger.record("b", good("b", "x"));
  assert.equal(ledger.isTakenOver("a"), true);
  ledger.recordGone("a");
  assert.deepEqual(apply(ledger), ["a: ", "b: x"]);
  assert.deepEqual(inForce(ledger), { b: "x" });
});

test("policies may be exchanged between files", () => {
  const ledger = new FileLedger();
  ledger.record("a", good("a", "x"));
  ledger.record("b", good("b", "y"));
  apply(ledger);
  ledger.record("a", good("a", "y"));
  ledger.record("b", good("b", "x"));
  assert.deepEqual(apply(ledger), ["a: y", "b: x"]);
});

test("a refused file falls back on what it has, and who hoped for that is refused as well", () => {
  const ledger = new FileLedger();
  ledger.record("a", good("a", "x"));
  ledger.record("d", good("d", "z"));
  apply(ledger);
  ledger.record("a", good("a", "z"));
  ledger.record("b", good("b", "x"));
  assert.deepEqual(apply(ledger), []);
  assert.deepEqual(problems(ledger), ["a:3 policy `z` is also given by d", "b:3 policy `x` is also given by a"]);
});

test("a change that was refused is planned again", () => {
  const ledger = new FileLedger();
  ledger.record("a", good("a", "x"));
  const [change] = ledger.plan();
  assert.ok(change);
  ledger.refused(change, "no identities left");
  assert.deepEqual(problems(ledger), ["a:1 no identities left"]);
  assert.deepEqual(apply(ledger), ["a: x"]);
  assert.deepEqual(problems(ledger), []);
});

test("property: no policy is ever in force from two files, and one whose file is broken or still gives it is not lost", () => {
  const step = fc.record({
    file: fc.constantFrom<string>("a", "b", "c", "d"),
    keys: fc.option(fc.uniqueArray(fc.constantFrom("v", "w", "x", "y", "z"), { minLength: 1, maxLength: 3 })),
    gone: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 12 }), (scans) => {
      const ledger = new FileLedger();
      const latest = new Map<string, readonly string[] | "broken" | "gone">();
      for (const steps of scans) {
        const before = inForce(ledger);
        for (const { file, keys, gone } of steps) {
          if (gone) ledger.recordGone(file);
          else ledger.record(file, keys === null ? bad(file) : good(file, ...keys));
          latest.set(file, gone ? "gone" : (keys ?? "broken"));
        }
        apply(ledger);
        const after = Object.values(inForce(ledger)).flatMap((text) => text.split(" ").filter(Boolean));
        assert.equal(new Set(after).size, after.length);
        for (const [file, text] of Object.entries(before)) {
          const says = latest.get(file) ?? "gone";
          for (const key of text.split(" ").filter(Boolean)) {
            if (says === "broken" || (says !== "gone" && says.includes(key))) assert.ok(after.includes(key), key);
          }
        }
      }
    }),
  );
});
