// How much an extension host may have written, and what is left out beyond.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { linesOf, u8, u32, u64 } from "../../test/conformance/remote-parser/wire.ts";
import { type Connection, defineExtension, type Extension, more, pass } from "../proxylib/index.ts";
import { ScriptedConnection } from "../proxylib/testing/index.ts";
import { Frame } from "./protocol.ts";
import { FIELDS_BYTES_AHEAD, RECORDS_AHEAD, RecordAccount } from "./record-account.ts";
import {
  FIELDS_BYTES_BURST,
  FIELDS_BYTES_PER_SECOND,
  RECORDS_BURST,
  RECORDS_PER_SECOND,
  RecordBudget,
} from "./record-budget.ts";
import { MemoryHost } from "./testing/memory-link.ts";
import { thinRecords } from "./thin-records.ts";

test("a budget is filled by time alone, up to a burst", () => {
  const budget = new RecordBudget(5_000);
  assert.ok(budget.take(RECORDS_BURST, FIELDS_BYTES_BURST, 5_000));
  assert.ok(!budget.take(1, 0, 5_000));
  assert.ok(!budget.take(0, 1, 4_000), "a clock that goes back fills nothing");
  assert.ok(!budget.take(RECORDS_PER_SECOND + 1, 0, 6_000));
  assert.ok(budget.take(RECORDS_PER_SECOND, FIELDS_BYTES_PER_SECOND, 6_000));
  assert.ok(!budget.take(0, 1, 6_000), "what was looked at before is not filled twice");
  assert.ok(budget.take(RECORDS_BURST, FIELDS_BYTES_BURST, 6_000_000));
  assert.ok(!budget.take(1, 0, 6_000_000), "more than a burst is never saved up");
});

/** Lines that are numbers: logs as often as the line says before it passes it, each time with so many characters. */
function chatty(length = 0): Extension {
  return defineExtension({
    name: "chatty",
    version: "1.0.0",
    fields: { line: { prefix: true } },
    create: (connection: Connection) => ({
      onData(reply, _end, data) {
        const end = data.indexOf(Buffer.from("\n"));
        if (end < 0) return more(1);
        if (reply) return pass(end + 1);
        const long = "x".repeat(length);
        for (let left = Number(data.text(0, end)); left > 0; left--) {
          connection.log("Request", { left: `${left}`, long });
        }
        return pass(end + 1);
      },
    }),
  });
}

function under(extension: Extension) {
  const host = new MemoryHost([extension]).start();
  return {
    host,
    open: (): ScriptedConnection => new ScriptedConnection(host.owner.extension(extension), { l7: [{ line: "" }] }),
    dropped: (): number | undefined => host.owner.recordsDropped.get("chatty"),
  };
}

test("records of requests are bounded by requests alone", () => {
  const { host, open, dropped } = under(chatty());
  const connection = open();
  const requests = 3 * RECORDS_BURST;
  for (let sent = 0; sent < requests; sent += 1_000) {
    connection.fromClient("1\n".repeat(1_000));
    host.pump();
    connection.takeToServer();
  }
  assert.equal(connection.records.length, requests);
  assert.equal(dropped(), undefined);
});

test("what is logged besides comes from the host's budget; what was decided keeps its record, and nothing goes uncounted", () => {
  const { host, open, dropped } = under(chatty());
  const [noisy, other] = [open(), open()];
  const sent = 40;
  for (let count = 0; count < sent; count++) {
    noisy.fromClient("1000\n");
    host.pump();
  }
  assert.equal(noisy.takeToServer(), "1000\n".repeat(sent), "no byte waits for a record");
  const atMost = RECORDS_BURST + sent + RECORDS_AHEAD;
  assert.equal(noisy.records.length, atMost);
  assert.equal(dropped(), sent * 1_000 - atMost);
  const ofVerdicts = noisy.records.filter(({ fields }) => fields["left"] === "1");
  assert.equal(ofVerdicts.length, sent, "the last record before each verdict is always there");

  other.fromClient("1\n".repeat(500));
  host.pump();
  assert.equal(other.records.length, 500, "requests on another connection have theirs");
  host.time += 1_000;
  noisy.fromClient("5000\n");
  host.pump();
  assert.equal(noisy.records.length, atMost + RECORDS_PER_SECOND + 1);
  assert.equal(dropped(), (sent + 5) * 1_000 - atMost - RECORDS_PER_SECOND - 1);
});

test("a batch that is decided as one has a record for each of its requests", () => {
  const { host, open, dropped } = under(chatty());
  const connection = open();
  const batch = `${"0".repeat(6_396)}100\n`;
  const batches = RECORDS_BURST / 50;
  for (let count = 0; count < batches; count++) {
    connection.fromClient(batch);
    host.pump();
  }
  assert.equal(connection.records.length, batches * 100);
  assert.equal(dropped(), undefined);
});

