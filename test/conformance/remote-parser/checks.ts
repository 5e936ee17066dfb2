import assert from "node:assert/strict";
import type { HostUnderTest } from "./host-under-test.ts";
import { frame, u8, u32 } from "./wire.ts";

/** One thing that docs/internals/remote-parser-protocol.md asks of a host. */
export interface Check {
  readonly name: string;
  /** Throws where the host does something else. Each check has a host of its own. */
  run(host: HostUnderTest): Promise<void>;
}

const ALL = { kind: "constant", allowed: true, audited: false, decision: 0 };
const WORDS = {
  kind: "rules",
  rules: [
    { fields: { word: "yes" }, decision: 7 },
    { fields: { word: "never" }, deny: true, decision: 8 },
    { fields: { word: "never" }, decision: 9 },
  ],
};
const YES_ONLY = { kind: "rules", rules: [{ fields: { word: "yes" }, decision: 3 }] };

/** Without what a host may say more or less often: where frames begin, and what its parsers remember. */
function core(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => !/ (@\d+|STATE [0-9a-f]*|SAME)$/.test(line));
}

/** What the numbers of a snapshot are, as STATE tells them. */
function stateOf(...numbers: readonly number[]): Buffer {
  const state = Buffer.alloc(28);
  for (const [index, number] of numbers.entries()) state.writeUInt32BE(number, index * 4);
  return state;
}

/** A host that has said READY, with a connection 1 whose requests are all allowed. */
async function opened(host: HostUnderTest, hello: Parameters<HostUnderTest["hello"]>[0] = {}): Promise<void> {
  host.hello(hello);
  host.rules(1, ALL);
  host.open(1);
  const [ready, ...said] = await host.said();
  assert.match(ready ?? "", /^READY 1 /);
  assert.deepEqual(said, ["1 OPENED 1"]);
}

/** What comes of the bytes of one direction, in one DATA each. */
function decides(name: string, pieces: readonly string[], expected: readonly string[], direction = 0): Check {
  return {
    name,
    async run(host) {
      await opened(host);
      let offset = 0;
      for (const piece of pieces) {
        host.data(1, direction, offset, piece);
        offset += piece.length;
      }
      assert.deepEqual(core(await host.said()), expected);
    },
  };
}

/** The host must end the stream. */
function ends(name: string, misbehave: (host: HostUnderTest) => Promise<void> | void): Check {
  return {
    name,
    async run(host) {
      await misbehave(host);
      await host.ended();
    },
  };
}

