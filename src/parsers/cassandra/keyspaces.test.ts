import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Keyspaces } from "./keyspaces.ts";
import { KEYSPACES_MAX } from "./limits.ts";

/** A USE between the client and a server that comes to requests, and to answers, in any order. */
interface Use {
  readonly keyspace: string;
  /** The parser knows that it is one. */
  readonly known: boolean;
  readonly succeeds: boolean;
  executed: boolean;
}

type Step = { readonly send: Use } | { readonly execute: number } | { readonly answer: number };

const use = fc.record({
  keyspace: fc.constantFrom("a", "b", "c", "d"),
  known: fc.boolean(),
  succeeds: fc.boolean(),
  executed: fc.constant(false),
});
const step = fc.oneof(
  use.map((send): Step => ({ send: { ...send } })),
  fc.nat(9).map((execute): Step => ({ execute })),
  fc.nat(9).map((answer): Step => ({ answer })),
);

class World {
  readonly keyspaces = new Keyspaces();
  inForce: string | undefined;
  private inFlight: Use[] = [];

  run(next: Step): void {
    if ("send" in next) this.send({ ...next.send });
    else if ("execute" in next) this.execute(this.pick(next.execute, false));
    else this.answer(this.pick(next.answer, true));
  }

  /** Until nothing is in flight. */
  finish(): void {
    while (this.inFlight.length > 0) {
      this.execute(this.pick(0, false));
      this.answer(this.pick(0, true));
    }
  }

  private pick(index: number, executed: boolean): Use | undefined {
    const some = this.inFlight.filter((one) => one.executed === executed);
    return some[index % some.length];
  }

  private send(one: Use): void {
    this.inFlight.push(one);
    if (one.known) this.keyspaces.begin(one.keyspace);
  }

  private execute(one: Use | undefined): void {
    if (one === undefined) return;
    one.executed = true;
    if (one.succeeds) this.inForce = one.keyspace;
  }

  private answer(one: Use | undefined): void {
    if (one === undefined) return;
    this.inFlight = this.inFlight.filter((other) => other !== one);
    if (!one.known) {
      if (one.succeeds) this.keyspaces.changed(one.keyspace);
    } else if (one.succeeds) this.keyspaces.confirmed(one.keyspace);
    else this.keyspaces.refused();
  }
}

/** Before it is answered, only of one that is known is there anything to know. */
const knownOnly = (steps: readonly Step[]): readonly Step[] =>
  steps.map((one) => ("send" in one ? { send: { ...one.send, known: true } } : one));

describe("keyspaces", () => {
  it("the one in force is always possible, in whatever order the server works and answers", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const world = new World();
        for (const next of knownOnly(steps)) {
          world.run(next);
          if (world.inForce !== undefined) assert.ok(world.keyspaces.possible.includes(world.inForce));
          assert.equal(new Set(world.keyspaces.possible).size, world.keyspaces.possible.length);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("also behind statements that were not known to be a USE, once all are answered", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const world = new World();
        for (const next of steps) world.run(next);
        world.finish();
        if (world.inForce !== undefined) assert.ok(world.keyspaces.possible.includes(world.inForce));
      }),
      { numRuns: 2_000 },
    );
  });

  it("one at a time leaves no doubt", () => {
    fc.assert(
      fc.property(fc.array(use, { maxLength: 10 }), (uses) => {
        const world = new World();
        for (const send of uses) {
          world.run({ send: { ...send, known: true } });
          world.finish();
          assert.deepEqual(world.keyspaces.possible, [world.inForce]);
        }
      }),
    );
  });

  it("one alone ends the doubt that others have left", () => {
    const keyspaces = new Keyspaces();
    keyspaces.begin("a");
    keyspaces.begin("b");
    keyspaces.confirmed("a");
    keyspaces.confirmed("b");
    assert.deepEqual(keyspaces.possible, ["a", "b"]);
    keyspaces.begin("c");
    keyspaces.refused();
    assert.deepEqual(keyspaces.possible, ["a", "b"]);
    keyspaces.begin("c");
    keyspaces.confirmed("c");
    assert.deepEqual(keyspaces.possible, ["c"]);
  });

  it("no more than so many are kept", () => {
    const keyspaces = new Keyspaces();
    for (let index = 0; index < 3 * KEYSPACES_MAX; index++) keyspaces.begin(`k${index}`);
    assert.equal(keyspaces.possible.length, KEYSPACES_MAX);
    assert.equal(keyspaces.possible.at(-1), `k${3 * KEYSPACES_MAX - 1}`);
  });

  it("the key tells sets apart", () => {
    const keyOf = (...names: readonly string[]): string => {
      const keyspaces = new Keyspaces();
      for (const name of names) keyspaces.begin(name);
      return keyspaces.key;
    };
    const sets = [[], ["a"], ["a", "b"], ["b", "a"], ["a,b"], ['a","b'], ["", "a"], [""]];
    assert.equal(new Set(sets.map((names) => keyOf(...names))).size, sets.length);
    assert.equal(keyOf("a", "b"), keyOf("b", "a", "b"));
  });
});
