// What may be sent when: native_protocol_v4.spec, sections 4.1.1 to 4.1.3, and versions that are not spoken here.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cassandra } from "../../src/parsers/cassandra/parser.ts";
import { ScriptedConnection } from "../../src/proxylib/testing/index.ts";
import { Opcode, request, short, string } from "./cql-frame.ts";
import * as requests from "./cql-request.ts";
import * as responses from "./cql-response.ts";
import { type ExchangeCase, exchangeTests } from "./exchange-case.ts";

const SELECT = "SELECT a FROM ks.t";
const at7 = { stream: 7 };
const AUTHENTICATOR = responses.authenticate("org.apache.cassandra.auth.PasswordAuthenticator");
const CREDENTIALS = "\0cassandra\0secret-of-the-empire";

/** One of each, on stream 7. */
const SENT = {
  STARTUP: requests.startup({}, at7),
  OPTIONS: requests.askOptions(at7),
  QUERY: requests.query(SELECT, at7),
  PREPARE: requests.prepare(SELECT, at7),
  EXECUTE: requests.execute("id", at7),
  BATCH: requests.batch([{ text: "DELETE FROM ks.t WHERE a = 1" }], at7),
  REGISTER: requests.register(["STATUS_CHANGE"], at7),
  AUTH_RESPONSE: requests.authResponse(CREDENTIALS, at7),
} as const;
type Sent = keyof typeof SENT;

interface Phase {
  /** What brings a connection there. */
  readonly steps: ExchangeCase["steps"];
  readonly passes: readonly Sent[];
  readonly message: RegExp;
}

const PHASES: Readonly<Record<string, Phase>> = {
  "before STARTUP": { steps: [["client", ""]], passes: ["STARTUP", "OPTIONS"], message: / before STARTUP/ },
  "before the answer to STARTUP": {
    steps: [["client", requests.startup()]],
    passes: [],
    message: /before the server has answered STARTUP/,
  },
  authenticating: {
    steps: [
      ["client", requests.startup()],
      ["server", AUTHENTICATOR],
    ],
    passes: ["AUTH_RESPONSE"],
    message: /before authentication is done/,
  },
  "challenged once": {
    steps: [
      ["client", requests.startup()],
      ["server", AUTHENTICATOR],
      ["client", requests.authResponse("")],
      ["server", responses.authChallenge("more")],
    ],
    passes: ["AUTH_RESPONSE"],
    message: /before authentication is done/,
  },
  "after wrong credentials": {
    steps: [
      ["client", requests.startup()],
      ["server", AUTHENTICATOR],
      ["client", requests.authResponse(CREDENTIALS)],
      ["server", responses.error(0x0100, "wrong")],
    ],
    passes: ["AUTH_RESPONSE"],
    message: /before authentication is done/,
  },
  ready: {
    steps: [
      ["client", requests.startup()],
      ["server", responses.ready()],
    ],
    passes: ["OPTIONS", "QUERY", "PREPARE", "BATCH", "REGISTER"],
    message: /started already|nobody has asked for it/,
  },
  "ready after authentication": {
    steps: [
      ["client", requests.startup()],
      ["server", AUTHENTICATOR],
      ["client", requests.authResponse(CREDENTIALS)],
      ["server", responses.authSuccess()],
    ],
    passes: ["OPTIONS", "QUERY", "PREPARE", "BATCH", "REGISTER"],
    message: /started already|nobody has asked for it/,
  },
  "after a STARTUP that the server refused": {
    steps: [
      ["client", requests.startup({ CQL_VERSION: "9.9.9" })],
      ["server", responses.error(0x000a, "no such version")],
    ],
    passes: ["STARTUP", "OPTIONS"],
    message: / before STARTUP/,
  },
};

describe("cassandra: what may be sent when", () => {
  for (const [phase, { steps, passes, message }] of Object.entries(PHASES)) {
    const sent = steps.map(([side, bytes]) => (side === "client" ? bytes : "")).join("");
    exchangeTests(
      Object.entries(SENT).flatMap(([name, frame]): readonly ExchangeCase[] => {
        // It has an answer of its own, for an id that nobody knows.
        if (name === "EXECUTE" && passes.includes("QUERY")) return [];
        const common = { name: `${name} ${phase}`, fresh: true, steps: [...steps, ["client", frame]] } as const;
        if (passes.includes(name as Sent)) return [common];
        return [{ ...common, toServer: sent, violation: { ...at7, message } }];
      }),
    );
  }
});

/** A request that is refused before STARTUP or in its place, as the first bytes of a connection. */
function refused(name: string, frame: string, violation: ExchangeCase["violation"] & object): ExchangeCase {
  return { name, fresh: true, steps: [["client", frame]], toServer: "", violation };
}

