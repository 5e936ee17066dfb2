import assert from "node:assert/strict";
import { test } from "node:test";
import type { AccessLogRecord } from "../../api/access-log-record.ts";
import type { ExtensionDeclaration } from "../../api/extension.ts";
import { Judge, type Who } from "./testing/judge.ts";
import {
  ask,
  bare,
  comments,
  connection,
  get,
  JEDI,
  made,
  memcache,
  rulesOf,
  SITH,
  textOf,
  world,
} from "./testing/made.ts";
import { R2D2, recordOf } from "./testing/records.ts";

test("the whole text", () => {
  const records = [
    ...["red", "gold", "blue", "green"].map((name) => memcache(get(`alliance/fleet/${name}`))),
    memcache(get("alliance/fleet/x", { peer: SITH })),
    connection(ask(undefined, { port: 5432, peer: world("192.0.2.7") })),
    memcache(get("alliance/crew/x", { direction: "egress", peer: SITH })),
  ];
  assert.equal(
    textOf(records),
    `# Made by \`weir policy suggest\` from 7 records, 2026-01-01T00:00:00.000Z to 2026-01-01T00:00:00.000Z, of a test.
# It allows what they show; what did not happen in that time is not in it. Read it before it is put in force.
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: cache-suggested
spec:
  endpointSelector:
    matchLabels:
      app: cache
  ingress:
    - fromEndpoints:
        - matchLabels:
            role: jedi
      toPorts:
        - ports:
            - port: "11211"
              protocol: TCP
          rules:
            l7proto: memcache
            l7:
              - command: get
                keyPrefix: "alliance/fleet/"
    - fromEndpoints:
        - matchLabels:
            role: sith
      toPorts:
        - ports:
            - port: "11211"
              protocol: TCP
          rules:
            l7proto: memcache
            l7:
              - command: get
                keyExact: alliance/fleet/x
    - fromCIDR:
        - "192.0.2.7/32"
      toPorts:
        - ports:
            - port: "5432"
              protocol: TCP
  egress:
    - toEndpoints:
        - matchLabels:
            role: sith
      toPorts:
        - ports:
            - port: "11211"
              protocol: TCP
          rules:
            l7proto: memcache
            l7:
              - command: get
                keyExact: alliance/crew/x
`,
  );
});

test("peers with equal rules stand in one item, ports with equal rules in one entry", () => {
  const text = textOf([
    memcache(get("k")),
    memcache(get("k", { peer: SITH })),
    memcache(get("k", { port: 11212 })),
    memcache(get("k", { peer: SITH, port: 11212 })),
  ]);
  assert.equal(text.match(/keyExact/g)?.length, 1);
  assert.match(text, /role: jedi\n {8}- matchLabels:\n {12}role: sith/);
  assert.match(text, /port: "11211"\n.*TCP\n.*port: "11212"/);
});

test("a group of commands stands for its members only where all of them were seen with the same keys", () => {
  const storage = ["set", "add", "replace", "append", "prepend", "cas", "incr", "decr"];
  const all = storage.map((command) => memcache(ask({ command, key: "a" })));
  assert.deepEqual(rulesOf(textOf(all)), ["command: storage, keyExact: a"]);
  const more = ["delete", "touch"].map((command) => memcache(ask({ command, key: "a" })));
  assert.deepEqual(rulesOf(textOf([...all, ...more])), ["command: writeGroup, keyExact: a"]);
  assert.equal(rulesOf(textOf(all.slice(1))).length, storage.length - 1);
  const other = memcache(ask({ command: "set", key: "b" }));
  assert.equal(rulesOf(textOf([...all, other])).length, storage.length + 1);
});

test("keys that were asked for together are in one rule", () => {
  const together = memcache(get(["motd", "a/b"]));
  assert.deepEqual(rulesOf(textOf([together])), ['command: get, keyRegex: "^(a/b|motd)$"']);
  const namespaces = ["x", "y", "z", "w"].map((name) => memcache(get([`ab/${name}`, `cd/${name}`])));
  assert.deepEqual(rulesOf(textOf([...namespaces, together])), [
    'command: get, keyRegex: "^(a/b|motd)$"',
    'command: get, keyRegex: "^(ab/|cd/)"',
  ]);
});

