import assert from "node:assert/strict";
import { test } from "node:test";
import { SUGGEST_LIMITS } from "./limits.ts";
import type { Who } from "./testing/judge.ts";
import { ask, bare, CACHE, comments, get, JEDI, made, memcache, rulesOf, SITH, textOf } from "./testing/made.ts";

test("bounds: values are folded before they are too many, and what has no room is told", async () => {
  const limits = { ...SUGGEST_LIMITS, valuesPerKindMax: 20, valuesMax: 30, flowsMax: 2, requestKindsMax: 3 };
  const asked = Array.from({ length: 500 }, (_, index) => get(`a/b/${index}`));
  const text = textOf(
    asked.map((each) => memcache(each)),
    {},
    limits,
  );
  assert.deepEqual(rulesOf(text), ['command: get, keyPrefix: "a/b/"']);
  const kinds = ["get", "set", "add", "cas"].map((command) => memcache(ask({ command, key: "a" })));
  assert.match(comments(textOf(kinds, {}, limits)), /Left out: kinds of requests beyond the limit/);
  const flows = [JEDI, SITH, CACHE].map((peer) => memcache(get("a", { peer })));
  assert.match(comments(textOf(flows, {}, limits)), /Left out: peers and ports beyond the limit/);
  const subjects = [CACHE, JEDI].map((subject) => memcache(get("a", { subject })));
  const one = made(subjects, {}, { ...limits, subjectsMax: 1 });
  assert.equal(one.text()?.match(/^kind:/gm)?.length, 1);
  assert.match(one.notes().join(), /endpoints beyond the limit/);
});

test("values that were folded early keep who was asked for together", async () => {
  const limits = { ...SUGGEST_LIMITS, valuesPerKindMax: 8 };
  const pairs = Array.from({ length: 50 }, (_, index) => get([`ab/${index}`, `cd/${index}`]));
  const text = textOf(
    pairs.map((each) => memcache(each)),
    {},
    limits,
  );
  assert.deepEqual(rulesOf(text), ['command: get, keyRegex: "^(ab/|cd/)"']);
});

test("a suggestion that policy would refuse for its size is an error that helps", () => {
  const records = Array.from({ length: 9_000 }, (_, index) =>
    memcache(get(`k${index}`, { peer: { labels: [`unspec:role=r${index}`], address: "10.0.0.2" } })),
  );
  assert.throws(() => made(records).text(), {
    code: "WEIR_POLICY_INVALID",
    message: /limit .*--endpoint/,
  });
});

test("endpoints, time, names and mode are chosen", () => {
  const other: Who = { labels: ["unspec:app=store"], address: "10.0.0.9" };
  const late = memcache(get("b"), { time: "2026-01-02T00:00:00.000Z" });
  const records = [memcache(get("a")), late, memcache(get("a", { subject: other }))];
  const names = (text: string): readonly string[] =>
    [...text.matchAll(/^ {2}name: (.*)$/gm)].map(([, name]) => name ?? "");
  assert.deepEqual(names(textOf(records)), ["cache-suggested", "store-suggested"]);
  assert.deepEqual(names(textOf(records, { name: "mine" })), ["mine-cache", "mine-store"]);
  assert.deepEqual(names(textOf(records, { name: "mine", endpoints: new Set(["store"]) })), ["mine"]);
  const since = textOf(records, { sinceMs: Date.parse("2026-01-02T00:00:00Z") });
  assert.deepEqual(rulesOf(since), ["command: get, keyExact: b"]);
  assert.match(
    textOf(records, { audit: true }),
    /metadata:\n {2}name: .*\n {2}annotations:\n {4}weir.dev\/mode: audit\n/,
  );
  const twice = [CACHE, { ...CACHE, labels: [...CACHE.labels, "unspec:v=2"] }];
  assert.deepEqual(names(textOf(twice.map((subject) => memcache(get("a", { subject }))))), [
    "cache-suggested",
    "cache-suggested-2",
  ]);
});

test("labels that no selector can name are told; an endpoint that has no others gets no policy", () => {
  const odd: Who = { labels: ["unspec:role=jedi", "unspec:note=two words"], address: "10.0.0.2" };
  const text = textOf([memcache(get("a", { peer: odd }))]);
  assert.match(comments(text), /Wider than seen: no selector can name the label "unspec:note=two words"/);
  const unknown: Who = { labels: ["reserved:nobody-fixed-this", "cidr:x"], address: "10.0.0.2" };
  assert.match(
    comments(textOf([memcache(get("a")), memcache(get("a", { peer: unknown }))])),
    /whom no selector can name/,
  );
  const none = made([memcache(get("a", { subject: { ...odd, labels: ["unspec:note=two words"] } }))]);
  assert.equal(none.text(), undefined);
  assert.match(none.notes().join(), /whose labels no selector can name/);
});

test("lines that are no records are counted, whatever they are", () => {
  const good = memcache(get("a"));
  const values = [
    ...[undefined, null, 1, "x", [], {}, [good]],
    { ...good, time: "yesterday" },
    { ...good, source: { ...good.source, address: "nowhere" } },
    { ...good, destination: null },
    { ...good, direction: "up" },
    { ...good, verdict: "Maybe" },
    { ...good, fields: [] },
  ];
  const suggestion = made([
    good,
    ...values,
    { lost: 7 },
    { time: good.time, type: "agent" },
    { time: good.time, type: "agent", subtype: "Host started", message: { host: 0, pid: 7 } },
    { time: good.time, type: "agent", subtype: "Host ended", message: { host: 0, pid: 7, recordsLost: 2 } },
    { ...good, type: "Response" },
  ]);
  assert.equal(suggestion.counts.foreign, values.length);
  assert.equal(suggestion.counts.lost, 9);
  assert.equal(suggestion.counts.used, 1);
  assert.match(comments(suggestion.text() ?? ""), /Missing: records that were lost before they were read \(9\)/);
  const failed = [
    memcache(get("a"), { type: "Denied", verdict: "Error" }),
    memcache(get("a"), {
      type: "Denied",
      verdict: "Denied",
      fields: { command: "rget", status: "memcached does not implement it" },
    }),
  ];
  assert.equal(made(failed, { includeDenied: true }).counts.failed, 2);
  assert.equal(made(failed).text(), undefined);
});

test("a peer with a fixed identity is selected by its name", () => {
  const records = [memcache(get("a", { peer: { labels: ["reserved:database"], address: "10.0.0.4" } }))];
  const text = textOf(records, { fixedIdentities: new Set(["database"]) });
  assert.match(bare(text), /- fromEndpoints:\n +- matchLabels:\n +reserved:database: ""\n/);
});
