import { Reader } from "../wire.ts";

/** What HELLO says. */
export interface Hello {
  readonly undecided: number;
  readonly injected: number;
  /** Bytes of frames. */
  readonly credit: number;
}

export interface Side {
  readonly address: string;
}

/** The connection, as OPEN tells of it. */
export interface OpenInfo {
  readonly id: number;
  readonly source: Side;
  readonly destination: Side;
  readonly port: number;
  readonly proto: string;
}

export interface Open {
  readonly observed: boolean;
  readonly rules: number;
  readonly decided: readonly [number, number];
  /** undefined: it begins. */
  readonly state: Buffer | undefined;
  readonly info: OpenInfo;
}

export interface RuleText {
  readonly fields: Readonly<Record<string, string>>;
  readonly deny?: boolean;
  readonly decision: number;
}

/** A frame from an owner, as docs/internals/remote-parser-protocol.md has it. */
export type OwnerFrame =
  | { readonly type: "HELLO"; readonly hello: Hello }
  | { readonly type: "OPEN"; readonly open: Open }
  | { readonly type: "RULES"; readonly number: number; readonly extension: string; readonly rules: readonly RuleText[] }
  | { readonly type: "FORGET"; readonly number: number }
  | {
      readonly type: "DATA";
      readonly direction: 0 | 1;
      readonly end: boolean;
      readonly offset: number;
      readonly bytes: Buffer;
    }
  | { readonly type: "UPDATE"; readonly rules: number }
  | { readonly type: "CLOSE" }
  | { readonly type: "PING"; readonly number: number }
  | { readonly type: "CREDIT"; readonly bytes: number };

const STATE_BYTES_MAX = 65_536;

/** Throws where the document has no such frame. */
export function readOwnerFrame(type: number, connection: number, body: Buffer): OwnerFrame {
  const reader = new Reader(body);
  const frame = readFrame(type, reader);
  const isOfConnection = ["OPEN", "DATA", "UPDATE", "CLOSE"].includes(frame.type);
  if (isOfConnection !== connection > 0) throw new Error(`${frame.type} of connection ${connection}`);
  if (reader.left > 0) throw new Error(`${frame.type} has ${reader.left} bytes too many`);
  return frame;
}

function readFrame(type: number, reader: Reader): OwnerFrame {
  switch (type) {
    case 0x01:
      return { type: "HELLO", hello: readHello(reader) };
    case 0x02:
      return { type: "OPEN", open: readOpen(reader) };
    case 0x03:
      return readRules(reader);
    case 0x04:
      return { type: "FORGET", number: reader.u32() };
    case 0x05: {
      const direction = reader.u8();
      if (direction !== 0 && direction !== 1) throw new Error(`DATA of direction ${direction}`);
      const end = readFlags("DATA", reader, 1) === 1;
      return { type: "DATA", direction, end, offset: reader.u64(), bytes: reader.take(reader.left) };
    }
    case 0x06: {
      readFlags("UPDATE", reader, 1);
      const rules = reader.u32();
      const { source, destination } = readObject("UPDATE", reader);
      readSide("UPDATE", source);
      readSide("UPDATE", destination);
      return { type: "UPDATE", rules };
    }
    case 0x07:
      return { type: "CLOSE" };
    case 0x08:
      return { type: "PING", number: reader.u32() };
    case 0x09:
      return { type: "CREDIT", bytes: reader.u32() };
    default:
      throw new Error(`an owner sends no frame 0x${type.toString(16)}`);
  }
}

function readHello(reader: Reader): Hello {
  const magic = reader.u32();
  if (magic !== 0x57454952) throw new Error(`HELLO with the magic 0x${magic.toString(16)}`);
  const version = reader.u16();
  if (version !== 1) throw new Error(`HELLO of version ${version}`);
  return { undecided: reader.u32(), injected: reader.u32(), credit: reader.u32() };
}

function readOpen(reader: Reader): Open {
  const flags = readFlags("OPEN", reader, 3);
  const rules = reader.u32();
  const decided = [reader.u64(), reader.u64()] as const;
  const state = (flags & 2) === 0 ? undefined : reader.block();
  if (state !== undefined && state.length > STATE_BYTES_MAX)
    throw new Error(`OPEN with a state of ${state.length} bytes`);
  return { observed: (flags & 1) === 1, rules, decided, state, info: readInfo(readObject("OPEN", reader)) };
}

function readInfo(info: Readonly<Record<string, unknown>>): OpenInfo {
  const { id, ingress, source, destination, policyName, port, proto, config } = info;
  if (!Number.isSafeInteger(id)) throw new Error("OPEN: `id` is no number");
  if (typeof ingress !== "boolean") throw new Error("OPEN: `ingress` is no boolean");
  if (typeof policyName !== "string" || typeof proto !== "string") throw new Error("OPEN: a name is no text");
  if (!Number.isSafeInteger(port)) throw new Error("OPEN: `port` is no number");
  if (typeof config !== "object" || config === null) throw new Error("OPEN: `config` is no object");
  const sides = { source: readSide("OPEN", source), destination: readSide("OPEN", destination) };
  return { id: id as number, ...sides, port: port as number, proto };
}

function readSide(where: string, value: unknown): Side {
  const { identity, labels, address } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (!Number.isSafeInteger(identity) || !Array.isArray(labels) || typeof address !== "string") {
    throw new Error(`${where}: ${JSON.stringify(value)} has no identity, labels and address`);
  }
  return { address };
}

function readRules(reader: Reader): OwnerFrame {
  const number = reader.u32();
  if (number === 0) throw new Error("RULES with the number 0");
  const { extension, matcher } = readObject("RULES", reader);
  const { kind, rules } = (matcher ?? {}) as { readonly kind?: unknown; readonly rules?: unknown };
  // The rules that the owner was given are of this kind.
  if (typeof extension !== "string" || kind !== "rules" || !Array.isArray(rules)) {
    throw new Error(`RULES are ${JSON.stringify(matcher)}`);
  }
  return { type: "RULES", number, extension, rules };
}

function readFlags(where: string, reader: Reader, known: number): number {
  const flags = reader.u8();
  if ((flags & ~known) !== 0) throw new Error(`${where} with the flags 0x${flags.toString(16)}`);
  return flags;
}

function readObject(where: string, reader: Reader): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(reader.text());
  if (typeof value !== "object" || value === null) throw new Error(`${where} has no object`);
  return value as Readonly<Record<string, unknown>>;
}
