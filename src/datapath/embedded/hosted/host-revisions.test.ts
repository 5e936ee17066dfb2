import assert from "node:assert/strict";
import { test } from "node:test";
import type { PolicyRevision } from "../../../api/identity.ts";
import { HostRevisions } from "./host-revisions.ts";

const accepted = (subscriber: string) => ({ subscriber, accepted: true }) as const;
const refused = (subscriber: string, reason: string) => ({ subscriber, accepted: false, reason }) as const;
const revision = (number: number): PolicyRevision => number as PolicyRevision;

test("a host has the lowest revision of those endpoints that are behind", () => {
  const revisions = new HostRevisions();
  revisions.want("a", "v1", revision(3));
  revisions.want("b", "w1", revision(5));
  assert.deepEqual(revisions.of("x"), { revision: { wanted: 5, realized: 0 }, failures: [] });
  revisions.answered("a", "v1", accepted("x"));
  assert.equal(revisions.of("x").revision.realized, 0);
  revisions.answered("b", "w1", accepted("x"));
  // The first endpoint has its newest policy: what came later did not concern it.
  assert.deepEqual(revisions.of("x").revision, { wanted: 5, realized: 5 });
  revisions.want("a", "v2", revision(6));
  assert.deepEqual(revisions.of("x").revision, { wanted: 6, realized: 3 });
  assert.equal(revisions.of("y").revision.realized, 0);
});

test("what is refused keeps the last good one, until something newer is accepted", () => {
  const revisions = new HostRevisions();
  revisions.want("a", "v1", revision(1));
  revisions.answered("a", "v1", accepted("x"));
  revisions.want("a", "v2", revision(2));
  revisions.answered("a", "v2", refused("x", "no such extension"));
  assert.deepEqual(revisions.of("x"), {
    revision: { wanted: 2, realized: 1, failed: 2 },
    failures: ["endpoint a: no such extension"],
  });
  revisions.want("a", "v3", revision(3));
  revisions.answered("a", "v3", accepted("x"));
  assert.deepEqual(revisions.of("x"), { revision: { wanted: 3, realized: 3 }, failures: [] });
});

test("an answer to what nobody remembers says nothing; what is forgotten counts no more", () => {
  const revisions = new HostRevisions();
  revisions.want("a", "v1", revision(1));
  revisions.answered("a", "v0", accepted("x"));
  revisions.answered("z", "v1", accepted("x"));
  assert.equal(revisions.of("x").revision.realized, 0);
  revisions.answered("a", "v1", accepted("x"));
  revisions.keep(new Set(["y"]));
  assert.equal(revisions.of("x").revision.realized, 0);
  revisions.forget("a");
  assert.deepEqual(revisions.of("x").revision, { wanted: 0, realized: 0 });
});

test("a policy that is put again at an old version is the newest", () => {
  const revisions = new HostRevisions();
  revisions.want("a", "v1", revision(1));
  revisions.want("a", "v2", revision(2));
  revisions.want("a", "v1", revision(3));
  revisions.answered("a", "v1", accepted("x"));
  assert.deepEqual(revisions.of("x").revision, { wanted: 3, realized: 3 });
});
