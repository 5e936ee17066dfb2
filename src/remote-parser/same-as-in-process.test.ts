// The same bytes, records and ends, whether a parser runs in the process or behind the protocol, and whenever its process ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forgetful, reference } from "../../test/conformance/remote-parser/reference-extension.ts";
import { r2d2 } from "../parsers/r2d2/parser.ts";
import type { Extension } from "../proxylib/parser.ts";
import {
  type Cut,
  cuts,
  ScriptedConnection,
  type ScriptedMode,
  type ScriptedRules,
} from "../proxylib/testing/index.ts";
import { blockParser } from "../proxylib/testing/parsers/block-parser.ts";
import { headerParser } from "../proxylib/testing/parsers/header-parser.ts";
import { MemoryHost } from "./testing/memory-link.ts";

type Step =
  | { readonly from: "client" | "server"; readonly bytes: string }
  | { readonly end: "client" | "server" }
  | { readonly congest: "original" | "reply" }
  | { readonly l7: ScriptedRules };

interface Kill {
  /** Before this step's bytes have been worked off. */
  readonly step: number;
  /** Turns of the two sides before it. */
  readonly turns: number;
  /** Part of what the host has sent that still arrives. */
  readonly arriving: number;
}

function take(connection: ScriptedConnection, step: Step): void {
  if ("l7" in step) connection.setPolicy(step.l7);
  else if ("congest" in step) connection.congested[step.congest] = true;
  else if ("end" in step) give(connection, step.end, "", true);
  else give(connection, step.from, step.bytes, false);
}

function give(connection: ScriptedConnection, from: "client" | "server", bytes: string, end: boolean): void {
  if (from === "client") connection.fromClient(bytes, end);
  else connection.fromServer(bytes, end);
}

/** What a connection has come to. */
function outcome(connection: ScriptedConnection, sent: { toServer: string; toClient: string }): object {
  const { records, closeReason, endSent, refusal, unread } = connection;
  return { ...sent, records: [...records], closeReason, endSent: { ...endSent }, refusal, unread };
}

async function play(
  connection: ScriptedConnection,
  steps: readonly Step[],
  settle: (index: number) => Promise<void>,
): Promise<object> {
  const sent = { toServer: "", toClient: "" };
  for (const [index, step] of steps.entries()) {
    // What waits for a slow receiver was decided already: a change of policy comes behind it.
    if ("l7" in step) await drain(connection, () => settle(index));
    take(connection, step);
    await settle(index);
  }
  await drain(connection, () => settle(steps.length));
  sent.toServer += connection.takeToServer();
  sent.toClient += connection.takeToClient();
  return outcome(connection, sent);
}

async function drain(connection: ScriptedConnection, settle: () => Promise<void>): Promise<void> {
  for (const direction of ["original", "reply"] as const) {
    connection.drain(direction);
    await settle();
  }
}

const microtasks = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function inProcess(
  extension: Extension,
  steps: readonly Step[],
  mode: ScriptedMode,
  l7: ScriptedRules = RULES,
): Promise<object> {
  const connection = new ScriptedConnection(extension, { l7, mode });
  return await play(connection, steps, microtasks);
}

async function inHost(
  extension: Extension,
  steps: readonly Step[],
  mode: ScriptedMode,
  pieceLength: number,
  kills: readonly Kill[] = [],
  l7: ScriptedRules = RULES,
): Promise<object> {
  const host = new MemoryHost([extension], {}, pieceLength).start();
  const connection = new ScriptedConnection(host.owner.extension(extension), { l7, mode });
  await host.settle();
  return await play(connection, steps, async (index) => {
    if (index < steps.length && "l7" in (steps[index] as Step)) host.owner.policyChanged();
    for (const kill of kills.filter(({ step }) => step === index)) {
      for (let turn = 0; turn < kill.turns; turn++) host.step();
      host.kill(kill.arriving);
      host.start();
    }
    await host.settle();
  });
}