test("keys that no expression has room for get what they have in common, or no condition and a comment", () => {
  const long = (name: string): string => `fleet/${"x".repeat(240)}${name}`;
  const text = textOf([memcache(get(["a", "b", "c", "d", "e"].map(long))), memcache(get("fleet/x"))], { listMax: 9 });
  assert.deepEqual(rulesOf(text), ['command: get, keyPrefix: "fleet/"']);
  const apart = (name: string): string => name + "x".repeat(240);
  const open = textOf([memcache(get(["a", "b", "c", "d", "e"].map(apart)))], { listMax: 9 });
  assert.deepEqual(rulesOf(open), ["command: get"]);
  assert.match(comments(open), /asked for together have nothing in common that a rule could say: all are allowed/);
});

test("as many values as are wanted one by one are listed so, and never allowed wholesale", () => {
  const keys = Array.from({ length: 40 }, (_, i) => `${String.fromCharCode(65 + i)}${i}`);
  const records = keys.map((key) => memcache(get(key)));
  const text = textOf(records, { listMax: 40 });
  assert.equal(text.match(/keyExact: /g)?.length, keys.length, text);
  assert.doesNotMatch(comments(text), /all are allowed/);
  // One more, and there is nothing that a rule could say.
  assert.match(comments(textOf(records, { listMax: 39 })), /all are allowed/);
});

test("a record that no policy can be made of does not spoil the others", () => {
  const forged = memcache(get("x"), { destination: { ...memcache(get("x")).destination, address: "10.0.0.1:0" } });
  const suggestion = made([memcache(get("a/b")), forged]);
  assert.match(suggestion.text() ?? "", /keyExact: a\/b/);
  assert.equal(suggestion.counts.foreign, 1);
});

test("keys without anything in common are told; so are prefixes that say little", () => {
  const many = (name: (index: number) => string): string =>
    textOf(Array.from({ length: 40 }, (_, index) => memcache(get(name(index)))));
  const open = many((index) => `${index}k`);
  assert.deepEqual(rulesOf(open), ["command: get"]);
  assert.match(comments(open), /Values of key have nothing in common that a rule could say: all are allowed/);
  assert.match(comments(many((index) => `u:${index}`)), /"u:" is a short prefix/);
  assert.match(comments(many((index) => `session${index}`)), /"session" ends within a word/);
});

