import { isMapped, parseAddress, parseAddressBytes } from "../../lib/ip/address.ts";
import { type IpPrefix, parsePrefix } from "../../lib/ip/prefix.ts";
import type { Check } from "./check.ts";
import { asText } from "./members.ts";
import { quote, type SourceNode } from "./source-node.ts";

/** Shorter prefixes of `::ffff:0:0` are not all IPv4. */
const MAPPED_LENGTH = 96;

/**
 * Reads one network. Host bits are cleared, as in Cilium, and told. undefined: an error was told.
 *
 * @param needsLength `/length` must be written; else a bare address stands for itself alone.
 */
export function readCidr(node: SourceNode, path: string, needsLength: boolean, check: Check): IpPrefix | undefined {
  const { findings } = check;
  const text = asText(node, path, "a network", findings, "write it as 10.0.0.0/8 or 2001:db8::/32");
  if (text === undefined) return undefined;
  const slash = text.indexOf("/");
  const addressText = slash < 0 ? text : text.slice(0, slash);
  const address = parseAddress(addressText);
  const prefix = parsePrefix(text);
  if (address === undefined || prefix === undefined) {
    findings.error(node.at, path, `${quote(text)} is not a network`, hintFor(addressText, address !== undefined));
    return undefined;
  }
  if (slash < 0 && needsLength) {
    findings.error(node.at, path, `${quote(text)} has no length`, `write ${quote(prefix.toString())}`);
    return undefined;
  }
  const bytes = parseAddressBytes(addressText);
  if (bytes !== undefined && isMapped(bytes) && prefix.address.family === 6) {
    const message = `${quote(text)} is not a network of IPv4 addresses, although it begins like one`;
    findings.error(node.at, path, message, `give at least /${MAPPED_LENGTH}, or write the IPv4 network`);
    return undefined;
  }
  if (!prefix.address.equals(address)) {
    const alone = `${address}/${address.bytes.length * 8}`;
    const message = `${quote(text)} has bits set behind its length: ${quote(prefix.toString())} is enforced`;
    findings.warn(node.at, path, message, `write that, or ${quote(alone)} for the one address`);
  }
  return prefix;
}

function hintFor(addressText: string, isAddress: boolean): string {
  if (isAddress && addressText.includes(":")) return "the length is a decimal number from 0 to 128";
  if (isAddress) return "the length is a decimal number from 0 to 32, not a mask";
  return "write an address and a length, for example 10.0.0.0/8 or 2001:db8::/32";
}
