import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatLabel, parseLabel } from "./label.ts";

test("labels are read in every form", () => {
  for (const [text, source, key, value] of [
    ["app=memcached", "unspec", "app", "memcached"],
    ["app", "unspec", "app", ""],
    ["app=", "unspec", "app", ""],
    ["k8s:app=memcached", "k8s", "app", "memcached"],
    ["k8s:io.kubernetes.pod.namespace=a:b=c", "k8s", "io.kubernetes.pod.namespace", "a:b=c"],
    ["url=http://x", "unspec", "url", "http://x"],
    ["cidr:10.0.0.0/8", "cidr", "10.0.0.0/8", ""],
    ["k8s:a:b=c", "k8s", "a:b", "c"],
    ["$world", "reserved", "world", ""],
    ["any:app=ü x", "any", "app", "ü x"],
  ] as const) {
    assert.deepEqual(parseLabel(text), { label: { source, key, value } });
  }
});

test("malformed labels are refused with the reason", () => {
  for (const [text, reason] of [
    ["", /no key/],
    ["=x", /no key/],
    ["k8s:", /no key/],
    [":app=x", /source/],
    ["K8S:app=x", /source/],
    ["k 8:app", /source/],
    ["a b=c", /key may hold neither/],
    ["ä=c", /key may hold neither/],
    ["a;b=c", /key may hold neither/],
    ["a=b;unspec:c=d", /value may hold neither/],
    ["a=b\nc", /value may hold neither/],
    ["a=\u{d800}", /value may hold neither/],
    [`a=${"b".repeat(1024)}`, /at most 1024/],
  ] as const) {
    const result = parseLabel(text);
    assert.match("error" in result ? result.error : "accepted", reason, JSON.stringify(text));
  }
});

test("any text is read or refused, and what is read survives its own text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
      const result = parseLabel(text);
      if ("label" in result) assert.deepEqual(parseLabel(formatLabel(result.label)), result);
    }),
  );
});
