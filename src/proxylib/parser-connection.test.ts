import assert from "node:assert/strict";
import { test } from "node:test";
import type { Connection, Decided } from "./connection.ts";
import type { Extension, Parser } from "./parser.ts";
import { ScriptedConnection } from "./testing/index.ts";
import { passer } from "./testing/parsers/passer.ts";
import { nop, pass, type Verdict } from "./verdict.ts";

/** Asks for each byte of the client, and logs them all when the server says something. */
class LateLogger implements Parser {
  private readonly connection: Connection;
  private readonly asked: { readonly letter: string; readonly decided: Decided }[] = [];

  constructor(connection: Connection) {
    this.connection = connection;
  }

  onData(reply: boolean, _endStream: boolean, data: { readonly length: number; at(index: number): number }): Verdict {
    if (data.length === 0) return nop;
    if (!reply) {
      const letter = String.fromCharCode(data.at(0));
      this.connection.matches({ letter });
      this.asked.push({ letter, decided: this.connection.decided });
      return pass(1);
    }
    for (const { letter, decided } of this.asked) this.connection.log("Response", { letter }, decided);
    return pass(data.length);
  }
}

const lateLogger: Extension = {
  ...passer,
  fields: { letter: { oneOf: ["a", "b", "c"] } },
  create: (connection) => new LateLogger(connection),
};

test("a record that is written later tells of its own request's decision", () => {
  for (const mode of ["enforce", "audit"] as const) {
    const connection = new ScriptedConnection(lateLogger, { l7: [{ letter: "a" }, { letter: "b" }], mode });
    connection.fromClient("bac");
    connection.fromServer("!");
    const told = connection.records.map(({ verdict, rule, fields }) => `${fields["letter"]} ${verdict} ${rule}`);
    const last = mode === "audit" ? "c Audit l7" : "c Forwarded undefined";
    assert.deepEqual(told, ["b Forwarded l7[1]", "a Forwarded l7[0]", last]);
  }
});
