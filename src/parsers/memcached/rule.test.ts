import assert from "node:assert/strict";
import { it } from "node:test";
import { opcodeOf } from "./binary-opcode.ts";
import { COMMAND_GROUPS, KEYED_COMMANDS, KEYLESS_COMMANDS } from "./command.ts";
import { META_VERBS } from "./meta-command.ts";
import { TEXT_VERBS } from "./text-command.ts";

const NAMES = new Set<string>([...KEYED_COMMANDS, ...KEYLESS_COMMANDS]);
const opcodes = Array.from({ length: 256 }, (_, opcode) => opcode);

it("every opcode has the name of the protocol's table", () => {
  const table: Readonly<Record<string, readonly number[]>> = {
    get: [0x00, 0x09, 0x0c, 0x0d],
    gat: [0x1d, 0x1e, 0x23, 0x24],
    set: [0x01, 0x11],
    add: [0x02, 0x12],
    replace: [0x03, 0x13],
    append: [0x0e, 0x19],
    prepend: [0x0f, 0x1a],
    incr: [0x05, 0x15],
    decr: [0x06, 0x16],
    delete: [0x04, 0x14],
    touch: [0x1c],
    stats: [0x10],
    flush_all: [0x08, 0x18],
    version: [0x0b],
    quit: [0x07, 0x17],
    noop: [0x0a],
    verbosity: [0x1b],
    "sasl-list-mechs": [0x20],
    "sasl-auth": [0x21],
    "sasl-step": [0x22],
    rget: [0x30],
    rset: [0x31, 0x32],
    rappend: [0x33, 0x34],
    rprepend: [0x35, 0x36],
    rdelete: [0x37, 0x38],
    rincr: [0x39, 0x3a],
    rdecr: [0x3b, 0x3c],
    "set-vbucket": [0x3d],
    "get-vbucket": [0x3e],
    "del-vbucket": [0x3f],
    "tap-connect": [0x40],
    "tap-mutation": [0x41],
    "tap-delete": [0x42],
    "tap-flush": [0x43],
    "tap-opaque": [0x44],
    "tap-vbucket-set": [0x45],
    "tap-checkpoint-start": [0x46],
    "tap-checkpoint-end": [0x47],
  };
  const named = opcodes.filter((opcode) => opcodeOf(opcode) !== undefined);
  const expected = new Map(Object.entries(table).flatMap(([name, list]) => list.map((opcode) => [opcode, name])));
  assert.deepEqual(
    named.map((opcode) => [opcode, opcodeOf(opcode)?.needs.only]),
    [...expected].sort(([a], [b]) => Number(a) - Number(b)),
  );
});

it("quiet opcodes are the protocol's", () => {
  const quiet = opcodes.filter((opcode) => opcodeOf(opcode)?.quiet);
  const expected = [0x09, 0x0d, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1e, 0x24];
  assert.deepEqual(quiet, expected);
});

it("the groups are made of commands, and writes are whole", () => {
  for (const members of Object.values(COMMAND_GROUPS)) for (const name of members) assert.ok(NAMES.has(name), name);
  const write = new Set<string>(COMMAND_GROUPS["writeGroup"]);
  for (const opcode of [
    0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0e, 0x0f, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x19, 0x1a, 0x1c,
  ]) {
    assert.ok(write.has(opcodeOf(opcode)?.needs.only ?? ""), `0x${opcode.toString(16)}`);
  }
});

it("every verb stands once", () => {
  const verbs = [...TEXT_VERBS, ...META_VERBS].map((verb) => verb.name);
  assert.equal(new Set(verbs).size, verbs.length);
});
