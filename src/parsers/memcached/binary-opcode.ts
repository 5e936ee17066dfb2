import type { Command } from "./command.ts";
import { type Needs, needs } from "./request.ts";

/** What the body of a request of an opcode holds: lengths that memcached accepts, and nothing besides. */
export interface Opcode {
  readonly needs: Needs;
  /** Lengths of the extras. */
  readonly extras: readonly number[];
  /** Whether there is a key, and whether policy sees it (a statistics group and a SASL mechanism are no keys). */
  readonly key: "none" | "required" | "optional-group" | "mechanism";
  readonly value: boolean;
  /** No response for its normal outcome. */
  readonly quiet: boolean;
  /** A quiet read: its normal outcome is a miss, so a denial looks like one. */
  readonly quietRead: boolean;
  /** memcached does not know it, and takes the wrong number of bytes for its body: never forwarded, answered here. */
  readonly unimplemented: boolean;
  /** Ends the connection. */
  readonly quits: boolean;
}

const BODILESS: Omit<Opcode, "needs"> = {
  extras: [0],
  key: "none",
  value: false,
  quiet: false,
  quietRead: false,
  unimplemented: false,
  quits: false,
};

const OPCODES: (Opcode | undefined)[] = new Array(256);

function define(opcode: number, command: Command, form: Partial<Opcode> = {}): void {
  OPCODES[opcode] = { ...BODILESS, needs: needs([command]), ...form };
}

function defineBoth(opcode: number, quietOpcode: number, command: Command, form: Partial<Opcode>): void {
  define(opcode, command, form);
  define(quietOpcode, command, { ...form, quiet: true });
}

function defineRead(opcode: number, quietOpcode: number, command: Command, form: Partial<Opcode>): void {
  define(opcode, command, form);
  define(quietOpcode, command, { ...form, quiet: true, quietRead: true });
}

export const NOOP = 0x0a;
export const VERSION = 0x0b;
export const STAT = 0x10;

const KEY: Partial<Opcode> = { key: "required" };
const STORAGE: Partial<Opcode> = { key: "required", extras: [8], value: true };
const APPENDING: Partial<Opcode> = { key: "required", value: true };
const ARITHMETIC: Partial<Opcode> = { key: "required", extras: [20] };
const TOUCHING: Partial<Opcode> = { key: "required", extras: [4] };

defineRead(0x00, 0x09, "get", KEY);
defineRead(0x0c, 0x0d, "get", KEY);
defineRead(0x1d, 0x1e, "gat", TOUCHING);
defineRead(0x23, 0x24, "gat", TOUCHING);
define(0x1c, "touch", TOUCHING);
defineBoth(0x01, 0x11, "set", STORAGE);
defineBoth(0x02, 0x12, "add", STORAGE);
defineBoth(0x03, 0x13, "replace", STORAGE);
defineBoth(0x04, 0x14, "delete", KEY);
defineBoth(0x05, 0x15, "incr", ARITHMETIC);
defineBoth(0x06, 0x16, "decr", ARITHMETIC);
defineBoth(0x0e, 0x19, "append", APPENDING);
defineBoth(0x0f, 0x1a, "prepend", APPENDING);
defineBoth(0x07, 0x17, "quit", { quits: true });
defineBoth(0x08, 0x18, "flush_all", { extras: [0, 4] });
define(NOOP, "noop");
define(VERSION, "version");
define(STAT, "stats", { key: "optional-group" });
define(0x20, "sasl-list-mechs");
define(0x21, "sasl-auth", { key: "mechanism", value: true });
define(0x22, "sasl-step", { key: "mechanism", value: true });

/** Opcodes that the protocol has and memcached has not. */
const UNIMPLEMENTED: readonly (readonly [first: number, ...commands: Command[]])[] = [
  [0x1b, "verbosity"],
  [0x30, "rget"],
  [0x31, "rset", "rset", "rappend", "rappend", "rprepend", "rprepend"],
  [0x37, "rdelete", "rdelete", "rincr", "rincr", "rdecr", "rdecr"],
  [0x3d, "set-vbucket", "get-vbucket", "del-vbucket"],
  [0x40, "tap-connect", "tap-mutation", "tap-delete", "tap-flush", "tap-opaque", "tap-vbucket-set"],
  [0x46, "tap-checkpoint-start", "tap-checkpoint-end"],
];
for (const [first, ...commands] of UNIMPLEMENTED) {
  commands.forEach((command, index) => {
    define(first + index, command, { unimplemented: true, key: command.startsWith("r") ? "required" : "none" });
  });
}

/** undefined: no such opcode. */
export function opcodeOf(opcode: number): Opcode | undefined {
  return OPCODES[opcode];
}
