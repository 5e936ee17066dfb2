// A keyspace that a request names itself. The documents give it to version 5; servers honour it in 3 and 4 as well.
import { describe } from "node:test";
import { byte, Opcode, request, short, string } from "./cql-frame.ts";
import * as requests from "./cql-request.ts";
import { type ExchangeCase, exchangeTests, unauthorized } from "./exchange-case.ts";
import { ask, DOUBTFUL, IN_A, IN_BOTH, inA, NOT_SENT, select, USE_ANY, use, used } from "./keyspace-talk.ts";

const NO_NAME = "status=not understood: the request names a keyspace that no server has";

describe("cassandra: the keyspace of one request", () => {
  const VALUES = { values: ["v", null], pageSize: 7, pagingState: "s", serialConsistency: 8, timestamp: 1n };
  const batch = (options = {}, version = 4): string =>
    requests.batch([{ text: "DELETE FROM t WHERE x = ?", values: ["v", null] }], { stream: 1, version, ...options });
  const evil = { keyspace: "evil" };
  const everywhere = [...IN_A, { query_action: "delete", query_table: "^a[.]t$" }];

  for (const version of [3, 4]) {
    exchangeTests(
      [
        ["QUERY", ask(1, { version, ...evil }), "select"],
        ["QUERY with everything", ask(1, { version, ...evil, ...VALUES }), "select"],
        ["QUERY with named values", ask(1, { version, ...evil, ...VALUES, names: ["x", "y"] }), "select"],
        [
          "QUERY with a payload",
          ask(1, { version, ...evil, ...(version > 3 && { customPayload: { p: "" } }) }),
          "select",
        ],
        ["BATCH", batch(evil, version), "delete"],
        ["BATCH with everything", batch({ ...evil, serialConsistency: 8, timestamp: 1n }, version), "delete"],
      ].map(([name, frame = "", action]): ExchangeCase => {
        const markers = action === "delete" ? " batch=true" : "";
        return {
          name: `${name}, version ${version}: denied in its own`,
          version,
          l7: everywhere,
          steps: [
            ["client", use("a", 9, { version })],
            ["server", used("a", 9, { version })],
            ["client", frame],
          ],
          toServer: use("a", 9, { version }),
          toClient: used("a", 9, { version }) + unauthorized(1, version),
          log: [
            "Request use a",
            `Denied ${action} evil.t ${DOUBTFUL}${markers}`,
            `Request ${action} a.t ${NOT_SENT}${markers}`,
          ],
        };
      }),
    );
  }

  exchangeTests([
    {
      name: "allowed in it; none is in force",
      l7: [...IN_A, { query_action: "delete", query_table: "^a[.]t$" }],
      steps: [["client", ask(1, { keyspace: "a" }) + batch({ keyspace: "a", stream: 2 })]],
      log: ["Request select a.t", "Request delete a.t batch=true"],
    },
    {
      name: "a server may not know of it, so that the one in force counts as well",
      l7: [USE_ANY, select("b[.]t")],
      steps: [...inA, ["client", ask(1, { keyspace: "b" })]],
      toServer: use("a", 9),
      toClient: used("a", 9) + unauthorized(1),
    },
    {
      name: "the one in force once more",
      l7: IN_A,
      steps: [...inA, ["client", ask(1, { keyspace: "a" })]],
      log: ["Request use a", "Request select a.t"],
    },
    {
      name: "as it is written",
      l7: [select("A[.]t")],
      steps: [["client", ask(1, { keyspace: "A" }) + ask(2, { keyspace: "a" })]],
      toServer: ask(1, { keyspace: "A" }),
      toClient: unauthorized(2),
      log: ["Request select A.t", "Denied select a.t"],
    },
    ...["", '"A"', "a.t", "a\n", "\xe9", "a".repeat(257)].map(
      (keyspace): ExchangeCase => ({
        // Every name of the request would be as long, in as many records as it has statements.
        name: `not one that a server can have: ${JSON.stringify(keyspace.slice(0, 9))}`,
        steps: [["client", ask(1, { keyspace }) + batch({ keyspace, stream: 2 })]],
        toServer: "",
        toClient: unauthorized(1) + unauthorized(2),
        log: [`Denied ${NO_NAME}`, `Denied batch=true ${NO_NAME}`],
      }),
    ),
    {
      name: "as long as a name may be",
      steps: [["client", ask(1, { keyspace: "a".repeat(256) }) + batch({ keyspace: "a".repeat(256), stream: 2 })]],
    },
    {
      name: "means nothing for qualified names",
      l7: IN_A,
      steps: [["client", requests.query("SELECT x FROM a.t", { stream: 1, ...evil })]],
      log: ["Request select a.t"],
    },
    {
      name: "ends with its request",
      l7: IN_BOTH,
      steps: [...inA, ["client", ask(1, { keyspace: "b" }) + ask(2)]],
    },
    ...[
      ["no keyspace where the flag says so", ask(1, { parameterFlags: 0x80 })],
      ["more behind it", ask(1, { ...evil, rest: "!" })],
      ["it is cut off", ask(1, { parameterFlags: 0x80, rest: "\0\x05evi" })],
      ["a value is longer than the frame", requestWith(0x81, `${short(1)}\0\xff\xff\xff`)],
      ["a value has no length", requestWith(0x81, short(1) + short(0))],
      ["a value is neither null nor unset", requestWith(0x81, `${short(1)}\xff\xff\xff\xfd${string("evil")}`)],
      ["fewer values than said", requestWith(0x81, `${short(9)}\xff\xff\xff\xff${string("evil")}`)],
      ["a name is cut off", requestWith(0xc1, short(1) + short(9))],
      ["no page size", requestWith(0x84, string("evil"))],
      ["no paging state", requestWith(0x88, "\0")],
    ].map(
      ([name, frame = ""]): ExchangeCase => ({
        name: `malformed: ${name}`,
        steps: [["client", frame]],
        toServer: "",
        violation: { stream: 1, message: /at odds with its length/ },
      }),
    ),
  ]);

  function requestWith(flags: number, parameters: string): string {
    const text = "SELECT x FROM t";
    return request(Opcode.Query, `\0\0\0${byte(text.length)}${text}\0\x01${byte(flags)}${parameters}`, { stream: 1 });
  }
});
