import assert from "node:assert/strict";
import { test } from "node:test";
import { HeaderFlag, Opcode, request, utf8 } from "./cql-frame.ts";
import * as requests from "./cql-request.ts";
import * as responses from "./cql-response.ts";

function hex(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("hex");
}

// Written down from the protocol's document by hand, so that the makers of frames are not their own proof.
const REQUESTS: Readonly<Record<string, readonly [string, string]>> = {
  STARTUP: [requests.startup(), "040000000100000016 0001 000b43514c5f56455253494f4e 0005332e302e30"],
  OPTIONS: [requests.askOptions({ version: 3, stream: 7 }), "030000070500000000"],
  AUTH_RESPONSE: [requests.authResponse("\0a\0b"), "040000000f00000008 00000004 00610062"],
  REGISTER: [requests.register(["STATUS_CHANGE"]), "040000000b00000011 0001 000d5354415455535f4348414e4745"],
  QUERY: [requests.query("é", { stream: 0x1234 }), "040012340700000009 00000002c3a9 0001 00"],
  "QUERY with everything": [
    requests.query("x", {
      values: ["v", null, undefined],
      names: ["a", "b", "c"],
      skipMetadata: true,
      pageSize: 5000,
      pagingState: "p",
      serialConsistency: 8,
      timestamp: 2n ** 32n + 1n,
      keyspace: "k",
      consistency: 6,
    }),
    "040000000700000036 0000000178 0006 ff 0003 000161 0000000176 000162 ffffffff 000163 fffffffe " +
      "00001388 0000000170 0008 0000000100000001 00016b",
  ],
  PREPARE: [requests.prepare("x", { flags: HeaderFlag.Tracing }), "040200000900000005 0000000178"],
  EXECUTE: [requests.execute("\x01\xff", { values: ["v"] }), "040000000a0000000e 0002 01ff 0001 01 0001 0000000176"],
  BATCH: [
    requests.batch([{ text: "x", values: [null] }, { id: "\xff" }], { type: 1, timestamp: -1n }),
    "040000000d00000020 01 0002 00 0000000178 0001 ffffffff 01 0001ff 0000 0001 20 ffffffffffffffff",
  ],
  "BATCH with names and a wrong count": [
    requests.batch([{ text: "x", values: ["v"], names: ["n"] }], { named: true, count: 9 }),
    "040000000d00000016 00 0009 00 0000000178 0001 00016e 0000000176 0001 40",
  ],
  "custom payload": [
    request(Opcode.Options, "", { customPayload: { a: null, b: "v" }, length: 1, rest: "!" }),
    "040400000500000001 0002 000161 ffffffff 000162 0000000176 21",
  ],
};

const RESPONSES: Readonly<Record<string, readonly [string, string]>> = {
  READY: [responses.ready({ stream: -2 }), "8400fffe0200000000"],
  AUTHENTICATE: [responses.authenticate("X"), "840000000300000003 000158"],
  AUTH_CHALLENGE: [responses.authChallenge(null), "840000000e00000004 ffffffff"],
  AUTH_SUCCESS: [responses.authSuccess(), "840000001000000004 ffffffff"],
  SUPPORTED: [responses.supported({ C: ["x"], D: [] }), "84000000060000000f 0002 000143 0001 000178 000144 0000"],
  "ERROR Unauthorized": [
    responses.error(0x2100, "Request Unauthorized", { stream: 5 }),
    "84000005000000001a 00002100 0014 5265717565737420556e617574686f72697a6564",
  ],
  "ERROR Unprepared": [responses.error(0x2500, "u", {}, "\0\x01i"), "84000000000000000a 00002500 000175 000169"],
  "RESULT Void, all prefixes": [
    responses.resultVoid({ tracingId: "0123456789abcdef", warnings: ["w"], customPayload: {} }),
    "840e0000080000001b 30313233343536373839616263646566 0001 000177 0000 00000001",
  ],
  "RESULT Rows": [
    responses.resultRows({ keyspace: "k", table: "t", columns: ["c"], rows: [["v"], [null]] }),
    "840000000800000024 00000002 00000001 00000001 00016b 000174 000163 000d 00000002 0000000176 ffffffff",
  ],
  "RESULT Set_keyspace": [responses.resultSetKeyspace("k"), "840000000800000007 00000003 00016b"],
  "RESULT Prepared, version 3": [
    responses.resultPrepared("\xff", { version: 3 }),
    "830000000800000017 00000004 0001ff 00000000 00000000 00000000 00000000",
  ],
  "RESULT Prepared, version 4": [
    responses.resultPrepared("i", {}, { keyspace: "k", table: "t", columns: ["c"] }),
    "840000000800000026 00000004 000169 00000001 00000001 00000000 00016b 000174 000163 000d 00000000 00000000",
  ],
  "RESULT Schema_change": [
    responses.resultSchemaChange("CREATED", "KEYSPACE", ["k"]),
    `84000000080000001a 00000005 0007${hex("CREATED")} 0008${hex("KEYSPACE")} 00016b`,
  ],
  EVENT: [
    responses.schemaEvent("DROPPED", "TABLE", ["k", "t"]),
    `8400ffff0c00000025 000d${hex("SCHEMA_CHANGE")} 0007${hex("DROPPED")} 0005${hex("TABLE")} 00016b 000174`,
  ],
};

for (const [name, [frame, expected]] of [...Object.entries(REQUESTS), ...Object.entries(RESPONSES)]) {
  test(`cql frames: ${name}`, () => assert.equal(hex(frame), expected.replaceAll(" ", "")));
}

test("cql frames: lengths count bytes, not characters", () => {
  assert.equal(utf8("€").length, 3);
});
