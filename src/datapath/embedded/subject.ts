import type { Socket } from "node:net";
import type { NumericIdentity } from "../../api/identity.ts";
import { formatSocketAddress, type IpAddress, parseAddress } from "../../lib/ip/address.ts";
import type { ConnectionInfo, Peer } from "../../proxylib/connection.ts";
import type { IdentityLookup, PeerIdentity } from "./identity-lookup.ts";
import type { Redirect } from "./redirect.ts";

/** Who wants to talk to whom through which redirect: all that policy needs, known before a byte is read. */
export interface Subject {
  readonly id: number;
  readonly redirect: Redirect;
  readonly client: ClientAddress;
  readonly source: Peer;
  readonly destination: Peer;
  /** The side that is not the endpoint whose policy applies. */
  readonly remote: NumericIdentity;
}

/** Where the connection comes from: it stays, whoever the address stands for. */
export interface ClientAddress {
  readonly address: IpAddress;
  readonly port: number;
}

const NO_CONFIG: Readonly<Record<string, string>> = Object.freeze({});

/** Where an accepted connection comes from; undefined: its client has gone already. */
export function clientOf(socket: Socket): ClientAddress | undefined {
  // Link-local addresses come with the name of an interface behind a `%`.
  const text = socket.remoteAddress?.split("%", 1)[0];
  const address = text === undefined ? undefined : parseAddress(text);
  return address === undefined ? undefined : { address, port: socket.remotePort ?? 0 };
}

/**
 * Finds out who the two sides of a connection are now.
 *
 * @returns With a refusal where the endpoint is unknown, or where an egress connection comes from somebody else: its
 * listener speaks for one endpoint, and whoever else used it would get that endpoint's rights.
 */
export function identify(
  id: number,
  from: ClientAddress,
  redirect: Redirect,
  identities: IdentityLookup,
): { readonly subject: Subject; readonly refusal?: string } {
  const { address } = from;
  const local = identities.ofEndpoint(redirect.endpoint);
  const client = identities.ofAddress(address);
  const server = redirect.direction === "ingress" && local ? local : identities.ofAddress(redirect.upstream.address);
  const subject: Subject = {
    id,
    redirect,
    client: from,
    source: peer(client, address, from.port),
    destination: peer(server, redirect.upstream.address, redirect.upstream.port),
    remote: redirect.direction === "ingress" ? client.identity : server.identity,
  };
  if (local === undefined) return { subject, refusal: `there is no endpoint "${redirect.endpoint}"` };
  if (redirect.direction === "egress" && client.endpoint !== redirect.endpoint) {
    return { subject, refusal: `${address} is no address of the endpoint "${redirect.endpoint}"` };
  }
  return { subject };
}

/** Whether policy and records would take the two for the same. */
export function isSameSubject(one: Subject, other: Subject): boolean {
  return isSamePeer(one.source, other.source) && isSamePeer(one.destination, other.destination);
}

/** @param proto Name of the extension, or `tcp`. */
export function connectionInfo(
  subject: Subject,
  proto: string,
  config: Readonly<Record<string, string>> = NO_CONFIG,
): ConnectionInfo {
  return {
    id: subject.id,
    ingress: subject.redirect.direction === "ingress",
    source: subject.source,
    destination: subject.destination,
    policyName: subject.redirect.endpoint,
    port: subject.redirect.upstream.port,
    proto,
    config,
  };
}

function isSamePeer(one: Peer, other: Peer): boolean {
  return (
    one.identity === other.identity && one.endpoint === other.endpoint && one.labels.join() === other.labels.join()
  );
}

function peer(who: PeerIdentity, address: IpAddress, port: number): Peer {
  return {
    identity: who.identity,
    labels: who.labels,
    address: formatSocketAddress(address, port),
    ...(who.endpoint !== undefined && { endpoint: who.endpoint }),
  };
}
