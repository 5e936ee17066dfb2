// Versions that are not spoken here, and what servers offer: native_protocol_v4.spec, sections 4.1.2 and 4.2.4.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cassandra } from "../../src/parsers/cassandra/parser.ts";
import { ScriptedConnection } from "../../src/proxylib/testing/index.ts";
import { int, Opcode, response, short, string, utf8 } from "./cql-frame.ts";
import * as requests from "./cql-request.ts";
import * as responses from "./cql-response.ts";
import { type ExchangeCase, exchangeTests } from "./exchange-case.ts";

const SELECT = "SELECT a FROM ks.t";
const at7 = { stream: 7 };

/** A request that is refused before STARTUP or in its place, as the first bytes of a connection. */
function refused(name: string, frame: string, violation: ExchangeCase["violation"] & object): ExchangeCase {
  return { name, fresh: true, steps: [["client", frame]], toServer: "", violation };
}

describe("cassandra: versions", () => {
  const unsupported = (version: number): RegExp =>
    new RegExp(`^Invalid or unsupported protocol version \\(${version}\\); supported versions are \\(3/v3, 4/v4\\); `);
  exchangeTests([
    ...[5, 6, 66, 127].flatMap((version): readonly ExchangeCase[] => [
      refused(`STARTUP in version ${version}`, requests.startup({}, { ...at7, version }), {
        ...at7,
        message: unsupported(version),
      }),
      refused(`OPTIONS in version ${version}`, requests.askOptions({ ...at7, version }), {
        ...at7,
        message: unsupported(version),
      }),
    ]),
    // Their headers are of eight bytes; nine may never come.
    ...[0, 1, 2].map((version) =>
      refused(`STARTUP in version ${version}`, String.fromCharCode(version, 0, 7, Opcode.Startup, 0, 0, 0, 0), {
        version: 3,
        message: unsupported(version),
      }),
    ),
    ...[3, 5, 66].map((version): ExchangeCase => changed(4, version, at7.stream)),
    ...[4, 5].map((version): ExchangeCase => changed(3, version, at7.stream)),
    // The answer is one that the client can read.
    ...[0, 1, 2].map((version): ExchangeCase => changed(4, version, 0)),
    {
      name: "OPTIONS in one version, STARTUP in another",
      fresh: true,
      steps: [
        ["client", requests.askOptions()],
        ["server", responses.supported({})],
        ["client", requests.startup({}, { version: 3 })],
        ["server", responses.ready({ version: 3 })],
        ["client", requests.query(SELECT, { version: 3 })],
      ],
    },
    {
      name: "a version changes while OPTIONS is not answered",
      fresh: true,
      steps: [["client", requests.askOptions() + requests.startup({}, { ...at7, version: 3 })]],
      toServer: requests.askOptions(),
      violation: { ...at7, message: /version 3 on a connection of version 4/ },
    },
    {
      name: "a version that is not spoken, while OPTIONS is not answered",
      fresh: true,
      steps: [["client", requests.askOptions() + requests.startup({}, { ...at7, version: 5 })]],
      toServer: requests.askOptions(),
      violation: { ...at7, message: unsupported(5) },
    },
    {
      name: "a version changes while STARTUP is not answered",
      fresh: true,
      steps: [["client", requests.startup() + requests.startup({}, { ...at7, version: 3 })]],
      toServer: requests.startup(),
      violation: { ...at7, message: /version 3 on a connection of version 4/ },
    },
  ]);

  function changed(from: number, to: number, stream: number): ExchangeCase {
    return {
      name: `a version changes from ${from} to ${to}`,
      version: from,
      steps: [["client", requests.query(SELECT, { ...at7, version: to })]],
      toServer: "",
      violation: { stream, version: from, message: new RegExp(`version ${to} on a connection of version ${from}`) },
    };
  }

  it("5: byte for byte", () => {
    const connection = new ScriptedConnection(cassandra());
    connection.fromClient(requests.startup({}, { version: 5, stream: 0x0102 }));
    const message =
      "Invalid or unsupported protocol version (5); supported versions are (3/v3, 4/v4); " +
      "the lowest supported version is 3 and the greatest is 4";
    const body = int(0x000a) + string(message);
    assert.equal(connection.takeToClient(), `\x84\0\x01\x02\0${int(body.length)}${body}`);
  });
});

