import { RESERVED_SOURCE } from "../labels/label.ts";
import type { LabelSet } from "../labels/label-set.ts";
import type { IpAddress } from "../lib/ip/address.ts";

/** An endpoint as it is configured. */
export interface EndpointSpec {
  readonly name: string;
  /** No two endpoints share one. */
  readonly addresses: readonly IpAddress[];
  /** None: the endpoint is `reserved:init`, whose policy is always enforced. */
  readonly labels: LabelSet;
}

/** All that is wrong with endpoints that are to be added to those which are there. */
export function specProblems(specs: readonly EndpointSpec[], present: Iterable<EndpointSpec>): readonly string[] {
  const problems: string[] = [];
  const names = new Set<string>();
  const owners = new Map<string, string>();
  const take = ({ name, addresses }: EndpointSpec): void => {
    names.add(name);
    for (const address of addresses) owners.set(address.toString(), name);
  };
  for (const spec of present) take(spec);
  for (const spec of specs) {
    const where = `endpoint ${JSON.stringify(spec.name)}`;
    if (names.has(spec.name)) problems.push(`${where}: there is one of this name already`);
    if (spec.labels.hasSource(RESERVED_SOURCE))
      problems.push(`${where}: only weir gives labels of source \`reserved\``);
    for (const address of spec.addresses) {
      const owner = owners.get(address.toString());
      if (owner !== undefined) {
        problems.push(`${where}: ${address} is an address of endpoint ${JSON.stringify(owner)} already`);
      }
    }
    take(spec);
  }
  return problems;
}
