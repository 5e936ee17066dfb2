import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { sharedNamespace } from "./fold.ts";
import { CONDITIONS_MAX, WORLD_ADDRESSES_MAX } from "./limits.ts";
import { Suggestion } from "./suggestion.ts";
import { type Asked, Judge, type Who } from "./testing/judge.ts";
import { OPTIONS } from "./testing/made.ts";
import { MEMCACHE, R2D2, recordOf } from "./testing/records.ts";

const PROTO_OF_PORT: Readonly<Record<number, string>> = { 11211: MEMCACHE, 4040: R2D2, 5432: "tcp" };
const PORTS = Object.keys(PROTO_OF_PORT).map(Number);
const OTHER_PORT = 9_999;

const namespace = (name: string): string => `k8s:io.kubernetes.pod.namespace=${name}`;
const who = (...labels: string[]): Who => ({ labels, address: "10.0.0.1" });
const stranger = (index: number): Who => ({
  labels: ["reserved:world"],
  address: index % 2 ? `192.0.2.${index}` : `2001:db8::${index}`,
});

const SUBJECTS: readonly Who[] = [who("unspec:app=cache"), who(namespace("shop"), "k8s:app=store")];
const WORLD: readonly Who[] = Array.from({ length: 2 * WORLD_ADDRESSES_MAX }, (_, index) => stranger(index));
const PEERS: readonly Who[] = [
  ...["jedi", "sith", "droid"].map((role) => who(`unspec:role=${role}`)),
  who(namespace("shop"), "k8s:role=clerk"),
  who(namespace("mall"), "k8s:role=clerk"),
  { labels: ["reserved:host"], address: "127.0.0.1" },
  { labels: ["reserved:unmanaged"], address: "10.0.0.9" },
  ...WORLD,
];

const COMMANDS = ["get", "get", "get", "set", "touch", "stats", "version"];
const KEYLESS = new Set(["stats", "version"]);
const KEYS = [
  ...["red", "gold", "blue", "x", "y", "z"].flatMap((name) => [`alliance/fleet/${name}`, `empire:ds:${name}:core`]),
  ...[
    "motd",
    "a b",
    '"quoted"',
    "a, b",
    "^.*$",
    "a.b[c]\\",
    "line\nbreak",
    "é\u202e",
    "\u{1f600}",
    "\udcff\udc80",
    "… and 3 more",
  ],
];
const FOREIGN = "\u{2fa1d}nobody";
const FILES = [...KEYS.filter((key) => !key.includes(" ")), undefined];

/** The set of writes, with the same keys: so that the group can stand for them. */
const WRITES = ["set", "add", "replace", "append", "prepend", "cas", "incr", "decr", "delete", "touch"];

const place = fc.record({
  subject: fc.constantFrom(...SUBJECTS),
  direction: fc.constantFrom("ingress" as const, "egress" as const),
  peer: fc.constantFrom(...PEERS),
  port: fc.constantFrom(...PORTS),
});
const keys = fc.array(fc.constantFrom(...KEYS), { minLength: 1, maxLength: 3 });

function requestsOn(port: number): fc.Arbitrary<readonly Asked["request"][]> {
  if (port === 5432) return fc.constant([undefined]);
  if (port === 4040) {
    const line = fc.record({ cmd: fc.constantFrom("READ", "WRITE", "HALT"), file: fc.constantFrom(...FILES) });
    return line.map((request) => [request]);
  }
  const one = fc
    .tuple(fc.constantFrom(...COMMANDS), keys)
    .map(([command, key]) => [{ command, key: KEYLESS.has(command) ? undefined : key }]);
  return fc.oneof(
    { weight: 9, arbitrary: one },
    { weight: 1, arbitrary: keys.map((key) => WRITES.map((command) => ({ command, key }))) },
  );
}

/** Many requests in one place, so that keys are folded. */
const burst = place.chain((where) =>
  fc
    .array(requestsOn(where.port), { minLength: 1, maxLength: 12 })
    .map((requests) => requests.flat().map((request): Asked => ({ ...where, request }))),
);
/** Everybody in the world asks something in one place. */
const flood = place.chain((where) =>
  fc
    .tuple(...WORLD.map(() => requestsOn(where.port)))
    .map((all) => all.flatMap(([request], index) => ({ ...where, peer: WORLD[index] as Who, request }))),
);
const traffic: fc.Arbitrary<readonly Asked[]> = fc
  .array(fc.oneof({ weight: 20, arbitrary: burst }, { weight: 1, arbitrary: flood }), { minLength: 1, maxLength: 12 })
  .map((all) => all.flat());

/** What one peer did on one port, as far as policy can tell peers apart. */
function flowsOf(all: readonly Asked[]): ReadonlyMap<string, Asked[]> {
  const flows = new Map<string, Asked[]>();
  for (const asked of all) {
    const key = flowKey(asked, asked.peer, all);
    flows.set(key, [...(flows.get(key) ?? []), asked]);
  }
  return flows;
}

