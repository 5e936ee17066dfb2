import type { NumericIdentity } from "../api/identity.ts";
import { WeirError } from "../lib/error.ts";
import type { IpAddress } from "../lib/ip/address.ts";
import { addTo } from "../lib/multimap.ts";
import type { Endpoint } from "./endpoint.ts";
import type { EndpointSpec } from "./endpoint-spec.ts";

/** As many as the kernel's endpoint map can hold. */
const ENDPOINTS_MAX = 65_535;

/** Which endpoints there are: by name, by address and by identity. A name or an address belongs to one of them. */
export class EndpointTable {
  private readonly byName = new Map<string, Endpoint>();
  /** Address → name of the endpoint that has it, or is about to. */
  private readonly owners = new Map<string, string>();
  /** Endpoints that have their identity, and stay. */
  private readonly byIdentity = new Map<NumericIdentity, Set<Endpoint>>();

  get(name: string): Endpoint | undefined {
    return this.byName.get(name);
  }

  all(): Iterable<Endpoint> {
    return this.byName.values();
  }

  /** Identities that endpoints have. */
  identities(): Iterable<NumericIdentity> {
    return this.byIdentity.keys();
  }

  of(identity: NumericIdentity): Iterable<Endpoint> {
    return this.byIdentity.get(identity) ?? [];
  }

  /** Takes names and addresses, all or none. Throws WEIR_ENDPOINT_CONFLICT, WEIR_LIMIT_EXCEEDED. */
  claim(specs: readonly EndpointSpec[]): void {
    const names = new Set<string>();
    const problems: string[] = [];
    for (const { name } of specs) {
      if (names.has(name) || this.byName.has(name)) {
        problems.push(`endpoint ${JSON.stringify(name)}: there is one of this name already`);
      }
      names.add(name);
    }
    const addresses = specs.flatMap((spec) => spec.addresses.map((address) => ({ name: spec.name, address })));
    problems.push(...this.addressProblems(addresses));
    if (problems.length > 0) throw new WeirError("WEIR_ENDPOINT_CONFLICT", problems.join("\n"));
    const count = this.byName.size + specs.length;
    if (count > ENDPOINTS_MAX) {
      throw new WeirError("WEIR_LIMIT_EXCEEDED", `${count} endpoints are too many: at most ${ENDPOINTS_MAX}`);
    }
    for (const { name, address } of addresses) this.owners.set(address.toString(), name);
  }

  /** Takes addresses for an endpoint that is there, all or none. Throws WEIR_ENDPOINT_CONFLICT. */
  claimAddresses(name: string, addresses: readonly IpAddress[]): void {
    const problems = this.addressProblems(addresses.map((address) => ({ name, address })));
    if (problems.length > 0) throw new WeirError("WEIR_ENDPOINT_CONFLICT", problems.join("\n"));
    for (const address of addresses) this.owners.set(address.toString(), name);
  }

  unclaimAddresses(addresses: readonly IpAddress[]): void {
    for (const address of addresses) this.owners.delete(address.toString());
  }

  add(endpoint: Endpoint): void {
    this.byName.set(endpoint.spec.name, endpoint);
  }

  /** Takes the endpoint away, and frees its name and addresses. */
  delete(endpoint: Endpoint): void {
    this.byName.delete(endpoint.spec.name);
    this.unclaimAddresses(endpoint.spec.addresses);
  }

  join(identity: NumericIdentity, endpoint: Endpoint): void {
    addTo(this.byIdentity, identity, endpoint);
  }

  /** Returns whether no endpoint has the identity any more. */
  leave(identity: NumericIdentity, endpoint: Endpoint): boolean {
    const group = this.byIdentity.get(identity);
    group?.delete(endpoint);
    if (group?.size !== 0) return false;
    return this.byIdentity.delete(identity);
  }

  private addressProblems(wanted: readonly { readonly name: string; readonly address: IpAddress }[]): string[] {
    const taken = new Map<string, string>();
    const problems: string[] = [];
    for (const { name, address } of wanted) {
      const text = address.toString();
      const owner = this.owners.get(text) ?? taken.get(text);
      if (owner !== undefined) {
        const whose = `${text} is an address of endpoint ${JSON.stringify(owner)} already`;
        problems.push(`endpoint ${JSON.stringify(name)}: ${whose}`);
      }
      taken.set(text, name);
    }
    return problems;
  }
}
