/** Parts of a packet, as latin1. What is given twice (lengths) may lie. */
export interface PacketParts {
  readonly extras?: string;
  readonly key?: string;
  readonly value?: string;
  readonly opaque?: number;
  readonly dataType?: number;
  readonly status?: number;
  readonly cas?: number;
  readonly bodyLength?: number;
}

/** Extras of set, add and replace: no flags, no expiry. */
export const FLAGS_AND_EXPIRY: string = "\0".repeat(8);
/** Extras of touch, gat and flush_all. */
export const EXPIRY: string = "\0".repeat(4);

function build(magic: number, opcode: number, parts: PacketParts): string {
  const { extras = "", key = "", value = "" } = parts;
  const header = Buffer.alloc(24);
  header[0] = magic;
  header[1] = opcode;
  header.writeUInt16BE(key.length, 2);
  header[4] = extras.length;
  header[5] = parts.dataType ?? 0;
  header.writeUInt16BE(parts.status ?? 0, 6);
  header.writeUInt32BE(parts.bodyLength ?? extras.length + key.length + value.length, 8);
  header.writeUInt32BE(parts.opaque ?? 0, 12);
  header.writeUInt32BE(parts.cas ?? 0, 20);
  return header.toString("latin1") + extras + key + value;
}

/** A request, as latin1. */
export function packet(opcode: number, parts: PacketParts = {}): string {
  return build(0x80, opcode, parts);
}

/** A response, as latin1. */
export function response(opcode: number, parts: PacketParts = {}): string {
  return build(0x81, opcode, parts);
}
