import { CIDR_SOURCE, cidrLabel } from "../../labels/cidr-label.ts";
import type { IpPrefix } from "../../lib/ip/prefix.ts";
import { endpointSelector, reservedSelector } from "../endpoint-selector.ts";
import type { CidrRule, EndpointSelector } from "../rule.ts";
import { bounded } from "./bounded.ts";
import type { Check } from "./check.ts";
import { readCidr } from "./cidr.ts";
import { asList, asMap, join, readMembers } from "./members.ts";
import { type ListNode, type MapEntry, type Position, quote, type SourceNode } from "./source-node.ts";

/** The entries of `fromCIDR` or `toCIDR`. */
export function readCidrs(list: ListNode, at: Position, path: string, check: Check): CidrRule[] {
  return readEach(list, at, path, check, (item, itemPath) => {
    const cidr = readCidr(item, itemPath, false, check);
    return cidr === undefined ? undefined : { cidr, except: [] };
  });
}

/** The entries of `fromCIDRSet` or `toCIDRSet`. */
export function readCidrSet(list: ListNode, at: Position, path: string, check: Check): CidrRule[] {
  return readEach(list, at, path, check, (item, itemPath) => readCidrRule(item, itemPath, check));
}

/** What stands for the addresses of the networks: the labels that they, and only they, carry. */
export function cidrSelectors(cidrs: readonly CidrRule[]): EndpointSelector[] {
  return cidrs.flatMap(({ cidr, except }) => {
    const excepted = except.map((network) => {
      return { source: CIDR_SOURCE, key: cidrLabel(network).key, operator: "DoesNotExist" as const, values: [] };
    });
    const selector = endpointSelector([cidrLabel(cidr)], excepted);
    // Addresses that no policy names have no label of a network, but all of them are in a whole family.
    return cidr.length === 0 && except.length === 0 ? [selector, reservedSelector("world")] : [selector];
  });
}

function readEach(
  list: ListNode,
  at: Position,
  path: string,
  check: Check,
  read: (item: SourceNode, itemPath: string) => CidrRule | undefined,
): CidrRule[] {
  const { findings, limits } = check;
  const cidrs: CidrRule[] = [];
  const items = bounded(
    list.items,
    limits.cidrsMax,
    "networks in one list",
    at,
    path,
    findings,
    "split the list, or name wider networks",
  );
  for (const [index, item] of items.entries()) {
    const cidr = read(item, `${path}[${index}]`);
    if (cidr !== undefined) cidrs.push(cidr);
  }
  const lengths = new Set(cidrs.map(({ cidr }) => cidr.length));
  if (lengths.size > limits.prefixLengthsMax) {
    const message = `networks of ${lengths.size} different lengths in one item, more than the limit of ${limits.prefixLengthsMax}`;
    findings.error(at, path, message, "write several items");
  }
  return cidrs;
}

function readCidrRule(node: SourceNode, path: string, check: Check): CidrRule | undefined {
  const { findings } = check;
  const map = asMap(node, path, "an item of a list of networks", findings, "write `{cidr: 10.0.0.0/8, except: […]}`");
  if (map === undefined) return undefined;
  const members = readMembers(map, "cidrRule", path, findings);
  const entry = members.get("cidr");
  if (entry === undefined) findings.error(map.at, path, "`cidr` is missing", "write `{cidr: 10.0.0.0/8, except: […]}`");
  const cidr = entry === undefined ? undefined : readCidr(entry.value, join(path, "cidr"), true, check);
  const exceptEntry = members.get("except");
  const except = exceptEntry === undefined ? [] : readExcept(exceptEntry, join(path, "except"), cidr, check);
  return cidr === undefined ? undefined : { cidr, except };
}

function readExcept(entry: MapEntry, path: string, cidr: IpPrefix | undefined, check: Check): IpPrefix[] {
  const { findings, limits } = check;
  const hint = entry.value.kind === "null" ? "remove it to except nothing" : "write `[]` around them";
  const list = asList(entry.value, path, "`except`", findings, hint);
  const items = bounded(
    list?.items ?? [],
    limits.exceptsMax,
    "exceptions of one network",
    entry.keyAt,
    path,
    findings,
    "except wider networks, or list those that are meant",
  );
  const excepted: IpPrefix[] = [];
  for (const [index, item] of items.entries()) {
    const itemPath = `${path}[${index}]`;
    const network = readCidr(item, itemPath, true, check);
    if (network === undefined) continue;
    if (cidr !== undefined && (network.length < cidr.length || !cidr.contains(network.address))) {
      const message = `${quote(network.toString())} is not inside ${quote(cidr.toString())}`;
      findings.error(item.at, itemPath, message, "except only what `cidr` names");
    } else if (cidr !== undefined && network.length === cidr.length) {
      findings.warn(item.at, itemPath, `all of ${quote(cidr.toString())} is excepted: nobody is left`, "remove one");
    }
    excepted.push(network);
  }
  return excepted;
}
