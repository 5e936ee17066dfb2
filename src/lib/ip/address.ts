const V4_BYTES = 4;
const V6_BYTES = 16;
const V6_GROUPS = 8;
/** The longest text of an address: `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255`. */
const TEXT_LENGTH_MAX = 45;
const PORT_MAX = 65_535;

/**
 * An IPv4 or IPv6 address. IPv4 addresses mapped into IPv6 (`::ffff:a.b.c.d`) become IPv4 when they are made, so that
 * one host has one form: a dual-stack socket must not see another peer than an IPv4 one.
 */
export class IpAddress {
  readonly family: 4 | 6;
  /** 4 or 16 bytes, network order. Read only. */
  readonly bytes: Uint8Array;

  /** @param bytes 4 or 16 bytes; they are copied. Throws RangeError for another length. */
  constructor(bytes: Uint8Array) {
    if (bytes.length !== V4_BYTES && bytes.length !== V6_BYTES) {
      throw new RangeError(`an IP address has 4 or 16 bytes, not ${bytes.length}`);
    }
    this.bytes = isMapped(bytes) ? bytes.slice(V6_BYTES - V4_BYTES) : bytes.slice();
    this.family = this.bytes.length === V4_BYTES ? 4 : 6;
  }

  equals(other: IpAddress): boolean {
    return this.family === other.family && this.bytes.every((byte, index) => byte === other.bytes[index]);
  }

  /** Dotted decimal, or the canonical text of RFC 5952. Equal addresses have equal texts. */
  toString(): string {
    return this.family === 4 ? this.bytes.join(".") : formatV6(this.bytes);
  }
}

/** Whether 16 bytes are an IPv4 address mapped into IPv6 (RFC 4291, section 2.5.5.2). */
export function isMapped(bytes: Uint8Array): boolean {
  if (bytes.length !== V6_BYTES || bytes[10] !== 0xff || bytes[11] !== 0xff) return false;
  for (let index = 0; index < 10; index++) {
    if (bytes[index] !== 0) return false;
  }
  return true;
}

/**
 * Reads `a.b.c.d` or an IPv6 address (RFC 4291, section 2.2). Octets with leading zeros, which some readers take as
 * octal, and zone ids (`%eth0`) are refused: undefined.
 */
export function parseAddress(text: string): IpAddress | undefined {
  const bytes = parseAddressBytes(text);
  return bytes && new IpAddress(bytes);
}

/** Like `parseAddress`, but mapped addresses stay 16 bytes. */
export function parseAddressBytes(text: string): Uint8Array | undefined {
  if (text.length > TEXT_LENGTH_MAX) return undefined;
  return text.includes(":") ? parseV6(text) : parseV4(text);
}

export interface SocketAddress {
  readonly address: IpAddress;
  /** 0–65535; 0 asks a listener for any free port. */
  readonly port: number;
}

/** Reads `a.b.c.d:port` or `[v6]:port`; anything else (names, no port, bare IPv6) is undefined. */
export function parseSocketAddress(text: string): SocketAddress | undefined {
  const colon = text.lastIndexOf(":");
  const portText = text.slice(colon + 1);
  if (colon < 0 || !/^(0|[1-9]\d{0,4})$/.test(portText)) return undefined;
  const port = Number(portText);
  const host = text.slice(0, colon);
  const bracketed = host.startsWith("[") && host.endsWith("]");
  const inner = bracketed ? host.slice(1, -1) : host;
  // Brackets are for IPv6 and only for it: `::1:80` could be read in two ways.
  if (port > PORT_MAX || bracketed !== inner.includes(":")) return undefined;
  const address = parseAddress(inner);
  return address && { address, port };
}

/** `a.b.c.d:port` or `[v6]:port`. */
export function formatSocketAddress(address: IpAddress, port: number): string {
  return address.family === 4 ? `${address}:${port}` : `[${address}]:${port}`;
}

function parseV4(text: string): Uint8Array | undefined {
  const octets = text.split(".");
  if (octets.length !== V4_BYTES) return undefined;
  const bytes = new Uint8Array(V4_BYTES);
  for (const [index, octet] of octets.entries()) {
    if (!/^(0|[1-9]\d{0,2})$/.test(octet) || Number(octet) > 255) return undefined;
    bytes[index] = Number(octet);
  }
  return bytes;
}

function parseV6(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] as string, halves.length === 1);
  const tail = parseGroups(halves[1] ?? "", true);
  if (!head || !tail) return undefined;
  const count = head.length + tail.length;
  // `::` stands for at least one group.
  if (halves.length === 2 ? count >= V6_GROUPS : count !== V6_GROUPS) return undefined;
  const groups = [...head, ...new Array<number>(V6_GROUPS - count).fill(0), ...tail];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** @param endsAddress An IPv4 address may only stand for the last two groups. */
function parseGroups(text: string, endsAddress: boolean): number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (endsAddress && index === parts.length - 1 && part.includes(".")) {
      const v4 = parseV4(part);
      if (!v4) return undefined;
      const [a, b, c, d] = v4 as unknown as [number, number, number, number];
      groups.push((a << 8) | b, (c << 8) | d);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}

function formatV6(bytes: Uint8Array): string {
  const groups: number[] = [];
  for (let index = 0; index < V6_BYTES; index += 2) {
    groups.push(((bytes[index] as number) << 8) | (bytes[index + 1] as number));
  }
  const run = longestZeroRun(groups);
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(":");
  if (run.length < 2) return hex(groups);
  return `${hex(groups.slice(0, run.start))}::${hex(groups.slice(run.start + run.length))}`;
}

/** The first of the longest ones, as RFC 5952, section 4.2.3 asks. */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let index = 0; index <= groups.length; index++) {
    if (groups[index] === 0) continue;
    if (index - start > best.length) best = { start, length: index - start };
    start = index + 1;
  }
  return best;
}
