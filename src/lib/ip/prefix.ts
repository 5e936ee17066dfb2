import { IpAddress, isMapped, parseAddressBytes } from "./address.ts";

const MAPPED_LENGTH = 96;

/** A network: an address whose host bits are zero, and the number of bits that count. */
export class IpPrefix {
  readonly address: IpAddress;
  /** Bits, 0–32 or 0–128. */
  readonly length: number;

  /** Host bits of `address` are cleared. Throws RangeError for a length beyond the family. */
  constructor(address: IpAddress, length: number) {
    if (!Number.isInteger(length) || length < 0 || length > address.bytes.length * 8) {
      throw new RangeError(`/${length} is no prefix length for ${address}`);
    }
    this.address = new IpAddress(maskBytes(address.bytes, length));
    this.length = length;
  }

  /** The prefix that holds this address alone. */
  static host(address: IpAddress): IpPrefix {
    return new IpPrefix(address, address.bytes.length * 8);
  }

  contains(address: IpAddress): boolean {
    return address.family === this.address.family && commonLength(this.address.bytes, address.bytes) >= this.length;
  }

  /** `10.0.0.0/8`. Equal prefixes have equal texts. */
  toString(): string {
    return `${this.address}/${this.length}`;
  }
}

/**
 * Reads `10.0.0.0/8`, `2001:db8::/32` or a bare address, which stands for itself alone. Host bits are cleared. A prefix
 * of mapped IPv4 addresses (`::ffff:10.0.0.0/104`) is the IPv4 prefix. Anything else: undefined.
 */
export function parsePrefix(text: string): IpPrefix | undefined {
  const slash = text.indexOf("/");
  const bytes = parseAddressBytes(slash < 0 ? text : text.slice(0, slash));
  if (!bytes) return undefined;
  const lengthText = slash < 0 ? String(bytes.length * 8) : text.slice(slash + 1);
  if (!/^(0|[1-9]\d{0,2})$/.test(lengthText) || Number(lengthText) > bytes.length * 8) return undefined;
  const length = Number(lengthText);
  // Shorter prefixes than /96 clear a bit of the mapping, so what is left is plain IPv6.
  const mapped = isMapped(bytes) && length >= MAPPED_LENGTH;
  return new IpPrefix(new IpAddress(maskBytes(bytes, length)), mapped ? length - MAPPED_LENGTH : length);
}

/** How many leading bits two addresses of one family share. */
export function commonLength(left: Uint8Array, right: Uint8Array): number {
  for (let index = 0; index < left.length; index++) {
    const difference = (left[index] as number) ^ (right[index] as number);
    if (difference !== 0) return index * 8 + Math.clz32(difference) - 24;
  }
  return left.length * 8;
}

function maskBytes(bytes: Uint8Array, length: number): Uint8Array {
  return bytes.map((byte, index) => byte & (0xff00 >> Math.min(Math.max(length - index * 8, 0), 8)));
}
