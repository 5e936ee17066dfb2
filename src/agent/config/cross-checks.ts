import { formatSocketAddress, type IpAddress, type SocketAddress } from "../../lib/ip/address.ts";
import { didYouMean } from "../../lib/suggestion.ts";
import { parsePolicyPath } from "../../policy-dir/policy-path.ts";
import type { EndpointConfig, RedirectConfig } from "./config.ts";
import { endpointSchema, redirectSchema } from "./config-schema.ts";
import type { ConfigSource } from "./config-source.ts";

/**
 * What no single value shows: names, addresses and listeners that clash, and redirects that lead nowhere or back to
 * themselves. Looks at every entry that is right by itself, so that its problems come together with those of the others.
 */
export function crossCheck(source: ConfigSource): void {
  const endpoints = validItems(source.value, "endpoints", (item) => endpointSchema.safeParse(item).data);
  const redirects = validItems(source.value, "redirects", (item) => redirectSchema.safeParse(item).data);
  checkEndpoints(source, endpoints);
  checkRedirects(source, redirects, endpointNames(source.value));
  for (const [index, path] of validItems(source.value, "policies", textOf)) {
    try {
      parsePolicyPath(path, "/");
    } catch (error) {
      source.report(["policies", index], (error as Error).message);
    }
  }
}

function checkEndpoints(source: ConfigSource, endpoints: ReadonlyMap<number, EndpointConfig>): void {
  const names = new Map<string, number>();
  const owners = new Map<string, string>();
  for (const [index, endpoint] of endpoints) {
    const path = ["endpoints", index];
    if (names.has(endpoint.name)) {
      source.report([...path, "name"], `there are two endpoints \`${endpoint.name}\``, "names must be unique");
    }
    names.set(endpoint.name, index);
    for (const [at, address] of endpoint.addresses.entries()) {
      const addressPath = [...path, "addresses", at];
      const text = address.toString();
      const reason = unusable(address);
      if (reason !== undefined) source.report(addressPath, `${text} cannot be an endpoint's address: ${reason}`);
      const owner = owners.get(text);
      if (owner !== undefined) {
        source.report(addressPath, `${text} belongs to endpoint \`${owner}\` already`, "an address has one identity");
      }
      owners.set(text, endpoint.name);
    }
  }
}

/** Why an address cannot stand for one workload. */
function unusable(address: IpAddress): string | undefined {
  const text = address.toString();
  if (text === "127.0.0.1" || text === "::1") {
    return "it is the machine itself (reserved:host); take another one of 127.0.0.0/8";
  }
  if (isUnspecified(address)) return "it is no address of anybody";
  return undefined;
}

function checkRedirects(
  source: ConfigSource,
  redirects: ReadonlyMap<number, RedirectConfig>,
  names: Set<string>,
): void {
  const listeners = new Map<string, number>();
  for (const [index, redirect] of redirects) {
    const path = ["redirects", index];
    if (!names.has(redirect.endpoint)) {
      source.report(
        [...path, "endpoint"],
        `there is no endpoint \`${redirect.endpoint}\``,
        didYouMean(redirect.endpoint, names) ?? "list it under `endpoints`",
      );
    }
    if (redirect.upstream.port === 0) source.report([...path, "upstream"], "port 0 cannot be connected to");
    if (isUnspecified(redirect.upstream.address)) {
      source.report([...path, "upstream"], `${redirect.upstream.address} cannot be connected to`);
    }
    const listen = formatSocketAddress(redirect.listen.address, redirect.listen.port);
    const other = listeners.get(listen);
    if (other !== undefined && redirect.listen.port !== 0) {
      source.report([...path, "listen"], `redirects[${other}] listens on ${listen} already`);
    }
    listeners.set(listen, index);
    if (leadsTo(redirect.upstream, index, redirects)) {
      source.report(
        [...path, "upstream"],
        "leads back to this redirect's own listener: connections would go in circles",
      );
    }
  }
}

/** Whether connections to `upstream` come back to redirect `target`, through whichever redirects. */
function leadsTo(upstream: SocketAddress, target: number, redirects: ReadonlyMap<number, RedirectConfig>): boolean {
  const seen = new Set<number>();
  let next: SocketAddress | undefined = upstream;
  while (next !== undefined) {
    const at: SocketAddress = next;
    next = undefined;
    for (const [index, redirect] of redirects) {
      if (seen.has(index) || !covers(redirect.listen, at)) continue;
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

function isUnspecified(address: IpAddress): boolean {
  return address.bytes.every((byte) => byte === 0);
}

function isLoopback(address: IpAddress): boolean {
  return address.family === 4 ? address.bytes[0] === 127 : address.toString() === "::1";
}

function validItems<T>(value: unknown, key: string, parse: (item: unknown) => T | undefined): Map<number, T> {
  const list = (value as Record<string, unknown> | null)?.[key];
  const valid = new Map<number, T>();
  if (!Array.isArray(list)) return valid;
  for (const [index, item] of list.entries()) {
    const parsed = parse(item);
    if (parsed !== undefined) valid.set(index, parsed);
  }
  return valid;
}

/** Names of all endpoints, also of those that are wrong elsewhere: a redirect to them is not a second mistake. */
function endpointNames(value: unknown): Set<string> {
  const names = validItems(value, "endpoints", (item) => textOf((item as Record<string, unknown> | null)?.["name"]));
  return new Set(names.values());
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
