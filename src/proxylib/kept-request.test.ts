import assert from "node:assert/strict";
import { test } from "node:test";
import { constantMatcher } from "../policy/request/constant-matcher.ts";
import { KeptRequest } from "./kept-request.ts";
import type { Extension } from "./parser.ts";
import { ScriptedConnection } from "./testing/index.ts";
import { passer } from "./testing/parsers/passer.ts";
import { drop, nop, pass } from "./verdict.ts";

/** Each byte of the client is a request, which is made once for all connections. */
function keeping(): Extension {
  const requests = new Map(["a", "b"].map((letter) => [letter, new KeptRequest({ letter })]));
  return {
    ...passer,
    fields: { letter: { oneOf: ["a", "b"] } },
    create: (connection) => ({
      onData(reply, _endStream, data) {
        if (data.length === 0) return nop;
        const request = requests.get(String.fromCharCode(data.at(0)));
        if (reply || request === undefined) return pass(data.length);
        return connection.matches(request) ? pass(1) : drop(1);
      },
    }),
  };
}

test("a request that is kept is decided by the policy that is in force", () => {
  const connection = new ScriptedConnection(keeping(), { l7: [{ letter: "a" }] });
  connection.fromClient("abab");
  assert.equal(connection.takeToServer(), "aa");
  connection.setPolicy([{ letter: "b" }]);
  connection.fromClient("abab");
  assert.equal(connection.takeToServer(), "bb");
  connection.setPolicy([{ letter: "a" }]);
  connection.fromClient("abab");
  assert.equal(connection.takeToServer(), "aa");
});

test("connections under different policies take turns with one request", () => {
  const extension = keeping();
  const first = new ScriptedConnection(extension, { l7: [{ letter: "a" }] });
  const second = new ScriptedConnection(extension, { l7: [{ letter: "b" }] });
  for (let turn = 0; turn < 3; turn++) {
    for (const connection of [first, second]) connection.fromClient("ab");
  }
  assert.deepEqual([first.takeToServer(), second.takeToServer()], ["aaa", "bbb"]);
});

test("it is asked of a policy once", () => {
  let asked = 0;
  const request = new KeptRequest({ letter: "a" });
  const decision = { allowed: true, audited: false, origin: undefined };
  const matcher = {
    ...constantMatcher(decision),
    match: () => {
      asked++;
      return decision;
    },
  };
  assert.equal(request.decidedBy(matcher, 1), request.decidedBy(matcher, 1));
  assert.equal(asked, 1);
  request.decidedBy(matcher, 2);
  assert.equal(asked, 2);
});
