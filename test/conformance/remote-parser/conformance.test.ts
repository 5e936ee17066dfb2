import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Extension, Parser } from "../../../src/proxylib/parser.ts";
import { nop, pass } from "../../../src/proxylib/verdict.ts";
import type { HostStream } from "./host-under-test.ts";
import { forgetful, reference } from "./reference-extension.ts";
import { runChecks } from "./run-checks.ts";
import { sessionHost } from "./session-host.ts";
import { startedHost } from "./started-host.ts";

/** What is wrong, check by check. */
async function problemsOf(start: () => HostStream, ways?: readonly boolean[]): Promise<readonly string[]> {
  const problems: string[] = [];
  for await (const { name, problem } of runChecks(start, ways)) {
    if (problem !== undefined) problems.push(`${name}: ${problem}`);
  }
  return problems;
}

test("the host of weir conforms", async () => {
  assert.deepEqual(await problemsOf(() => sessionHost([reference, forgetful])), []);
});

test("in a process of its own as well", async () => {
  const host = fileURLToPath(new URL("host.ts", import.meta.url));
  const command = [process.execPath, ...process.execArgv.filter((option) => option.startsWith("--conditions")), host];
  assert.deepEqual(await problemsOf(() => startedHost(command), [false]), []);
});

/** The frames of a host, each of which may be changed: `change` gets type, connection and body. */
function altering(change: (type: number, body: Buffer) => Buffer | undefined): () => HostStream {
  return () =>
    sessionHost([reference, forgetful], (frames) => {
      const changed: Buffer[] = [];
      for (let at = 0; at < frames.length; ) {
        const length = frames.readUInt32BE(at);
        const body = change(frames.readUInt8(at + 4), Buffer.from(frames.subarray(at + 9, at + 4 + length)));
        if (body !== undefined) {
          const head = Buffer.from(frames.subarray(at, at + 9));
          head.writeUInt32BE(5 + body.length);
          changed.push(head, body);
        }
        at += 4 + length;
      }
      return Buffer.concat(changed);
    });
}

/** DECIDED whose last operation is this one is sent without it. */
function without(operation: number): () => HostStream {
  return altering((type, body) => (type === 0x84 && body.at(-1) === operation ? body.subarray(0, -1) : body));
}

/** The reference extension, its parsers changed. */
function behaving(
  change: (parser: Parser, connection: Parameters<Extension["create"]>[0]) => Parser,
): () => HostStream {
  return () =>
    sessionHost([
      {
        ...reference,
        create: (connection) => {
          const parser = reference.create(connection);
          return parser && change(parser, connection);
        },
      },
      forgetful,
    ]);
}

/** How long a silent host is waited for: what it would say, it says at once. */
const SILENCE_MS = 500;

describe("a host that does not conform is found", () => {
  /** With the first check that it fails. */
  const hosts: readonly (readonly [name: string, check: RegExp, start: () => HostStream])[] = [
    ["which never says that it has taken anything", /^lines are passed/, without(0x0a)],
    [
      "which passes one byte more",
      /^lines are passed/,
      altering((type, body) => {
        if (type === 0x84 && body[9] === 0x01) body.writeUInt8(body.readUInt8(17) + 1, 17);
        return body;
      }),
    ],
    ["which forgets PONG", /^READY tells/, altering((type, body) => (type === 0x85 ? undefined : body))],
    [
      "which says that nothing can be resumed",
      /^OPENED tells/,
      altering((type, body) => (type === 0x82 ? Buffer.of(0) : body)),
    ],
    [
      "which counts from the wrong place",
      /^DECIDED tells/,
      altering((type, body) => {
        if (type === 0x84) body.writeUInt8(body.readUInt8(8) + 1, 8);
        return body;
      }),
    ],
    [
      "which takes one direction for the other",
      /^lines are passed/,
      altering((type, body) => {
        if (type === 0x84 && body[0] !== 2) body.writeUInt8(1 - body.readUInt8(0), 0);
        return body;
      }),
    ],
    ["which has loaded something else", /^READY tells/, () => sessionHost([reference])],
    [
      "whose parser passes everything",
      /^lines are passed/,
      behaving(() => ({
        onData: (_reply, _end, data) => (data.length > 0 ? pass(data.length) : nop),
        snapshot: () => Buffer.alloc(0),
      })),
    ],
    [
      "whose parser is not told the end",
      /^the end of a stream/,
      behaving((parser) => ({
        onData: (reply, _end, data) => parser.onData(reply, false, data),
        snapshot: () => parser.snapshot?.() ?? Buffer.alloc(0),
      })),
    ],
    [
      "whose parser remembers nothing",
      /^STATE tells/,
      behaving((parser) => ({
        onData: (reply, end, data) => parser.onData(reply, end, data),
        snapshot: () => Buffer.alloc(28),
      })),
    ],
    [
      "whose parser cannot inject into the other direction",
      /^injections have/,
      behaving((_parser, connection) => {
        const mute = new Proxy(connection, {
          get: (target, name) => {
            if (name === "inject") return (_reply: boolean, _bytes: Uint8Array) => undefined;
            const value: unknown = Reflect.get(target, name, target);
            return typeof value === "function" ? value.bind(target) : value;
          },
        });
        return reference.create(mute) as Parser;
      }),
    ],
  ];
  for (const [name, check, start] of hosts) {
    it(name, async () => {
      for await (const result of runChecks(start, [false], SILENCE_MS)) {
        if (result.problem === undefined) continue;
        assert.match(result.name, check);
        return;
      }
      assert.fail("every check passed");
    });
  }
});
