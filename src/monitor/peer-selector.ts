import { formatLabel, parseLabel } from "../labels/label.ts";
import { formatSocketAddress, type IpAddress, parseSocketAddress, type SocketAddress } from "../lib/ip/address.ts";
import { type IpPrefix, parsePrefix } from "../lib/ip/prefix.ts";

/** How a filter names one side of a connection. */
export type PeerSelector =
  | { readonly kind: "endpoint"; readonly name: string }
  /** A number, which may also be the name of an endpoint. */
  | { readonly kind: "identity"; readonly identity: number; readonly name: string }
  /** Without a source: a label of any source. `text` is the rest, `key=value`. */
  | { readonly kind: "label"; readonly source: string | undefined; readonly text: string }
  | { readonly kind: "network"; readonly prefix: IpPrefix }
  | { readonly kind: "socket"; readonly address: string };

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const LENGTH_MAX = 1_024;

/**
 * Reads, in this order: an address or a network (`10.0.0.7`, `10.0.0.0/8`), an address with a port (`10.0.0.7:443`,
 * `[::1]:443`), a numeric identity, a label (`app=web`, `k8s:app=web`, `reserved:world`), the name of an endpoint. The
 * error says what is wrong, without saying where.
 */
export function parsePeerSelector(text: string): PeerSelector | { readonly error: string } {
  if (text.length > LENGTH_MAX) return { error: `has more than ${LENGTH_MAX} characters` };
  const prefix = parsePrefix(text);
  if (prefix !== undefined) return { kind: "network", prefix };
  const socket = parseSocketAddress(text);
  if (socket !== undefined) return { kind: "socket", address: formatSocketAddress(socket.address, socket.port) };
  if (/^\d{1,10}$/.test(text)) return { kind: "identity", identity: Number(text), name: text };
  if (/[=:]|^\$/.test(text)) return parseLabelSelector(text);
  if (NAME.test(text)) return { kind: "endpoint", name: text };
  const forms = "the name of an endpoint, an identity, a label (`app=web`), an address, a network or `address:port`";
  return { error: `${JSON.stringify(text)} is none of these: ${forms}` };
}

/** One side of a connection, as far as selectors look at it. */
export interface SelectablePeer {
  readonly identity?: number | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly endpoint?: string | undefined;
  /** With its port. undefined: not known, or none. */
  readonly socket?: SocketAddress | undefined;
}

export function selectsPeer(selector: PeerSelector, peer: SelectablePeer): boolean {
  switch (selector.kind) {
    case "endpoint":
      return peer.endpoint === selector.name;
    case "identity":
      return peer.identity === selector.identity || peer.endpoint === selector.name;
    case "label":
      return peer.labels?.some((label) => isLabel(label, selector.source, selector.text)) ?? false;
    case "network":
      return peer.socket !== undefined && selector.prefix.contains(peer.socket.address as IpAddress);
    case "socket":
      return (
        peer.socket !== undefined && formatSocketAddress(peer.socket.address, peer.socket.port) === selector.address
      );
  }
}

function parseLabelSelector(text: string): PeerSelector | { readonly error: string } {
  const equals = text.indexOf("=");
  const name = equals < 0 ? text : text.slice(0, equals);
  const parsed = parseLabel(text);
  if ("error" in parsed) return parsed;
  const { label } = parsed;
  const formatted = formatLabel(label);
  const anySource = label.source === "any" || !(name.includes(":") || name.startsWith("$"));
  return { kind: "label", source: anySource ? undefined : label.source, text: behindSource(formatted) };
}

function isLabel(label: string, source: string | undefined, text: string): boolean {
  if (behindSource(label) !== text) return false;
  return source === undefined || label.slice(0, -text.length - 1) === source;
}

function behindSource(label: string): string {
  return label.slice(label.indexOf(":") + 1);
}