describe("cassandra: SUPPORTED", () => {
  const OFFERED = {
    COMPRESSION: ["snappy", "lz4"],
    CQL_VERSION: ["3.4.7", utf8("é")],
    PROTOCOL_VERSIONS: ["3/v3", "4/v4", "5/v5", "6/v6-beta", "66/dse-v2", "33/x", "2/v2", "x"],
    EMPTY: [],
  };
  const PASSED = { COMPRESSION: [], CQL_VERSION: ["3.4.7", utf8("é")], PROTOCOL_VERSIONS: ["3/v3", "4/v4"], EMPTY: [] };
  const prefix = { tracingId: "\x01".repeat(16), warnings: ["w"], customPayload: { a: null } };

  function rewritten(name: string, before: ExchangeCase["steps"], frame = {}): ExchangeCase {
    const answers = before.map(([side, bytes]) => (side === "server" ? bytes : "")).join("");
    const more = before.length === 0 ? "" : responses.resultVoid({ stream: 2, ...versionOf(frame) });
    return {
      name,
      fresh: true,
      steps: [
        ...before,
        ["client", requests.askOptions(frame) + (more && requests.query(SELECT, { ...versionOf(frame), stream: 2 }))],
        ["server", responses.supported(OFFERED, frame) + more],
      ],
      toClient: answers + responses.supported(PASSED, frame) + more,
    };
  }
  const versionOf = (frame: { readonly version?: number }): { version: number } => ({ version: frame.version ?? 4 });
  const started = (version: number): ExchangeCase["steps"] => [
    ["client", requests.startup({}, { version })],
    ["server", responses.ready({ version })],
  ];

  exchangeTests([
    rewritten("before STARTUP", []),
    rewritten("when ready, between other answers", started(4), { stream: 1 }),
    rewritten("version 3", started(3), { stream: 1, version: 3 }),
    {
      name: "behind a prefix",
      fresh: true,
      steps: [
        ["client", requests.askOptions()],
        ["server", responses.supported(OFFERED, prefix)],
      ],
      toClient: responses.supported(PASSED, prefix),
    },
    {
      name: "of old servers, which tell no versions",
      fresh: true,
      steps: [
        ["client", requests.askOptions()],
        ["server", responses.supported({ CQL_VERSION: ["3.0.0"] })],
      ],
    },
    ...[
      ["no message", ""],
      ["a list that is cut off", short(1) + string("COMPRESSION") + short(2) + string("lz4")],
      ["more behind", `${short(0)}!`],
    ].map(
      ([name, message]): ExchangeCase => ({
        name: `at odds with its length: ${name}`,
        fresh: true,
        steps: [
          ["client", requests.askOptions()],
          ["server", response(Opcode.Supported, message)],
        ],
        toClient: "",
        closed: /SUPPORTED is at odds with its length/,
      }),
    ),
    {
      name: "longer than allowed",
      fresh: true,
      steps: [
        ["client", requests.askOptions()],
        ["server", responses.supported({ A: ["a".repeat(60_000), "b".repeat(6_000)] })],
      ],
      toClient: "",
      closed: /SUPPORTED is too long/,
    },
    {
      name: "refused by the server",
      fresh: true,
      steps: [
        ["client", requests.askOptions()],
        ["server", responses.error(0x0000, "sick")],
        ["client", requests.startup()],
        ["server", responses.ready()],
      ],
      log: ["Response request=OPTIONS error=0x0000 Server error"],
    },
  ]);
});