test("addresses of the world are listed while they are few; then it is the world, with all that they asked", async () => {
  const addresses = Array.from({ length: 9 }, (_, index) => world(`192.0.2.${index + 1}`));
  const asked = addresses.map((peer, index) => get(`k${index}`, { peer }));
  const few = textOf(asked.slice(0, 8).map((each) => memcache(each)));
  assert.equal(few.match(/\/32"/g)?.length, 8);
  const text = textOf(asked.map((each) => memcache(each)));
  assert.match(text, /fromEntities:\n {8}- world\n/);
  assert.doesNotMatch(text, /fromCIDR/);
  const judge = await Judge.enforcing(text);
  for (const each of asked) assert.ok(await judge.allows(each), each.peer.address);
  assert.ok(!(await judge.allows(get("other", { peer: world("192.0.2.1") }))));
});

test("peers are named by what policy sees: networks, entities, sources and namespaces", () => {
  const peers: readonly (readonly [Who["labels"], RegExp])[] = [
    [["cidr:10.0.0.0/8", "cidr:10.1.0.0/16", "cidr:0.0.0.0/0", "reserved:world"], /fromCIDR:\n {8}- "10.1.0.0\/16"\n/],
    [["cidr:2001-db8--/32", "reserved:world"], /fromCIDR:\n {8}- "2001:db8::\/32"\n/],
    [["reserved:host"], /fromEntities:\n {8}- host\n/],
    [["reserved:init"], /fromEntities:\n {8}- init\n/],
    [["reserved:unmanaged"], /matchLabels:\n {12}reserved:unmanaged: ""\n/],
    [["unspec:10.0.0.0/8=x"], /matchLabels:\n {12}"?unspec:10.0.0.0\/8"?: x\n/],
    [["k8s:role=jedi"], /matchLabels:\n {12}k8s:role: jedi\n/],
    [["container:role=on"], /matchLabels:\n {12}container:role: "on"\n/],
  ];
  for (const [labels, expected] of peers) {
    const text = textOf([memcache(get("k", { peer: { labels, address: "10.0.0.7" } }))]);
    assert.match(text, expected);
    assert.equal(text.match(/^ {4}- from/gm)?.length, 1, text);
  }
});

test("a document is confined to a namespace where every peer has one", () => {
  const ns = (name: string): string => `k8s:io.kubernetes.pod.namespace=${name}`;
  const subject: Who = { labels: ["k8s:app=cache", ns("shop")], address: "10.0.0.1" };
  const inside: Who = { labels: ["k8s:role=clerk", ns("shop")], address: "10.0.0.2" };
  const outside: Who = { labels: ["k8s:role=clerk", ns("mall")], address: "10.0.0.3" };
  const text = textOf([inside, outside].map((peer) => memcache(get("k", { subject, peer }))));
  assert.match(text, /^ {2}namespace: shop$/m);
  assert.match(text, /endpointSelector:\n {4}matchLabels:\n {6}k8s:app: cache\n {2}ingress/);
  assert.match(text, /matchLabels:\n {12}k8s:io.kubernetes.pod.namespace: mall\n {12}k8s:role: clerk\n/);
  assert.match(text, /matchLabels:\n {12}k8s:role: clerk\n/);
  const without = textOf([inside, JEDI].map((peer) => memcache(get("k", { subject, peer }))));
  assert.doesNotMatch(without, /^ {2}namespace/m);
  assert.match(
    without,
    /endpointSelector:\n {4}matchLabels:\n {6}k8s:app: cache\n {6}k8s:io.kubernetes.pod.namespace: shop\n/,
  );
});

test("what a record does not say exactly is left out and told", () => {
  const good = memcache(get("a"));
  const bad = (fields: Record<string, string>): AccessLogRecord => ({ ...good, fields });
  for (const [record, expected] of [
    [bad({ command: "get", keys: "a b" }), /record does not say exactly what was asked/],
    [bad({ command: "get", keys: "x".repeat(513) }), /record does not say exactly what was asked/],
    [bad({ command: "dance" }), /command "dance", which no rule can name/],
    [{ ...good, proto: "kafka" }, /requests of "kafka", an extension that is not loaded here/],
    [{ ...good, source: { ...good.source, identity: 0, labels: [] } }, /peers that nobody knows/],
  ] as const) {
    const text = textOf([good, record]);
    assert.deepEqual(rulesOf(text), ["command: get, keyExact: a"]);
    assert.match(comments(text), new RegExp(`Left out: .*${expected.source}`));
  }
});

test("of a long list of keys only those that are named are allowed, and it is told", () => {
  const many = Array.from({ length: 100 }, (_, index) => `a/b/${index}`);
  const text = textOf([memcache(get(many))]);
  assert.deepEqual(rulesOf(text), ['command: get, keyPrefix: "a/b/"']);
  assert.match(comments(text), /Perhaps not allowed: requests of memcache with so many values/);
});

test("a request without what others have is allowed, and told", () => {
  const read = (file: string | undefined): AccessLogRecord => recordOf(ask({ cmd: "READ", file }), R2D2);
  const text = textOf([read("x"), read(undefined)]);
  assert.deepEqual(rulesOf(text), ["cmd: READ"]);
  assert.match(
    comments(text),
    /Asked without file: only a rule that says nothing of it allows that, and it allows every file/,
  );
  assert.deepEqual(rulesOf(textOf([recordOf(ask({ cmd: "HALT", file: "x" }), R2D2)])), ["cmd: HALT"]);
});

test("expressions match the value alone, whatever stands in it", async () => {
  const files = ["a.b", "a|b", "^$", "(?i)x", "[a]", "\\d", "a\u0000b", "\udcff", "{2}"];
  for (const file of files) {
    const asked = ask({ cmd: "READ", file });
    const judge = await Judge.enforcing(textOf([recordOf(asked, R2D2)]));
    assert.ok(await judge.allows(asked), JSON.stringify(file));
    for (const other of [`${file}x`, `x${file}`, "axb", "a", "x", "1", "X", ""]) {
      assert.ok(!(await judge.allows(ask({ cmd: "READ", file: other }))), `${JSON.stringify(file)} ${other}`);
    }
  }
});

test("a text is safe to print, whatever was asked for", () => {
  const key = "\u001b[2J\u202e\udcff\u{1f600}\u2028#: ";
  const subject: Who = { labels: ["unspec:app=cache"], address: "10.0.0.1" };
  const record = memcache(get(key, { subject }));
  const text = textOf([{ ...record, proto: "x\u001b[2J" }, record], { source: "\u001b[2J" });
  assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]/);
  assert.ok(text.isWellFormed());
});

