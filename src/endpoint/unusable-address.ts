import type { IpAddress } from "../lib/ip/address.ts";

/** Why an address cannot stand for one workload; undefined: it can. */
export function unusableAddress(address: IpAddress): string | undefined {
  const text = address.toString();
  if (text === "127.0.0.1" || text === "::1") {
    return "it is the machine itself (reserved:host); take another one of 127.0.0.0/8";
  }
  if (isUnspecified(address)) return "it is no address of anybody";
  return undefined;
}

export function isUnspecified(address: IpAddress): boolean {
  return address.bytes.every((byte) => byte === 0);
}