const RULES: ScriptedRules = [{ word: "yes" }];

const word = fc.constantFrom("yes", "no", "x");
/** A line of the reference extension, and what it wants behind it. */
const line = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("PASS", "DROP", "COUNT") },
  { weight: 4, arbitrary: word.map((text) => `ASK ${text}`) },
  { weight: 3, arbitrary: word.map((text) => `ANSWER ${text}`) },
  { weight: 3, arbitrary: word.map((text) => `REPLACE ${text}`) },
  { weight: 3, arbitrary: fc.constantFrom("HOLD", "RELEASE", "RELEASE") },
);
const body = fc
  .tuple(fc.constantFrom("PASS", "DROP", "MORE"), fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 4 }))
  // Sometimes less than was told follows: the next lines are part of it then.
  .map(([command, length, less]) => `${command} ${length}\n${"b".repeat(Math.max(0, length - less))}`);
const promise = fc.constantFrom("WAIT\n", "SETTLE\n", "SETTLE\n");
const end = fc.constantFrom("FAIL because\n", "THROW it\n", "NONSENSE\n");
const lines = fc.oneof({ weight: 20, arbitrary: line.map((text) => `${text}\n`) }, { weight: 5, arbitrary: body });

/** Either both sides talk, or one of them to a receiver that may be slow: which of two directions goes on first is open then. */
function scripts(text: fc.Arbitrary<string>): fc.Arbitrary<readonly Step[]> {
  return fc.oneof(
    { weight: 3, arbitrary: scriptsOf(text, ["client", "server"], []) },
    { weight: 1, arbitrary: scriptsOf(text, ["client"], ["original", "reply"]) },
  );
}

function scriptsOf(
  text: fc.Arbitrary<string>,
  sides: readonly ("client" | "server")[],
  slow: readonly ("original" | "reply")[],
): fc.Arbitrary<readonly Step[]> {
  const side = fc.constantFrom(...sides);
  const said = fc
    .tuple(side, fc.array(text, { minLength: 1, maxLength: 6 }), fc.integer({ min: 0, max: 9 }))
    .map(([from, parts, way]): readonly Step[] =>
      (cuts(parts.join(""), parts.length)[way] as Cut).pieces.map((piece) => ({
        from,
        bytes: piece.toString("latin1"),
      })),
    );
  const other: fc.Arbitrary<readonly Step[]> = fc.oneof(
    ...(slow.length === 0 ? [] : [fc.constantFrom(...slow).map((congest): readonly Step[] => [{ congest }])]),
    word.map((text): readonly Step[] => [{ l7: [{ word: text }] }]),
  );
  const ends = fc.subarray([...sides]).map((last): readonly Step[] => last.map((from) => ({ end: from })));
  return fc
    .tuple(fc.array(fc.oneof({ weight: 5, arbitrary: said }, { weight: 1, arbitrary: other }), { maxLength: 6 }), ends)
    .map(([parts, last]) => [...parts.flat(), ...last]);
}

const pieceLengths = fc.constantFrom(1, 7, Number.POSITIVE_INFINITY);
const RUNS = 150;

test("whatever the parser does", async () => {
  const script = scripts(
    fc.oneof({ weight: 20, arbitrary: lines }, { weight: 3, arbitrary: promise }, { weight: 1, arbitrary: end }),
  );
  await fc.assert(
    fc.asyncProperty(script, pieceLengths, async (steps, pieceLength) => {
      const local = await inProcess(reference, steps, "enforce");
      assert.deepEqual(await inHost(reference, steps, "enforce", pieceLength), local);
    }),
    { numRuns: RUNS },
  );
});

test("whatever is observed, or audited", async () => {
  const script = scripts(fc.oneof({ weight: 20, arbitrary: lines }, { weight: 1, arbitrary: end }));
  await fc.assert(
    fc.asyncProperty(script, fc.constantFrom("observe" as const, "audit" as const), async (steps, mode) => {
      const withoutPolicy = steps.filter((step) => !("l7" in step));
      const local = await inProcess(reference, withoutPolicy, mode);
      assert.deepEqual(await inHost(reference, withoutPolicy, mode, Number.POSITIVE_INFINITY), local);
    }),
    { numRuns: RUNS },
  );
});

