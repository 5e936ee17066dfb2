// Every field of every write, wrong in every way that we know of, against a real server: what the data block holds must not
// run, and what the server takes for one request must be one for us.
import assert from "node:assert/strict";
import { it, type TestContext } from "node:test";
import { memcachedOrSkip } from "../support/memcached.ts";
import { FLAGS_AND_EXPIRY, packet } from "./binary-packet.ts";
import { RULES } from "./generated-request.ts";
import { MarkedServer } from "./marked-server.ts";
import { throughParser } from "./real-exchange.ts";
import {
  LENGTHS,
  META_FLAGS,
  metaWriteLine,
  NUMBERS,
  OWN_KEY_FORMS,
  TAILS,
  WRITE_VERBS,
  type WriteFields,
  writeLine,
} from "./wrong-fields.ts";

const FIELDS = [OWN_KEY_FORMS, NUMBERS, NUMBERS, LENGTHS, TAILS] as const;

/** One field at a time takes all its values, the others their right one. */
function* textWrites(): Generator<string> {
  for (const verb of WRITE_VERBS) {
    for (const [place, values] of FIELDS.entries()) {
      for (const value of values) {
        const fields = [verb, ...FIELDS.map((field) => field[0] as string)] as WriteFields;
        fields[place + 1] = value;
        yield writeLine(...fields);
      }
    }
  }
}

function* metaWrites(): Generator<string> {
  const [key, length] = [OWN_KEY_FORMS[0] as string, LENGTHS[0] as string];
  for (const form of OWN_KEY_FORMS) yield metaWriteLine(form, length, [], "");
  for (const form of LENGTHS) yield metaWriteLine(key, form, [], "");
  for (const tail of TAILS) yield metaWriteLine(key, length, [], tail);
  for (const flag of META_FLAGS) {
    for (const other of [[], ["q"], ["MA", "N0"], [flag]]) yield metaWriteLine(key, length, [flag, ...other], "");
  }
  yield metaWriteLine(key, length, "bkqcIOPLTFCMNSvtfhlsu".split(""), "");
}

function* binaryRequests(): Generator<string> {
  const smuggled = packet(0x04, { key: "no-1" }) + packet(0x0a);
  // memcached skips the body of an opcode that it does not know once more: up to the value of the next request.
  const set = { extras: FLAGS_AND_EXPIRY, key: "ok-1", value: smuggled };
  yield packet(0x30, { key: `ok-${"k".repeat(33)}` }) + packet(0x01, set);
  for (let opcode = 0; opcode <= 0x48; opcode++) {
    for (const extras of [0, 4, 8, 20, 21]) {
      for (const key of ["", "ok-1", `ok-${"k".repeat(248)}`]) {
        for (const value of ["", smuggled]) {
          const parts = { extras: "\0".repeat(extras), key, value };
          yield packet(opcode, parts);
          // Lengths that lie: the rest of the packet would be the next one.
          yield packet(opcode, { ...parts, bodyLength: extras });
          yield packet(opcode, { ...parts, bodyLength: extras + key.length });
        }
      }
    }
  }
}

const STREAMS: readonly (readonly [string, string, () => Generator<string>])[] = [
  ["classic writes", "get ok-none\r\n", textWrites],
  ["meta writes", "get ok-none\r\n", metaWrites],
  ["binary requests", packet(0x0a), binaryRequests],
];

async function check(t: TestContext, first: string, streams: Iterable<string>): Promise<void> {
  const server = await memcachedOrSkip(t);
  if (server === undefined) return;
  const marked = await MarkedServer.open(t, server);
  const rules = [...RULES, { command: "stats" }, { command: "sasl-auth" }, { command: "rget" }];
  const before = await marked.reset();
  for (const stream of streams) {
    await throughParser(server.port, rules, [Buffer.from(first + stream, "latin1")], undefined);
    assert.equal(await marked.markers(), before, JSON.stringify(stream));
  }
}

for (const [name, first, streams] of STREAMS) {
  it(`${name} with wrong fields touch no marker`, (t) => check(t, first, streams()));
}