export const CHECKS: readonly Check[] = [
  {
    name: "READY tells the version and what is loaded",
    async run(host) {
      host.hello();
      const [ready = "", ...more] = await host.said();
      assert.deepEqual(more, []);
      assert.match(ready, /^READY 1 /);
      const declared = JSON.parse(ready.slice(8)) as readonly Record<string, unknown>[];
      for (const [name, resumes] of [["weir.reference", true] as const, ["weir.forgetful", false] as const]) {
        const one = declared.find((declaration) => declaration["name"] === name);
        assert.ok(one, `there is no ${name}`);
        assert.equal(one["version"], "1.0.0");
        assert.deepEqual(one["fields"], { word: { exact: true } });
        assert.equal(one["resumes"], resumes);
      }
    },
  },
  {
    name: "OPENED tells whether the parser can be resumed; REFUSED why there is none",
    async run(host) {
      host.hello();
      host.rules(1, ALL);
      host.rules(2, ALL, "weir.forgetful");
      host.open(1);
      host.open(2, { extension: "weir.forgetful", rules: 2 });
      host.open(3, { extension: "weir.forgetful", rules: 2, port: 1 });
      host.open(4, { extension: "weir.unknown" });
      host.open(5, { state: Buffer.from("no state") });
      const said = (await host.said()).slice(1).map((line) => line.split(" ", 3).join(" "));
      assert.deepEqual(said, ["1 OPENED 1", "2 OPENED 0", "3 REFUSED 1", "4 REFUSED 3", "5 REFUSED 4"]);
      host.data(3, 0, 0, "PASS\n");
      host.close(3);
      assert.deepEqual(await host.said(), [], "bytes and the end of a refused connection are ignored");
    },
  },
  decides(
    "lines are passed, dropped, and asked for",
    ["PASS\nDROP\nPA"],
    ["1/0 PASS 5", "1/0 DROP 5", "1/0 MORE 13", "1/0 TAKEN"],
  ),
  decides("replies are told with their direction", ["PASS\n"], ["1/1 PASS 5", "1/1 NOP", "1/1 TAKEN"], 1),
  decides(
    "every DATA is taken, also without a call",
    ["MORE 4\n", "ab", "cd"],
    ["1/0 MORE 11", "1/0 TAKEN", "1/0 TAKEN", "1/0 PASS 11", "1/0 NOP", "1/0 TAKEN"],
  ),
  decides(
    "DATA without bytes is taken; a parser that waits for more is not called",
    ["PA", "", "SS\n"],
    ["1/0 MORE 3", "1/0 TAKEN", "1/0 TAKEN", "1/0 PASS 5", "1/0 NOP", "1/0 TAKEN"],
  ),
  decides(
    "injections have their place",
    ["REPLACE a\nANSWER b\nPASS\n"],
    ['1/0 INJECT "a\\n"', "1/0 DROP 10", '1/0 INSERT 1 "b\\n"', "1/0 DROP 9", "1/0 PASS 5", "1/0 NOP", "1/0 TAKEN"],
  ),
  decides(
    "injections into the original direction",
    ["ANSWER b\n"],
    ['1/1 INSERT 0 "b\\n"', "1/1 DROP 9", "1/1 NOP", "1/1 TAKEN"],
    1,
  ),
  {
    name: "nothing is shown behind a count that reaches further, until it has come",
    async run(host) {
      await opened(host);
      host.data(1, 0, 0, "PASS 100\nab");
      assert.deepEqual(core(await host.said()), ["1/0 PASS 109", "1/0 TAKEN"]);
      // On their way when they were decided.
      host.data(1, 0, 11, "c".repeat(50));
      assert.deepEqual(core(await host.said()), ["1/0 TAKEN"]);
      host.data(1, 0, 61, `${"d".repeat(48)}DROP\n`);
      assert.deepEqual(core(await host.said()), ["1/0 DROP 5", "1/0 NOP", "1/0 TAKEN"]);
      host.data(1, 0, 114, "DROP 1000\n");
      assert.deepEqual(core(await host.said()), ["1/0 DROP 1010", "1/0 TAKEN"]);
      host.data(1, 0, 1124, "");
      assert.deepEqual(core(await host.said()), ["1/0 NOP", "1/0 TAKEN"], "called with nothing at the end");
      host.data(1, 0, 1124, "PASS\n");
      assert.deepEqual(core(await host.said()), ["1/0 PASS 5", "1/0 NOP", "1/0 TAKEN"]);
    },
  },
  {
    name: "DECIDED tells where its direction stands",
    async run(host) {
      await opened(host);
      host.data(1, 0, 0, "PASS\n");
      host.data(1, 1, 0, "PASS 3\n");
      assert.deepEqual(
        (await host.said()).filter((line) => line.includes("@")),
        ["1/0 @0", "1/1 @0"],
      );
      host.data(1, 0, 5, "PASS\n");
      host.data(1, 1, 10, "DROP\n");
      assert.deepEqual(
        (await host.said()).filter((line) => line.includes("@")),
        ["1/0 @5", "1/1 @10"],
      );
    },
  },
  {
    name: "rules decide, and LOG tells by which",
    async run(host) {
      host.hello();
      host.rules(5, WORDS);
      host.open(1, { rules: 5 });
      host.data(1, 0, 0, "ASK yes\nASK never\nASK other\n");
      const said = core(await host.said()).slice(1);
      assert.deepEqual(said, [
        "1 OPENED 1",
        '1/0 LOG 0 1 5 7 {"word":"yes"}',
        "1/0 PASS 8",
        '1/0 LOG 2 0 5 8 {"word":"never"}',
        '1/0 INSERT 1 "DENIED\\n"',
        "1/0 DROP 10",
        '1/0 LOG 2 0 0 0 {"word":"other"}',
        '1/0 INSERT 1 "DENIED\\n"',
        "1/0 DROP 10",
        "1/0 NOP",
        "1/0 TAKEN",
      ]);
    },
  },
  {
    name: "audited rules allow, and LOG tells what they would have refused",
    async run(host) {
      host.hello();
      host.rules(1, { kind: "audited", enforced: null, whole: WORDS, missing: 4 });
      host.rules(2, { kind: "audited", enforced: YES_ONLY, whole: null, missing: 4 });
      host.open(1);
      host.open(2, { rules: 2 });
      host.data(1, 0, 0, "ASK yes\nASK never\nASK other\n");
      host.data(2, 0, 0, "ASK yes\nASK other\n");
      const logs = (await host.said()).filter((line) => line.includes("LOG"));
      assert.deepEqual(logs, [
        '1/0 LOG 0 1 1 7 {"word":"yes"}',
        '1/0 LOG 0 3 1 8 {"word":"never"}',
        '1/0 LOG 0 3 1 4 {"word":"other"}',
        '2/0 LOG 0 3 2 4 {"word":"yes"}',
        '2/0 LOG 2 0 0 0 {"word":"other"}',
      ]);
    },
  },
  {
    name: "UPDATE holds from the next request on",
    async run(host) {
      host.hello();
      host.rules(1, ALL);
      host.rules(2, YES_ONLY);
      host.rules(3, { kind: "constant", allowed: false, audited: false, decision: 6 });
      host.open(1);
      host.data(1, 0, 0, "ASK x\n");
      host.update(1, 2, false);
      host.send(frame(0x04, 0, u32(1)));
      host.data(1, 0, 6, "ASK x\n");
      host.update(1, 3, true);
      host.data(1, 0, 12, "ASK x\n");
      const logs = (await host.said()).filter((line) => line.includes("LOG"));
      assert.deepEqual(logs, [
        '1/0 LOG 0 1 0 0 {"word":"x"}',
        '1/0 LOG 2 0 0 0 {"word":"x"}',
        // Nothing is refused of what is observed, whatever was decided.
        '1/0 LOG 0 0 3 6 {"word":"x"}',
      ]);
    },
  },
  {
    name: "a direction that waits for the other is woken by it",
    async run(host) {
      await opened(host);
      host.data(1, 0, 0, "HOLD\nPASS\n");
      assert.deepEqual(core(await host.said()), ["1/0 NOP", "1/0 TAKEN"]);
      host.data(1, 1, 0, "RELEASE\n");
      const said = core(await host.said());
      assert.deepEqual(
        said.filter((line) => line.startsWith("1/0")),
        ["1/0 PASS 5", "1/0 PASS 5", "1/0 NOP"],
      );
      assert.deepEqual(
        said.filter((line) => line.startsWith("1/1")),
        ["1/1 PASS 8", "1/1 NOP", "1/1 TAKEN"],
      );
    },
  },
  {
    name: "a promise holds its direction up, and no other",
    async run(host) {
      await opened(host);
      host.data(1, 0, 0, "WAIT\n");
      host.data(1, 0, 5, "PASS\n");
      host.data(1, 1, 0, "PASS\n");
      assert.deepEqual(core(await host.said()), [
        "1/0 WAIT",
        "1/0 TAKEN",
        "1/0 TAKEN",
        "1/1 PASS 5",
        "1/1 NOP",
        "1/1 TAKEN",
      ]);
      host.data(1, 1, 5, "SETTLE\n");
      const said = core(await host.saidUntil("1/0 NOP"));
      assert.deepEqual(
        said.filter((line) => line.startsWith("1/0")),
        ["1/0 PASS 5", "1/0 PASS 5"],
      );
    },
  },
  {
    name: "STATE tells what is remembered, SAME that it is as before",
    async run(host) {
      await opened(host);
      const last = async (): Promise<string | undefined> =>
        (await host.said()).filter((line) => /STATE|SAME|PASS|DROP|INSERT/.test(line)).at(-1);
      host.data(1, 0, 0, "PASS\n");
      const first = await last();
      // Nothing is not the same as seven zeros.
      assert.equal(first, `1/0 STATE ${stateOf().toString("hex")}`);
      host.data(1, 0, 5, "COUNT\n");
      assert.equal(await last(), `1/0 STATE ${stateOf(1).toString("hex")}`);
      host.data(1, 0, 11, "PASS\n");
      assert.match((await last()) ?? "", /^1\/0 (SAME|STATE 00000001)/);
      host.data(1, 0, 16, "PA");
      host.data(1, 1, 0, "RELEASE\n");
      assert.equal(await last(), `1/1 STATE ${stateOf(1, 1).toString("hex")}`);
    },
  },
  {
    name: "what is remembered of a promise's direction is not told while the promise is owed",
    async run(host) {
      await opened(host);
      host.data(1, 0, 0, "WAIT\n");
      host.data(1, 1, 0, "COUNT\n");
      assert.deepEqual(
        (await host.said()).filter((line) => /STATE|SAME/.test(line)),
        [],
      );
      host.data(1, 1, 6, "SETTLE\n");
      await host.saidUntil("1/0 PASS 5");
      await host.saidUntil(`1/0 STATE ${stateOf(1).toString("hex")}`);
    },
  },
  {
    name: "a resumed connection goes on where the last one was",
    async run(host) {
      host.hello();
      host.rules(1, ALL);
      host.open(9, { state: stateOf(41, 1), decided: [100, 1000] });
      host.data(9, 0, 100, "");
      host.data(9, 1, 1000, "");
      host.data(9, 0, 100, "HOLD\nCOUNT\n");
      assert.deepEqual(core(await host.said()).slice(1), [
        "9 OPENED 1",
        "9/0 NOP",
        "9/0 TAKEN",
        "9/1 NOP",
        "9/1 TAKEN",
        "9/0 PASS 5",
        '9/0 INSERT 1 "42\\n"',
        "9/0 DROP 6",
        "9/0 NOP",
        "9/0 TAKEN",
      ]);
      host.open(10, { state: Buffer.alloc(0), decided: [3, 0] });
      host.data(10, 0, 3, "COUNT\n");
      assert.ok((await host.said()).includes('10/0 INSERT 1 "1\\n"'), "an empty state is that of a beginning");
    },
  },
  {
    name: "an error, an exception and a limit end the connection alone",
    async run(host) {
      await opened(host, { undecided: 1000 });
      for (const connection of [2, 3, 4, 5, 6]) host.open(connection);
      host.data(2, 0, 0, "PASS\nFAIL why\nPASS\n");
      host.data(3, 0, 0, "THROW it\n");
      host.data(4, 0, 0, "MORE 2000\n");
      host.data(5, 0, 0, "NONSENSE\n");
      host.data(6, 0, 0, "x".repeat(1001));
      host.data(1, 0, 0, "PASS\n");
      host.data(2, 0, 19, "PASS\n");
      const said = core(await host.said()).filter((line) => !line.includes("OPENED"));
      const fails = said.filter((line) => line.includes("FAIL")).map((line) => line.replace(/^(\d+)\/\d/, "$1"));
      assert.equal(fails[0], '2 FAIL 1 2 {"reason":"why","fields":{"line":"why"}}');
      assert.match(fails[1] ?? "", /^3 FAIL 2 \d \{"reason":".*it.*","fields":\{\}\}$/);
      assert.match(fails[2] ?? "", /^4 FAIL 3 \d /);
      assert.match(fails[3] ?? "", /^5 FAIL 1 2 \{"reason":"no such command"/);
      assert.match(fails[4] ?? "", /^6 FAIL 3 \d /);
      assert.equal(fails.length, 5);
      const second = said.filter((line) => line.startsWith("2/") && !line.includes("FAIL"));
      assert.deepEqual(second, ["2/0 PASS 5"], "what was decided before, and nothing behind the error");
      assert.deepEqual(
        said.filter((line) => line.startsWith("1/")),
        ["1/0 PASS 5", "1/0 NOP", "1/0 TAKEN"],
      );
    },
  },
  {
    name: "the end of a stream is told to the parser",
    async run(host) {
      await opened(host);
      host.data(1, 1, 0, "", true);
      host.data(1, 0, 0, "PASS\nPA", true);
      assert.deepEqual(core(await host.said()), [
        "1/1 NOP",
        "1/1 TAKEN",
        "1/0 PASS 5",
        '1/0 FAIL 1 3 {"reason":"the stream ends within a line","fields":{}}',
      ]);
    },
  },
  {
    name: "nothing is said of a connection after CLOSE",
    async run(host) {
      await opened(host);
      host.data(1, 0, 0, "WAIT\n");
      host.close(1);
      host.open(2);
      host.data(2, 0, 0, "PASS\n");
      const said = core(await host.said());
      assert.deepEqual(said.slice(said.indexOf("1/0 TAKEN") + 1), ["2 OPENED 1", "2/0 PASS 5", "2/0 NOP", "2/0 TAKEN"]);
    },
  },
  {
    name: "many connections are kept apart",
    async run(host) {
      host.hello();
      host.rules(1, ALL);
      for (let connection = 1; connection <= 200; connection++) {
        host.open(connection);
        host.data(connection, 0, 0, "COUNT\n".repeat(connection % 5));
      }
      const said = await host.said();
      for (let connection = 1; connection <= 200; connection++) {
        const counted = said.filter((line) => line.startsWith(`${connection}/0 INSERT`));
        assert.deepEqual(
          counted,
          [1, 2, 3, 4].slice(0, connection % 5).map((n) => `${connection}/0 INSERT 1 "${n}\\n"`),
        );
      }
    },
  },
  {
    name: "large injections and long runs stay within the limits of frames",
    async run(host) {
      await opened(host, { credit: 2 ** 31 });
      const text = "x".repeat(4000);
      const line = `ANSWER ${text}\n`;
      for (let offset = 0, count = 0; count < 400; count++, offset += line.length) host.data(1, 0, offset, line);
      const said = await host.said();
      assert.equal(said.filter((one) => one === `1/0 INSERT 1 "${text}\\n"`).length, 400);
      assert.equal(said.filter((one) => one === "1/0 TAKEN").length, 400);
    },
  },
  {
    name: "without credit nothing is worked on",
    async run(host) {
      host.hello({ credit: 1 });
      host.rules(1, ALL);
      host.open(1);
      host.data(1, 0, 0, "PASS\n");
      const said = await host.saidToTheEnd();
      assert.equal(said.length, 1, `READY alone, not ${JSON.stringify(said)}`);
    },
  },
  {
    name: "CREDIT is taken out of turn, and what waited is worked on in order",
    async run(host) {
      host.hello({ credit: 1 });
      host.rules(1, ALL);
      host.open(1);
      host.data(1, 0, 0, "COUNT\n");
      host.data(1, 0, 6, "COUNT\n");
      host.credit(1_048_576);
      assert.deepEqual(core(await host.said()).slice(1), [
        "1 OPENED 1",
        '1/0 INSERT 1 "1\\n"',
        "1/0 DROP 6",
        "1/0 NOP",
        "1/0 TAKEN",
        '1/0 INSERT 1 "2\\n"',
        "1/0 DROP 6",
        "1/0 NOP",
        "1/0 TAKEN",
      ]);
    },
  },
  ends("another magic ends the stream", (host) => host.hello({ magic: 0x48545450 })),
  ends("another version ends the stream", (host) => host.hello({ version: 2 })),
  ends("a first frame that is no HELLO ends the stream", (host) => host.rules(1, ALL)),
  ends("a type of frame that is not known ends the stream", async (host) => {
    await opened(host);
    host.send(frame(0x70, 0));
  }),
  ends("a frame that is too short ends the stream", async (host) => {
    await opened(host);
    host.send(Buffer.concat([u32(4), u8(8), Buffer.alloc(3)]));
  }),
  ends("a frame that is too long ends the stream, before it has come", async (host) => {
    await opened(host);
    host.send(u32(16 * 1_048_576 + 1));
  }),
  ends("a frame with something left over ends the stream", async (host) => {
    await opened(host);
    host.send(frame(0x08, 0, u32(1), u8(0)));
  }),
  ends("DATA at another offset ends the stream", async (host) => {
    await opened(host);
    host.data(1, 0, 1, "PASS\n");
  }),
  ends("a connection that is open cannot be opened", async (host) => {
    await opened(host);
    host.open(1);
  }),
  ends("rules that were not told cannot be used", async (host) => {
    await opened(host);
    host.open(2, { rules: 77 });
  }),
];
