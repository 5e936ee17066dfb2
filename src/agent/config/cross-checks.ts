import { isUnspecified, unusableAddress } from "../../endpoint/unusable-address.ts";
import {
  formatSocketAddress,
  type IpAddress,
  parseAddress,
  parseSocketAddress,
  type SocketAddress,
} from "../../lib/ip/address.ts";
import { didYouMean } from "../../lib/suggestion.ts";
import { parsePolicyPath } from "../../policy-dir/policy-path.ts";
import type { ConfigSource } from "./config-source.ts";
import { listAt } from "./list-at.ts";

/** What of an entry is right by itself. */
interface Endpoint {
  readonly name: string | undefined;
  readonly addresses: ReadonlyMap<number, IpAddress>;
}

interface Redirect {
  readonly listen: SocketAddress | undefined;
  readonly upstream: SocketAddress | undefined;
  readonly endpoint: string | undefined;
}

/**
 * What no single value shows: names, addresses and listeners that clash, and redirects that lead nowhere or back to
 * themselves. Looks at every value that is right by itself, so that its problems come together with those of the others.
 */
export function crossCheck(source: ConfigSource): void {
  const endpoints = listAt(source.value, "endpoints").map(readEndpoint);
  checkEndpoints(source, endpoints);
  for (const [index, endpoint] of listAt(source.value, "endpoints").entries()) checkObserved(source, endpoint, index);
  const names = new Set(endpoints.flatMap(({ name }) => name ?? []));
  const redirects = listAt(source.value, "redirects").map(readRedirect);
  checkRedirects(source, redirects, names);
  checkPrometheus(source, parseSocketAddress(textAt(source.value, "prometheusListen") ?? ""), redirects);
  for (const [index, path] of listAt(source.value, "policies").entries()) {
    if (typeof path !== "string") continue;
    try {
      parsePolicyPath(path, "/");
    } catch (error) {
      source.report(["policies", index], (error as Error).message);
    }
  }
}

function readEndpoint(item: unknown): Endpoint {
  const addresses = new Map<number, IpAddress>();
  for (const [index, text] of listAt(item, "addresses").entries()) {
    const address = typeof text === "string" ? parseAddress(text) : undefined;
    if (address !== undefined) addresses.set(index, address);
  }
  return { name: textAt(item, "name"), addresses };
}

/** A port is read by one extension. */
function checkObserved(source: ConfigSource, endpoint: unknown, index: number): void {
  const seen = new Set<string>();
  for (const [at, item] of listAt(endpoint, "observe").entries()) {
    const { port, direction = "ingress" } = (item ?? {}) as { readonly port?: unknown; readonly direction?: unknown };
    const key = `${String(port)} ${String(direction)}`;
    if (typeof port === "number" && seen.has(key)) {
      source.report(["endpoints", index, "observe", at], `port ${port} is observed in this direction already`);
    }
    seen.add(key);
  }
}

function readRedirect(item: unknown): Redirect {
  const socketAddress = (key: string): SocketAddress | undefined => parseSocketAddress(textAt(item, key) ?? "");
  return { listen: socketAddress("listen"), upstream: socketAddress("upstream"), endpoint: textAt(item, "endpoint") };
}

function checkEndpoints(source: ConfigSource, endpoints: readonly Endpoint[]): void {
  const names = new Set<string>();
  const owners = new Map<string, string>();
  for (const [index, { name, addresses }] of endpoints.entries()) {
    const path = ["endpoints", index];
    if (name !== undefined && names.has(name)) {
      source.report([...path, "name"], `there are two endpoints \`${name}\``, "names must be unique");
    }
    if (name !== undefined) names.add(name);
    for (const [at, address] of addresses) {
      const addressPath = [...path, "addresses", at];
      const text = address.toString();
      const reason = unusableAddress(address);
      if (reason !== undefined) source.report(addressPath, `${text} cannot be an endpoint's address: ${reason}`);
      const owner = owners.get(text);
      if (owner !== undefined) {
        source.report(addressPath, `${text} belongs to ${owner} already`, "an address has one identity");
      }
      owners.set(text, name === undefined ? `endpoints[${index}]` : `endpoint \`${name}\``);
    }
  }
}

function checkRedirects(source: ConfigSource, redirects: readonly Redirect[], names: Set<string>): void {
  const listeners = new Map<string, number>();
  for (const [index, { listen, upstream, endpoint }] of redirects.entries()) {
    const path = ["redirects", index];
    if (endpoint !== undefined && !names.has(endpoint)) {
      const hint = didYouMean(endpoint, names) ?? "list it under `endpoints`";
      source.report([...path, "endpoint"], `there is no endpoint \`${endpoint}\``, hint);
    }
    if (listen !== undefined && listen.port !== 0) {
      const text = formatSocketAddress(listen.address, listen.port);
      const other = listeners.get(text);
      if (other !== undefined) source.report([...path, "listen"], `redirects[${other}] listens on ${text} already`);
      listeners.set(text, index);
    }
    if (upstream === undefined) continue;
    if (upstream.port === 0) source.report([...path, "upstream"], "port 0 cannot be connected to");
    if (isUnspecified(upstream.address)) {
      source.report([...path, "upstream"], `${upstream.address} cannot be connected to`);
    }
    if (leadsTo(upstream, index, redirects)) {
      const message = "leads back to this redirect's own listener: connections would go in circles";
      source.report([...path, "upstream"], message);
    }
  }
}

function checkPrometheus(
  source: ConfigSource,
  wanted: SocketAddress | undefined,
  redirects: readonly Redirect[],
): void {
  if (wanted === undefined || wanted.port === 0) return;
  const text = formatSocketAddress(wanted.address, wanted.port);
  for (const [index, { listen }] of redirects.entries()) {
    if (listen === undefined || formatSocketAddress(listen.address, listen.port) !== text) continue;
    source.report(["prometheusListen"], `redirects[${index}] listens on ${text} already`);
  }
}

/** Whether connections to `upstream` come back to redirect `target`, through whichever redirects. */
function leadsTo(upstream: SocketAddress, target: number, redirects: readonly Redirect[]): boolean {
  const seen = new Set<number>();
  let next: SocketAddress | undefined = upstream;
  while (next !== undefined) {
    const at: SocketAddress = next;
    next = undefined;
    for (const [index, redirect] of redirects.entries()) {
      if (seen.has(index) || redirect.listen === undefined || !covers(redirect.listen, at)) continue;
      if (index === target) return true;
      seen.add(index);
      next = redirect.upstream;
      break;
    }
  }
  return false;
}

/** Whether a listener would get a connection to `address`; of other addresses of the machine only loopback is known. */
function covers(listen: SocketAddress, address: SocketAddress): boolean {
  if (listen.port !== address.port) return false;
  if (isUnspecified(listen.address)) return isLoopback(address.address);
  return listen.address.toString() === address.address.toString();
}

function isLoopback(address: IpAddress): boolean {
  return address.family === 4 ? address.bytes[0] === 127 : address.toString() === "::1";
}

/** The text under a key, where it is one. */
function textAt(value: unknown, key: string): string | undefined {
  const found = (value as Record<string, unknown> | null)?.[key];
  return typeof found === "string" ? found : undefined;
}