test("whenever the host ends and is started again", async () => {
  const kill: fc.Arbitrary<Kill> = fc.record({
    step: fc.nat(60),
    turns: fc.nat(4),
    arriving: fc.oneof(fc.nat(80), fc.constant(100_000)),
  });
  await fc.assert(
    fc.asyncProperty(scripts(lines), pieceLengths, fc.array(kill, { maxLength: 8 }), async (steps, length, kills) => {
      const local = await inProcess(reference, steps, "enforce");
      // A connection that is killed over twice in a row is closed: see its own test.
      const apart = kills.filter(({ step }, index) => kills.findIndex((other) => other.step === step) === index);
      assert.deepEqual(await inHost(reference, steps, "enforce", length, apart), local);
    }),
    { numRuns: 2 * RUNS },
  );
});

const largeTalk = fc.array(
  fc.record({
    command: fc.constantFrom("PASS", "DROP", "MORE", "COUNT"),
    length: fc.oneof(fc.integer({ min: 0, max: 30_000 }), fc.constantFrom(65_536 - 11, 102_400)),
  }),
  { maxLength: 6 },
);

function largeBytes(talk: readonly { readonly command: string; readonly length: number }[]): Buffer {
  const pieces = talk.map(({ command, length }, at) =>
    command === "COUNT" ? "COUNT\n" : `${command} ${length}\n${String.fromCharCode(97 + at).repeat(length)}`,
  );
  return Buffer.from(pieces.join(""));
}

test("large values, whenever the host ends", async () => {
  await fc.assert(
    fc.asyncProperty(
      largeTalk,
      fc.array(fc.oneof(fc.constant(65_536), fc.integer({ min: 500, max: 65_536 })), { minLength: 1, maxLength: 4 }),
      fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 6 }),
      async (talk, sizes, kills) => {
        const bytes = largeBytes(talk);
        const expected = new ScriptedConnection(reference);
        expected.fromClient(bytes);
        const host = new MemoryHost([reference]).start();
        const connection = new ScriptedConnection(host.owner.extension(reference));
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] as number;
          connection.fromClient(bytes.subarray(at, at + size));
          at += size;
          // After some turns of the two sides, without what is still on its way.
          for (let turns = kills[turn] ?? -1; turns >= 0; turns--) {
            if (turns > 0) host.step();
            else {
              host.kill();
              host.start();
            }
          }
          if (turn % 2 === 0) await host.settle();
        }
        await host.settle();
        assert.equal(connection.closeReason, undefined);
        assert.ok(connection.takeToServer() === expected.takeToServer(), "the same leaves");
        assert.equal(connection.takeToClient(), expected.takeToClient());
      },
    ),
    { numRuns: 100 },
  );
});

test("other parsers, in all cuts", async () => {
  const talks: readonly (readonly [Extension, string])[] = [
    [r2d2, "READ x\r\nWRITE x\r\nHALT\r\n"],
    [headerParser, "a line\nanother\n"],
    [blockParser, "7:PASSED8:DROPPED12:INJECTabcd12:INSERTabcd6:PASS2:"],
    [forgetful, "PASS\nASK yes\nASK no\n"],
  ];
  for (const [extension, bytes] of talks) {
    for (const from of ["client", "server"] as const) {
      for (const cut of cuts(bytes)) {
        const steps: Step[] = cut.pieces.map((piece) => ({ from, bytes: piece.toString("latin1") }));
        steps.push({ end: from });
        const local = await inProcess(extension, steps, "enforce", [{}]);
        const remote = await inHost(extension, steps, "enforce", 5, [], [{}]);
        assert.deepEqual(remote, local, `${extension.name}, ${cut.name}`);
      }
    }
  }
});