function flowKey(place: Omit<Asked, "request" | "peer">, peer: Who, all: readonly Asked[]): string {
  const { subject, direction, port } = place;
  const world = peer.labels.includes("reserved:world");
  const addresses = new Set(
    all
      .filter((other) => other.subject === subject && other.direction === direction && other.port === port)
      .filter((other) => other.peer.labels.includes("reserved:world"))
      .map((other) => other.peer.address),
  );
  const merged = world && addresses.size > WORLD_ADDRESSES_MAX;
  return JSON.stringify([subject.labels, direction, port, merged ? "world" : peer]);
}

function suggest(all: readonly Asked[]): string {
  const suggestion = new Suggestion(OPTIONS);
  for (const asked of all) suggestion.add(JSON.parse(JSON.stringify(recordOf(asked, PROTO_OF_PORT[asked.port] ?? ""))));
  assert.equal(suggestion.counts.used, all.length);
  const text = suggestion.text();
  assert.ok(text !== undefined);
  return text;
}

const told = (asked: Asked, text: string): string => `${JSON.stringify(asked)}\n${text}`;

test("what was observed is allowed; other peers, ports, commands and keys are not", async () => {
  const counts = { allowed: 0, peers: 0, ports: 0, commands: 0, keys: 0, folded: 0 };
  await fc.assert(
    fc.asyncProperty(traffic, async (all) => {
      const text = suggest(all);
      assert.equal(suggest(all), text, "the same records give the same text");
      const judge = await Judge.enforcing(text);
      const flows = flowsOf(all);
      const denied = async (asked: Asked, kind: keyof typeof counts): Promise<void> => {
        assert.equal(await judge.allows(asked), false, `${kind} ${told(asked, text)}`);
        counts[kind]++;
      };
      for (const asked of all) {
        assert.equal(await judge.allows(asked), true, told(asked, text));
        counts.allowed++;
      }
      for (const flow of flows.values()) {
        const first = flow[0] as Asked;
        await denied({ ...first, port: OTHER_PORT }, "ports");
        for (const peer of PEERS) {
          if (!flows.has(flowKey(first, peer, all))) await denied({ ...first, peer }, "peers");
        }
        if (first.port === 11211) await checkCommands(first, flow, denied, judge, counts);
        if (first.port === 4040) await checkFiles(first, flow, denied);
      }
    }),
    { numRuns: 120 },
  );
  for (const [kind, count] of Object.entries(counts)) assert.ok(count > 20, `${kind}: ${count}`);
});

type Denied = (asked: Asked, kind: "commands" | "keys") => Promise<void>;

async function checkCommands(
  first: Asked,
  flow: readonly Asked[],
  denied: Denied,
  judge: Judge,
  counts: { folded: number },
): Promise<void> {
  for (const command of [...WRITES, ...COMMANDS]) {
    const seen = new Set(
      flow.flatMap(({ request }) => (request?.["command"] === command ? [request["key"] ?? []] : [])).flat(),
    );
    const some = flow.some(({ request }) => request?.["command"] === command);
    const ask = (key: string | undefined): Asked => ({ ...first, request: { command, key } });
    if (!some) for (const key of [undefined, FOREIGN, ...KEYS]) await denied(ask(key), "commands");
    if (!some || seen.size === 0) continue;
    assert.ok(seen.size <= CONDITIONS_MAX + 2 * 6, "the world is small enough for every key to be told");
    await denied(ask(undefined), "keys");
    await denied(ask(FOREIGN), "keys");
    for (const key of KEYS) {
      if (seen.has(key) || !(await judge.allows(ask(key)))) continue;
      // Only a namespace that was seen may stand for more than what was seen.
      const related = [...seen].filter(
        (other) => sharedNamespace([key, other].map((text) => ({ text, prefix: false }))).length >= 3,
      );
      assert.ok(related.length > 0, `${key} is allowed for ${JSON.stringify([...seen])}`);
      counts.folded++;
    }
  }
}

async function checkFiles(first: Asked, flow: readonly Asked[], denied: Denied): Promise<void> {
  for (const cmd of ["READ", "WRITE", "HALT", "RESET"]) {
    const seen = flow.filter(({ request }) => request?.["cmd"] === cmd);
    const ask = (file: string | undefined): Asked => ({ ...first, request: { cmd, file } });
    if (seen.length === 0) await denied(ask(FOREIGN), "commands");
    // Without a file only a rule without `file` fits, and HALT cannot have one.
    else if (cmd !== "HALT" && seen.every(({ request }) => request?.["file"] !== undefined)) {
      for (const file of [FOREIGN, undefined, `${seen[0]?.request?.["file"]}x${FOREIGN}`]) {
        if (file?.includes("/") !== true && file?.includes(":") !== true) await denied(ask(file), "keys");
      }
    }
  }
}
