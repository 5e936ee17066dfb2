import { IpPrefix } from "../lib/ip/prefix.ts";
import { type Label, RESERVED_SOURCE } from "./label.ts";
import { LabelSet } from "./label-set.ts";

/** Labels of networks. Only weir gives them. */
export const CIDR_SOURCE = "cidr";

/** `cidr:10.0.0.0/8`; the colons of IPv6 are written `-`, since a label's source ends with one. */
export function cidrLabel(prefix: IpPrefix): Label {
  return { source: CIDR_SOURCE, key: prefix.toString().replaceAll(":", "-"), value: "" };
}

/**
 * What the addresses of a network are labelled with: the network, every wider one around it, and `reserved:world`. So a
 * rule for a wider network selects them too.
 */
export function cidrLabels(prefix: IpPrefix): LabelSet {
  const labels: Label[] = [{ source: RESERVED_SOURCE, key: "world", value: "" }];
  for (let length = 0; length <= prefix.length; length++) labels.push(cidrLabel(new IpPrefix(prefix.address, length)));
  return new LabelSet(labels);
}