describe("cassandra: STARTUP", () => {
  const start = (options: Record<string, string>, version = 4): string =>
    requests.startup(options, { ...at7, version });
  const compression = { ...at7, message: /compression is not supported/ };
  const malformed = { ...at7, message: /no map of options/ };
  const startMessage = (message: string): string => request(Opcode.Startup, message, at7);
  exchangeTests([
    {
      name: "with options of drivers, and none for compression",
      fresh: true,
      steps: [["client", start({ DRIVER_NAME: "é", DRIVER_VERSION: "1", COMPRESSION: "", THROW_ON_OVERLOAD: "1" })]],
    },
    refused("asks for lz4", start({ COMPRESSION: "lz4" }), compression),
    refused("asks for snappy, version 3", start({ COMPRESSION: "snappy" }, 3), { ...compression, version: 3 }),
    // Servers fold the names of options.
    refused("asks for lz4 in lower case", start({ compression: "lz4" }), compression),
    refused("asks for lz4 with a letter that folds to an S", start({ "compre\u017fsion": "lz4" }), compression),
    ...[
      ["", "lz4"],
      ["lz4", ""],
    ].map((names) =>
      refused(
        `asks twice: ${JSON.stringify(names)}`,
        startMessage(short(2) + names.map((name) => string("COMPRESSION") + string(name)).join("")),
        compression,
      ),
    ),
    refused("no message", startMessage(""), malformed),
    refused("an option without a value", startMessage(short(1) + string("CQL_VERSION")), malformed),
    refused("a value that is longer than the frame", startMessage(short(1) + string("A") + short(9)), malformed),
    refused("more behind the options", startMessage(short(0) + string("COMPRESSION") + string("lz4")), malformed),
    refused("longer than allowed", requests.startup({ A: "a".repeat(65_000), B: "b".repeat(600) }, at7), {
      ...at7,
      message: /STARTUP is too long/,
    }),
    {
      name: "refused by the server and sent again",
      fresh: true,
      steps: [
        ["client", requests.startup({ CQL_VERSION: "9.9.9" })],
        ["server", responses.error(0x000a, "no such version")],
        ["client", requests.startup()],
        ["server", responses.ready()],
        ["client", requests.query(SELECT)],
      ],
      log: ["Response request=STARTUP error=0x000a Protocol error", "Request select ks.t"],
    },
    {
      name: "refused in a version that the server speaks, and sent in that one",
      fresh: true,
      steps: [
        ["client", requests.startup()],
        ["server", responses.error(0x000a, "Invalid or unsupported protocol version (4)", { version: 3 })],
        ["client", requests.startup({}, { version: 3 })],
        ["server", responses.ready({ version: 3 })],
        ["client", requests.query(SELECT, { version: 3 })],
      ],
    },
    {
      name: "behind an OPTIONS that is not answered yet",
      fresh: true,
      steps: [
        ["client", requests.askOptions() + requests.startup({}, { stream: 1 })],
        ["server", responses.supported({}) + responses.ready({ stream: 1 })],
        ["client", requests.query(SELECT)],
      ],
    },
  ]);
});

describe("cassandra: authentication", () => {
  exchangeTests([
    {
      name: "a challenge, a wrong answer, a right one; and nothing of it on record",
      fresh: true,
      steps: [
        ["client", requests.startup()],
        ["server", AUTHENTICATOR],
        ["client", requests.authResponse("step 1", { stream: 1 })],
        ["server", responses.authChallenge("step 2", { stream: 1 })],
        ["client", requests.authResponse(null, { stream: 2 })],
        ["server", responses.error(0x0100, "wrong", { stream: 2 })],
        ["client", requests.authResponse(CREDENTIALS, { stream: 2 })],
        ["server", responses.authSuccess("token", { stream: 2 })],
        ["client", requests.query(SELECT)],
      ],
      log: ["Response request=AUTH_RESPONSE error=0x0100 Bad credentials", "Request select ks.t"],
    },
    ...[
      ["READY", responses.ready({ stream: 1 })],
      ["RESULT", responses.resultVoid({ stream: 1 })],
      ["AUTHENTICATE", responses.authenticate("X", { stream: 1 })],
    ].map(
      ([name, answer = ""]): ExchangeCase => ({
        name: `${name} in answer to AUTH_RESPONSE`,
        fresh: true,
        steps: [
          ["client", requests.startup()],
          ["server", AUTHENTICATOR],
          ["client", requests.authResponse(CREDENTIALS, { stream: 1 })],
          ["server", answer],
        ],
        toClient: AUTHENTICATOR,
        closed: /does not fit its request/,
      }),
    ),
    ...[
      ["AUTH_SUCCESS", responses.authSuccess()],
      ["SUPPORTED", responses.supported({})],
      ["RESULT", responses.resultVoid()],
    ].map(
      ([name, answer = ""]): ExchangeCase => ({
        name: `${name} in answer to STARTUP`,
        fresh: true,
        steps: [
          ["client", requests.startup()],
          ["server", answer],
        ],
        toClient: "",
        closed: /does not fit its request/,
      }),
    ),
    {
      name: "an event before the connection is ready",
      fresh: true,
      steps: [
        ["client", requests.startup()],
        ["server", responses.schemaEvent("CREATED", "KEYSPACE", ["k"])],
      ],
      toClient: "",
      closed: /stream of events/,
    },
    {
      name: "a server that speaks first",
      fresh: true,
      steps: [["server", responses.ready()]],
      toClient: "",
      closed: /not in flight/,
    },
  ]);
});

describe("cassandra: the client's end", () => {
  const frame = requests.query(SELECT);
  for (let length = 1; length < frame.length; length += 3) {
    it(`within a request, behind ${length} bytes`, () => {
      const connection = new ScriptedConnection(cassandra());
      connection.fromClient(requests.startup());
      connection.fromServer(responses.ready());
      connection.takeToServer();
      connection.fromClient(frame.slice(0, length), true);
      assert.match(connection.closeReason?.message ?? "still open", /ends within a request/);
      assert.equal(connection.takeToServer(), "");
    });
  }

  it("between two requests, while answers are on their way", () => {
    const connection = new ScriptedConnection(cassandra());
    connection.fromClient(requests.startup());
    connection.fromServer(responses.ready());
    connection.fromClient(frame, true);
    assert.equal(connection.endSent.original, true);
    connection.takeToClient();
    connection.fromServer(responses.resultVoid(), true);
    assert.equal(connection.takeToClient(), responses.resultVoid());
    assert.equal(connection.closeReason, undefined);
  });
});
