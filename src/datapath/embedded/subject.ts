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
  readonly source: Peer;
  readonly destination: Peer;
  /** The side that is not the endpoint whose policy applies. */
  readonly remote: NumericIdentity;
}

const NO_CONFIG: Readonly<Record<string, string>> = Object.freeze({});

/**
 * Finds out who the two sides of an accepted connection are.
 *
 * @returns A reason instead, where the endpoint is unknown, or where an egress connection comes from somebody else: its
 * listener speaks for one endpoint, and whoever else used it would get that endpoint's rights.
 */
export function identify(
  id: number,
  socket: Socket,
  redirect: Redirect,
  identities: IdentityLookup,
): { readonly subject: Subject; readonly refusal?: string } | { readonly subject?: never; readonly refusal: string } {
  const address = remoteAddress(socket);
  // The client has gone already.
  if (address === undefined) return { refusal: "the client's address is not known" };
  const local = identities.ofEndpoint(redirect.endpoint);
  const client = identities.ofAddress(address);
  const server = redirect.direction === "ingress" && local ? local : identities.ofAddress(redirect.upstream.address);
  const subject: Subject = {
    id,
    redirect,
    source: peer(client, address, socket.remotePort ?? 0),
    destination: peer(server, redirect.upstream.address, redirect.upstream.port),
    remote: redirect.direction === "ingress" ? client.identity : server.identity,
  };
  if (local === undefined) return { subject, refusal: `there is no endpoint "${redirect.endpoint}"` };
  if (redirect.direction === "egress" && client.endpoint !== redirect.endpoint) {
    return { subject, refusal: `${address} is no address of the endpoint "${redirect.endpoint}"` };
  }
  return { subject };
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

function remoteAddress(socket: Socket): IpAddress | undefined {
  // Link-local addresses come with the name of an interface behind a `%`.
  const text = socket.remoteAddress?.split("%", 1)[0];
  return text === undefined ? undefined : parseAddress(text);
}

function peer(who: PeerIdentity, address: IpAddress, port: number): Peer {
  return {
    identity: who.identity,
    labels: who.labels,
    address: formatSocketAddress(address, port),
    ...(who.endpoint !== undefined && { endpoint: who.endpoint }),
  };
}
