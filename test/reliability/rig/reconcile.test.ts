import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AccessLogRecord } from "../../../src/api/access-log-record.ts";
import type { NumericIdentity } from "../../../src/api/identity.ts";
import type { ConnectionRow } from "../client/client-connection.ts";
import { keyOf } from "../load/protocol.ts";
import { askedAt, type LoadShape } from "../load/request.ts";
import { type Evidence, type Reconciled, reconcile } from "./reconcile.ts";
import { RecordCounts } from "./records.ts";

const REQUESTS = 40;
const CONNECTION = 7;
const shape: LoadShape = { seed: 3, commands: ["put"], deniedEvery: 5, requestsMax: 100 };
const all = Array.from({ length: REQUESTS }, (_, sequence) => askedAt(shape, CONNECTION, sequence));
const lastAllowed = all.findLast(({ allowed }) => allowed)?.sequence as number;
const someAllowed = all.find(({ allowed }) => allowed)?.sequence as number;
const someDenied = all.find(({ allowed }) => !allowed)?.sequence as number;

const peer = { identity: 1 as NumericIdentity, labels: [], address: "127.0.0.1:1" };

function record(sequence: number, type: "Request" | "Denied"): AccessLogRecord {
  const asked = all[sequence] ?? askedAt(shape, CONNECTION, sequence);
  return {
    time: "2026-01-01T00:00:00.000Z",
    type,
    verdict: type === "Denied" ? "Denied" : "Forwarded",
    proto: "memcache",
    direction: "ingress",
    source: peer,
    destination: peer,
    fields: { command: asked.command === "fetch" ? "get" : "set", keys: keyOf(asked) },
  };
}

const row: ConnectionRow = {
  connection: CONNECTION,
  localPort: 1,
  openedAt: 1,
  endedAt: 2,
  begun: REQUESTS,
  answered: REQUESTS,
  end: "finished",
  reason: "",
};

interface Change {
  readonly row?: Partial<ConnectionRow>;
  readonly arrived?: { begun: number; whole: number };
  readonly leaveOut?: number;
  readonly add?: AccessLogRecord;
  readonly upstream?: Evidence["upstreamProblems"];
}

/** Evidence of one connection on which all is well, but for the change. */
function outcomeOf(change: Change): Reconciled {
  const records = new RecordCounts();
  for (const { sequence, allowed } of all)
    if (sequence !== change.leaveOut) records.add(record(sequence, allowed ? "Request" : "Denied"));
  if (change.add !== undefined) records.add(change.add);
  const arrived = change.arrived ?? { begun: lastAllowed + 1, whole: lastAllowed + 1 };
  return reconcile({
    protocol: "memcached",
    shape,
    rows: [{ ...row, ...change.row }],
    arrivals: (connection) => (connection === CONNECTION ? arrived : { begun: 0, whole: 0 }),
    upstreamProblems: change.upstream ?? [],
    records,
  });
}

describe("what client, server and access log say", () => {
  it("fits together where all is well", () => {
    const { problems, missing, ...counts } = outcomeOf({});
    assert.deepEqual(problems, []);
    assert.equal(missing.size, 0);
    const denied = all.filter(({ allowed }) => !allowed).length;
    assert.deepEqual(counts, { requests: REQUESTS, answered: REQUESTS, denied, lost: 0, perhaps: 0, duplicates: 0 });
  });

  it("tells a record that is missing, or there twice", () => {
    for (const sequence of [someAllowed, someDenied]) {
      assert.deepEqual([...outcomeOf({ leaveOut: sequence }).missing.values()], [1]);
      const again = record(sequence, sequence === someAllowed ? "Request" : "Denied");
      assert.equal(outcomeOf({ add: again }).duplicates, 1);
    }
  });

  const wrong: readonly { readonly name: string; readonly change: Change; readonly says: RegExp }[] = [
    {
      name: "an answer to what never arrived",
      change: { arrived: { begun: lastAllowed, whole: lastAllowed } },
      says: /never arrived/,
    },
    {
      name: "a denied request that has a record as forwarded",
      change: { add: record(someDenied, "Request") },
      says: /says otherwise/,
    },
    {
      name: "an allowed one that has a record as denied",
      change: { add: record(someAllowed, "Denied") },
      says: /says otherwise/,
    },
    { name: "a record of what was never begun", change: { add: record(REQUESTS + 1, "Request") }, says: /were begun/ },
    {
      name: "an arrival of what was never begun",
      change: { arrived: { begun: REQUESTS + 9, whole: lastAllowed + 1 } },
      says: /arrived; 40 were begun/,
    },
    {
      name: "wrong bytes at the server",
      change: { upstream: [{ connection: CONNECTION, soft: false, text: "wrong bytes" }] },
      says: /wrong bytes/,
    },
    {
      name: "a stream that ends within a request, of a connection that did not break",
      change: { upstream: [{ connection: CONNECTION, soft: true, text: "ends within" }] },
      says: /ends within/,
    },
    {
      name: "undecided bytes, even of a connection that broke",
      change: {
        row: { end: "broken" },
        upstream: [{ connection: CONNECTION, soft: true, text: "cut/ (undecided bytes)" }],
      },
      says: /undecided/,
    },
  ];
  for (const { name, change, says } of wrong) {
    it(`tells ${name}`, () => {
      const { problems } = outcomeOf(change);
      assert.equal(problems.length > 0 && says.test(problems.join("\n")), true, problems.join("\n"));
    });
  }

  it("lets a connection that broke lose what had no answer", () => {
    const { problems, lost, missing } = outcomeOf({
      row: { end: "broken", answered: 10 },
      arrived: { begun: 12, whole: 11 },
      upstream: [{ connection: CONNECTION, soft: true, text: "ends within" }],
    });
    assert.deepEqual(problems, []);
    assert.equal(lost, REQUESTS - 10);
    assert.equal(missing.size, 0);
  });
});
