import assert from "node:assert/strict";
import { test } from "node:test";
import type { IpAddress } from "../lib/ip/address.ts";
import { parseSocketAddress } from "../lib/ip/address.ts";
import { type PeerSelector, parsePeerSelector, type SelectablePeer, selectsPeer } from "./peer-selector.ts";

function selector(text: string): PeerSelector {
  const parsed = parsePeerSelector(text);
  assert.ok(!("error" in parsed), JSON.stringify(parsed));
  return parsed;
}

const web: SelectablePeer = {
  identity: 300,
  labels: ["k8s:app=web", "unspec:tier", "reserved:init"],
  endpoint: "web-1",
  socket: parseSocketAddress("10.0.0.7:443"),
};
const v6: SelectablePeer = { identity: 2, labels: ["reserved:world"], socket: parseSocketAddress("[2001:db8::7]:80") };

test("each form of a selector", () => {
  const table: [text: string, web: boolean, v6: boolean][] = [
    ["web-1", true, false],
    ["web", false, false],
    ["300", true, false],
    ["2", false, true],
    ["app=web", true, false],
    ["k8s:app=web", true, false],
    ["any:app=web", true, false],
    ["unspec:app=web", false, false],
    ["container:app=web", false, false],
    ["app=we", false, false],
    ["pp=web", false, false],
    ["unspec:tier", true, false],
    ["reserved:world", false, true],
    ["$world", false, true],
    ["10.0.0.7", true, false],
    ["10.0.0.8", false, false],
    ["10.0.0.0/8", true, false],
    ["0.0.0.0/0", true, false],
    ["::/0", false, true],
    ["2001:db8::/32", false, true],
    ["2001:0db8::7", false, true],
    ["10.0.0.7:443", true, false],
    ["10.0.0.7:444", false, false],
    ["[2001:db8:0::7]:80", false, true],
  ];
  for (const [text, one, other] of table) {
    assert.deepEqual([selectsPeer(selector(text), web), selectsPeer(selector(text), v6)], [one, other], text);
  }
});

test("an endpoint may have a number for its name", () => {
  assert.equal(selectsPeer(selector("300"), { identity: 1, endpoint: "300" }), true);
});

test("nothing of a peer is known: no selector fits", () => {
  for (const text of ["web", "300", "app=web", "10.0.0.0/8", "10.0.0.7:443"]) {
    assert.equal(selectsPeer(selector(text), {}), false, text);
  }
});

test("what is none of the forms is told so", () => {
  for (const text of ["", "a b", "10.0.0.0/33", "10.0.0.7:0x", "=web", "UPPER:app=web", "a".repeat(1_025), "-x"]) {
    assert.ok("error" in parsePeerSelector(text), text);
  }
  const prefix = selector("10.1.2.3/8");
  assert.ok(
    prefix.kind === "network" && prefix.prefix.contains(parseSocketAddress("10.9.9.9:1")!.address as IpAddress),
  );
});
