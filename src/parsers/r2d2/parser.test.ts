import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { cuts, ScriptedConnection, type ScriptedRules } from "../../proxylib/testing/index.ts";
import { LINE_BYTES_MAX } from "./frame.ts";
import { r2d2 } from "./parser.ts";

interface Case {
  readonly name: string;
  readonly l7: ScriptedRules;
  readonly requests: string;
  readonly toServer: string;
  readonly toClient: string;
  /** `cmd file verdict rule`, one a request. */
  readonly log: readonly string[];
}

const CASES: readonly Case[] = [
  {
    name: "only the allowed command passes",
    l7: [{ cmd: "READ" }],
    requests: "READ x\r\nWRITE x\r\n",
    toServer: "READ x\r\n",
    toClient: "ERROR\r\n",
    log: ["READ x Forwarded l7[0]", "WRITE x Denied -"],
  },
  {
    name: "a file is searched for, not matched as a whole",
    l7: [
      { cmd: "READ", file: "s" },
      { cmd: "WRITE", file: "^s$" },
    ],
    requests: "READ ssss\r\nREAD xyz\r\nWRITE ssss\r\nWRITE s\r\n",
    toServer: "READ ssss\r\nWRITE s\r\n",
    toClient: "ERROR\r\nERROR\r\n",
    log: ["READ ssss Forwarded l7[0]", "READ xyz Denied -", "WRITE ssss Denied -", "WRITE s Forwarded l7[1]"],
  },
  {
    name: "a rule with a file allows no request without one",
    l7: [{ file: ".*" }],
    requests: "HALT\r\nREAD a b\r\nREAD a\r\n",
    toServer: "READ a\r\n",
    toClient: "ERROR\r\nERROR\r\n",
    log: ["HALT  Denied -", "READ  Denied -", "READ a Forwarded l7[0]"],
  },
  {
    name: "an empty rule allows everything, unknown commands too",
    l7: [{}],
    requests: "DANCE\r\nRESET\r\n\r\n",
    toServer: "DANCE\r\nRESET\r\n\r\n",
    toClient: "",
    log: ["DANCE  Forwarded l7[0]", "RESET  Forwarded l7[0]", "  Forwarded l7[0]"],
  },
  {
    name: "no rule allows nothing; commands are case-sensitive",
    l7: [{ cmd: "HALT" }],
    requests: "halt\r\nHALT\r\n",
    toServer: "HALT\r\n",
    toClient: "ERROR\r\n",
    log: ["halt  Denied -", "HALT  Forwarded l7[0]"],
  },
];

for (const { name, l7, requests, toServer, toClient, log } of CASES) {
  test(name, () => {
    for (const cut of cuts(requests)) {
      const connection = new ScriptedConnection(r2d2, { l7 });
      for (const piece of cut.pieces) connection.fromClient(piece);
      assert.equal(connection.takeToServer(), toServer, cut.name);
      assert.equal(connection.takeToClient(), toClient, cut.name);
      const records = connection.records.map(
        ({ fields, verdict, rule }) => `${fields["cmd"]} ${fields["file"]} ${verdict} ${rule ?? "-"}`,
      );
      assert.deepEqual(records, log, cut.name);
    }
  });
}

test("the verdicts are those of the original", () => {
  const connection = new ScriptedConnection(r2d2, { l7: [{ cmd: "READ" }] });
  connection.fromClient("READ x\r\nWRITE x\r\n");
  assert.deepEqual(connection.takeOps(), ["PASS 8", "DROP 9", "MORE 1"]);
  connection.fromServer("OK\r\nOK");
  assert.deepEqual(connection.takeOps(), ["PASS 4", "MORE 1"]);
});

test("a line without end is refused at the limit", () => {
  const connection = new ScriptedConnection(r2d2);
  connection.fromClient("R".repeat(LINE_BYTES_MAX + 1));
  assert.equal(connection.closeReason?.kind, "protocol-error");
  assert.equal(connection.takeToServer(), "");
});

test("any bytes, cut in any way, give the same outcome", () => {
  const lines = fc.array(fc.stringMatching(/^(READ|WRITE|HALT|X)? ?[a-c\r\n ]{0,6}\r\n$/), { maxLength: 8 });
  fc.assert(
    fc.property(lines, fc.integer(), (parts, seed) => {
      const bytes = parts.join("");
      const outcomes = cuts(bytes, seed, 3).map((cut) => {
        const connection = new ScriptedConnection(r2d2, { l7: [{ cmd: "READ", file: "a" }, { cmd: "HALT" }] });
        for (const piece of cut.pieces) connection.fromClient(piece);
        return [connection.takeToServer(), connection.takeToClient(), connection.records];
      });
      for (const outcome of outcomes) assert.deepEqual(outcome, outcomes[0]);
    }),
    { numRuns: 200 },
  );
});