test("connections: a whole port, unless its requests were read at other times", () => {
  assert.doesNotMatch(bare(textOf([connection(ask(undefined))])), /rules/);
  const both = textOf([connection(ask(undefined)), memcache(get("a"))]);
  assert.deepEqual(rulesOf(both), ["command: get, keyExact: a"]);
  assert.match(comments(both), /Connections to port 11211 whose requests nobody read/);
  // Of another peer it is not known what it asks.
  const other = textOf([connection(ask(undefined, { peer: SITH })), memcache(get("a"))]);
  assert.match(comments(other), /Nobody read what was asked: the whole port is allowed/);
});

test("one extension a port: the last one", () => {
  const old = { ...recordOf(ask({ cmd: "READ", file: "x" }), R2D2), time: "2025-01-01T00:00:00Z" };
  const text = textOf([memcache(get("a")), old]);
  assert.deepEqual(rulesOf(text), ["command: get, keyExact: a"]);
  assert.match(comments(text), /Left out: requests of r2d2 on port 11211, which memcache reads by now/);
});

test("what was refused is left out, unless it is wanted; what a deny rule refuses always is", () => {
  const denied = memcache(get("b"), { type: "Denied", verdict: "Denied" });
  const refused = connection(ask(undefined, { peer: SITH }), { verdict: "Denied" });
  const audited = memcache(get("c"), { verdict: "Audit", effect: "missing" });
  const byRule = memcache(get("d"), { verdict: "Audit", effect: "deny" });
  const records = [memcache(get("a")), denied, refused, audited, byRule];
  const text = textOf(records);
  assert.deepEqual(rulesOf(text), ["command: get, keyExact: a", "command: get, keyExact: c"]);
  assert.match(comments(text), /what was refused \(2 records\).*what a deny rule refuses \(1 record\)/);
  const all = textOf(records, { includeDenied: true });
  assert.equal(all.match(/keyExact/g)?.length, 3);
  assert.match(bare(all), /role: sith[\s\S]*l7proto: memcache\n {12}l7:\n {14}- \{\}\n/);
  assert.match(comments(all), /Was refused before it could ask anything: everything is allowed/);
});

test("an extension that does not say what its log shows, and one that shows a part", () => {
  const silent: ExtensionDeclaration = { name: "silent", version: "1.0.0", fields: { a: { exact: true } } };
  const part: ExtensionDeclaration = {
    name: "part",
    version: "1.0.0",
    fields: { a: { exact: true }, b: { prefix: true } },
    logged: { a: { attribute: "a" } },
  };
  const extensions = new Map([silent, part].map((each) => [each.name, each]));
  const of = (proto: string, fields: Record<string, string>): string =>
    textOf([{ ...memcache(get("a")), proto, fields }], { extensions });
  assert.deepEqual(rulesOf(of("silent", { a: "x" })), ["{}"]);
  assert.match(comments(of("silent", { a: "x" })), /Its log does not say what was asked: all is allowed/);
  assert.deepEqual(rulesOf(of("part", { a: "x" })), ["a: x"]);
  assert.match(comments(of("part", { a: "x" })), /The log of part does not show b: rules say nothing of it/);
});

test("fields that only match wholly, or only prefixes, and several free attributes", () => {
  const declared = (fields: ExtensionDeclaration["fields"]): ReadonlyMap<string, ExtensionDeclaration> => {
    const logged = Object.fromEntries(
      Object.entries(fields).map(([name, field]) => [name, { attribute: field.of ?? name }]),
    );
    return new Map([["x", { name: "x", version: "1.0.0", fields, logged }]]);
  };
  const of = (fields: ExtensionDeclaration["fields"], ...requests: Record<string, string>[]): readonly string[] =>
    rulesOf(
      textOf(
        requests.map((each) => ({ ...memcache(get("a")), proto: "x", fields: each })),
        { extensions: declared(fields) },
      ),
    );
  const values = ["a/b/1", "a/b/2", "a/b/3", "a/b/4"].map((a) => ({ a }));
  assert.deepEqual(
    of({ a: { exact: true } }, ...values),
    values.map(({ a }) => `a: "${a}"`.replaceAll('"', "")),
  );
  assert.deepEqual(of({ a: { prefix: true } }, ...values), ['a: "a/b/"']);
  assert.deepEqual(of({ a: { regex: true } }, ...values), ['a: "^a/b/"']);
  assert.deepEqual(of({ a: { prefix: true } }, { a: "k" }), ["a: k"]);
  assert.deepEqual(of({ a: { exact: true }, b: { exact: true } }, { a: "1x", b: "y" }, { a: "1x", b: "z" }), [
    'a: "1x", b: "y"',
    'a: "1x", b: z',
  ]);
});
