import assert from "node:assert/strict";
import { test } from "node:test";
import type { Port } from "../../../api/identity.ts";
import { parseAddress } from "../../../lib/ip/address.ts";
import type { Redirect } from "../redirect.ts";
import { listenerNames } from "./listener-name.ts";
import { decodeHostSettings, decodeListener, encodeHostSettings, encodeListener } from "./resources.ts";

const REDIRECT: Redirect = {
  listen: { address: parseAddress("127.0.0.1")!, port: 0 },
  upstream: { address: parseAddress("::1")!, port: 11_211 as Port },
  endpoint: "memcached",
  direction: "egress",
};

test("a listener comes out as it went in, with the port that was chosen", () => {
  const decoded = decodeListener(encodeListener(REDIRECT, "127.0.0.1:4711"));
  assert.ok("redirect" in decoded);
  assert.equal(decoded.redirect.listen.port, 4711);
  assert.equal(decoded.redirect.upstream.address.toString(), "::1");
  assert.deepEqual([decoded.redirect.endpoint, decoded.redirect.direction], ["memcached", "egress"]);
});

test("settings come out as they went in", () => {
  const settings = {
    connectionsMax: 5,
    connectTimeoutMs: 7,
    drainMs: 0,
    logLevel: "warn",
    extensionConfig: { memcache: { a: "b" } },
  } as const;
  assert.deepEqual(decodeHostSettings(encodeHostSettings(settings)), { settings });
});

test("what makes no sense is refused with its reason", () => {
  assert.match(errorOf(decodeListener(encodeListener(REDIRECT, "localhost:1"))), /"localhost:1" is no address/);
  const nowhere = { ...REDIRECT, upstream: { ...REDIRECT.upstream, port: 0 as Port } };
  assert.match(errorOf(decodeListener(encodeListener(nowhere, "127.0.0.1:1"))), /is no upstream/);
  const sideways = { ...REDIRECT, direction: "sideways" as "ingress" };
  assert.match(errorOf(decodeListener(encodeListener(sideways, "127.0.0.1:1"))), /"sideways" is no direction/);
  assert.match(errorOf(decodeListener(Buffer.from([0xff]))), /cannot be decoded/);
  assert.match(errorOf(decodeHostSettings(Buffer.alloc(0))), /at least 1/);
  const odd = { connectionsMax: 1, connectTimeoutMs: 1, drainMs: 1, logLevel: "loud" as "info", extensionConfig: {} };
  assert.match(errorOf(decodeHostSettings(encodeHostSettings(odd))), /no log level "loud"/);
  const nested = { ...odd, logLevel: "info" as const, extensionConfig: { a: { b: 1 as unknown as string } } };
  assert.match(errorOf(decodeHostSettings(encodeHostSettings(nested))), /texts by name/);
});

test("redirects that ask for any free port have names of their own", () => {
  const again = { ...REDIRECT };
  const names = [...listenerNames([REDIRECT, again]).values()];
  assert.equal(new Set(names).size, 2);
  assert.deepEqual(names, [...listenerNames([again, REDIRECT]).values()]);
});

function errorOf(decoded: object): string {
  return "error" in decoded ? String(decoded.error) : "no error";
}