test("traffic that is decided byte by byte pays for a record of each, but not for long ones", () => {
  const extension = defineExtension({
    name: "chatty",
    version: "1.0.0",
    fields: { line: { prefix: true } },
    create: (connection: Connection) => ({
      onData(reply, _end, data) {
        if (reply || data.length === 0) return more(1);
        connection.log("Request", { long: "x".repeat(2_000) });
        return pass(1);
      },
    }),
  });
  const { host, open, dropped } = under(extension);
  const connection = open();
  const bytes = 5_000;
  for (let sent = 0; sent < bytes; sent += 100) {
    connection.fromClient("x".repeat(100));
    host.pump();
  }
  assert.equal(connection.records.length, bytes);
  assert.equal(dropped(), 0);
  const long = connection.records.filter(({ fields }) => "long" in fields).length;
  assert.ok(
    long > 1_000 && long * 2_000 <= FIELDS_BYTES_BURST + FIELDS_BYTES_AHEAD + bytes * 81,
    `${long} long records`,
  );
});

test("records that are too long lose their fields where they are a request's, else they are left out", () => {
  const length = 100_000;
  const { host, open, dropped } = under(chatty(length));
  const connection = open();
  for (let count = 0; count < 30; count++) {
    connection.fromClient("2\n");
    host.pump();
  }
  const { records } = connection;
  const whole = records.filter(({ fields }) => fields["long"]?.length === length);
  const bytes = whole.length * length;
  assert.ok(bytes > FIELDS_BYTES_BURST / 2 && bytes <= FIELDS_BYTES_BURST + FIELDS_BYTES_AHEAD + 30 * 100, `${bytes}`);
  const cut = records.filter(({ fields }) => fields["status"] !== undefined);
  assert.equal(
    cut[0]?.fields["status"],
    "the extension logs more than is written: the fields of this record were left out",
  );
  assert.equal(cut.filter(({ verdict }) => verdict === "Forwarded").length, cut.length);
  assert.equal(records.filter(({ fields }) => fields["left"] === "1").length + cut.length, 30);
  assert.equal(records.length + (dropped() ?? 0), 60);
});

test("an end with more to tell than anybody reads is told in short", () => {
  const extension = defineExtension({
    name: "chatty",
    version: "1.0.0",
    fields: { line: { prefix: true } },
    create: (connection) => ({
      onData: () => connection.fail(1, "r".repeat(2_000), { long: "x".repeat(20_000) }),
    }),
  });
  const { host, open } = under(extension);
  const connection = open();
  connection.fromClient("1\n");
  host.pump();
  assert.deepEqual(connection.records.at(-1)?.fields, { status: "r".repeat(1_024) });
});

type Operation = { readonly log: number } | { readonly verdict: number } | "insert" | "nop";

function bytesOf(operation: Operation, place: number): Buffer {
  if (operation === "nop") return u8(8);
  const block = (text: string): Buffer => Buffer.concat([u32(text.length), Buffer.from(text)]);
  if (operation === "insert") return Buffer.concat([u8(4), u8(1), block(`i${place}`)]);
  if ("verdict" in operation) return Buffer.concat([u8(1 + (place % 2)), u64(operation.verdict)]);
  const fields = block(JSON.stringify({ place: `${place}`, x: "x".repeat(operation.log) }));
  return Buffer.concat([u8(5), u8(0), u8(1), u32(7), u32(9), fields]);
}

/** As lines, without what numbers them. */
function readable(operations: Buffer): readonly string[] {
  return linesOf(Frame.Decided, 1, Buffer.concat([u8(0), u64(0), operations])).slice(1);
}

test("nothing but records is taken out, never a verdict's, and what stays is as it was", () => {
  const operation = fc.oneof(
    fc.record({ log: fc.oneof(fc.nat(40), fc.nat(70_000)) }),
    fc.record({ verdict: fc.integer({ min: 1, max: 300 }) }),
    fc.constantFrom("insert" as const, "nop" as const),
  );
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), fc.nat(12), fc.nat(150_000), (operations, records, bytes) => {
      const whole = Buffer.concat(operations.map(bytesOf));
      const before = readable(whole);
      const budget = new RecordBudget(0);
      budget.take(RECORDS_BURST - records, FIELDS_BYTES_BURST - bytes, 0);
      const account = new RecordAccount();
      account.keep(2, 1_000);
      const logs = before.filter((line) => / LOG /.test(line));
      const logged = {
        logs: logs.length,
        logBytes: logs.reduce((sum, line) => sum + line.length, 0),
        verdicts: before.filter((line) => / (PASS|DROP) /.test(line)).length,
        decidedBytes: 0,
      };
      const { operations: thinned, dropped } = thinRecords(whole, logged, account, budget, 0);
      const after = readable(thinned);
      assert.equal(after.length, before.length - dropped);
      const ofVerdict = (at: number): boolean => {
        const rest = before.slice(at + 1);
        const next = rest.findIndex((line) => / (PASS|DROP|LOG) /.test(line));
        return next >= 0 && !/ LOG /.test(rest[next] as string);
      };
      let at = 0;
      for (const [place, line] of before.entries()) {
        const isCut = after[at]?.includes("the fields of this record were left out") ?? false;
        if (after[at] === line) at++;
        else if (ofVerdict(place)) {
          assert.ok(isCut, `${line} is gone`);
          at++;
        } else assert.match(line, / LOG /);
      }
      assert.equal(at, after.length);
      assert.ok(logged.logs - dropped <= logged.verdicts + 2 + records);
    }),
  );
});
