import { block, json, u8, u32, u64 } from "../wire.ts";

/** One operation of DECIDED, and what it means for what its direction still may be shown. */
export interface Operation {
  readonly bytes: Buffer;
  /** Bytes that it decides. */
  readonly decides?: number;
  readonly takes?: boolean;
}

export const PASS = (count: number): Operation => ({ bytes: Buffer.concat([u8(1), u64(count)]), decides: count });
export const DROP = (count: number): Operation => ({ bytes: Buffer.concat([u8(2), u64(count)]), decides: count });
export const INJECT = (bytes: string | Buffer): Operation => ({ bytes: Buffer.concat([u8(3), block(bytes)]) });
export const INSERT = (direction: number, bytes: string | Buffer): Operation => ({
  bytes: Buffer.concat([u8(4), u8(direction), block(bytes)]),
});
/** A record that a request was passed on, by a rule. */
export const LOG = (rules = 0, decision = 0, fields: unknown = {}, type = 0, flags = 1): Operation => ({
  bytes: Buffer.concat([u8(5), u8(type), u8(flags), u32(rules), u32(decision), json(fields)]),
});
export const FAIL = (reason: string): Operation => ({
  bytes: Buffer.concat([u8(6), u8(1), u8(1), json({ reason, fields: {} })]),
});
export const MORE = (offset: number): Operation => ({ bytes: Buffer.concat([u8(7), u64(offset)]) });
export const NOP: Operation = { bytes: u8(8) };
export const WAIT: Operation = { bytes: u8(9) };
export const TAKEN: Operation = { bytes: u8(10), takes: true };
export const STATE = (state: string | Buffer): Operation => ({ bytes: Buffer.concat([u8(11), block(state)]) });
export const SAME: Operation = { bytes: u8(12) };
/** What no honest host says. */
export const RAW = (...parts: readonly Buffer[]): Operation => ({ bytes: Buffer.concat(parts) });
