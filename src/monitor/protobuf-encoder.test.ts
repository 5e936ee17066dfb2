import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createFileRegistry, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { findProtoc } from "../../scripts/ensure-protoc.ts";
import { anyEvent } from "../../test/support/monitor-events.ts";
import type { MonitorItem } from "../api/monitor-event.ts";
import { EventDecoder } from "../client/monitor-decoder.ts";
import { JsonStream, ProtobufStream } from "../client/monitor-stream.ts";
import type { RingEvent } from "./event-ring.ts";
import { JsonEncoder } from "./json-encoder.ts";
import { ProtobufEncoder } from "./protobuf-encoder.ts";
import { anyConnection } from "./testing/any-connection.ts";

const PROTO = fileURLToPath(new URL("../../proto/weir/monitor/v1/monitor.proto", import.meta.url));

/** The real compiler; without it the test is skipped, with CI=true it fails. */
function protocOrSkip(t: TestContext): string | undefined {
  const protoc = findProtoc();
  if (protoc === undefined && process.env["CI"] !== "true") t.skip("needs protoc, which is not installed");
  assert.ok(protoc !== undefined || process.env["CI"] !== "true", "protoc is not installed");
  return protoc;
}

function sample(fields: Record<string, string>): RingEvent {
  const origin = { policy: "rebels", rule: "spec.ingress[0]", labels: [], effect: "deny" } as const;
  return { timeMs: 1_767_225_600_007, connection: anyConnection(), type: "Denied", verdict: "Audit", origin, fields };
}

/** The message of one event, without its length. */
function messageOf(encoder: ProtobufEncoder, event: RingEvent): Buffer {
  assert.ok(encoder.add(event));
  const frame = encoder.take();
  let start = 0;
  while ((frame[start++] as number) >= 0x80);
  return frame.subarray(start);
}

test("an event is the same item in protobuf as in JSON lines, member by member", () => {
  const [protobuf, json] = [new ProtobufEncoder(), new JsonEncoder()];
  const [binary, lines] = [new ProtobufStream(), new JsonStream()];
  fc.assert(
    fc.property(fc.array(fc.oneof(anyEvent, fc.integer({ min: 1, max: 2 ** 53 - 1 })), { maxLength: 5 }), (events) => {
      for (const event of events) {
        for (const encoder of [protobuf, json]) {
          if (typeof event === "number") encoder.addLost(event);
          else assert.ok(encoder.add(event));
        }
      }
      const expected: MonitorItem[] = [...lines.push(json.take())];
      const items = [...binary.push(protobuf.take())];
      assert.equal(items.length, events.length);
      assert.deepEqual(items, expected);
      for (const [index, item] of items.entries()) {
        if ("type" in item && item.type !== "agent")
          assert.equal(JSON.stringify(item), JSON.stringify(expected[index]));
      }
    }),
    { numRuns: 1_000 },
  );
});

test("another implementation reads by the schema what is written here, and the other way round", async (t) => {
  const protoc = protocOrSkip(t);
  if (protoc === undefined) return;
  const schema = await schemaOf(protoc);
  const [encoder, decoder] = [new ProtobufEncoder(), new EventDecoder()];
  fc.assert(
    fc.property(anyEvent, (event) => {
      const bytes = messageOf(encoder, event);
      // Unknown fields are dropped here: one that the schema lacks, or has under another number or type, would be missed.
      const rewritten = toBinary(schema, fromBinary(schema, bytes, { readUnknownFields: false }));
      assert.deepEqual(decoder.decode(rewritten), decoder.decode(bytes));
    }),
    { numRuns: 1_000 },
  );
});

test("protoc shows an event with the names of the schema", (t) => {
  const protoc = protocOrSkip(t);
  if (protoc === undefined) return;
  const input = messageOf(new ProtobufEncoder(), sample({ command: "get", keys: "\udcff\u00e9" }));
  const show = ["--decode=weir.monitor.v1.Event", `--proto_path=${join(PROTO, "..")}`, PROTO];
  const text = execFileSync(protoc, show, { input, encoding: "utf8" });
  for (const line of [
    /^time_ms: 1767225600007$/m,
    /^ {2}type: RECORD_TYPE_DENIED$/m,
    /^ {2}verdict: VERDICT_AUDIT$/m,
    /^ {4}direction: DIRECTION_INGRESS$/m,
    /^ {6}labels: "reserved:world"$/m,
    /^ {6}address: "127\.0\.2\.1:11211"$/m,
    /^ {4}policy: "rebels"$/m,
    /^ {4}effect: EFFECT_DENY$/m,
    /^ {4}name: "keys"\n {4}value: "\\377\\303\\251"$/m,
  ]) {
    assert.match(text, line);
  }
});

test("a member of a later version is left out, an event of one is no item", () => {
  const later = Buffer.from([0x7a, 3, 1, 2, 3]);
  const bytes = messageOf(new ProtobufEncoder(), sample({ command: "get" }));
  const decoder = new EventDecoder();
  assert.deepEqual(decoder.decode(Buffer.concat([later, bytes, later])), decoder.decode(bytes));
  assert.equal(decoder.decode(Buffer.concat([Buffer.from([8, 1]), later])), undefined);
  assert.deepEqual([...new ProtobufStream().push(Buffer.concat([Buffer.of(later.length), later]))], []);
});

test("an encoder that could not encode goes on", () => {
  const encoder = new ProtobufEncoder();
  const bad = { toString: () => assert.fail("no text") } as unknown as string;
  assert.ok(!encoder.add(sample({ command: "get", keys: bad })));
  assert.ok(!encoder.add(sample({ keys: "x".repeat(1_048_576) })));
  assert.equal(encoder.byteCount, 0);
  assert.ok(encoder.add(sample({ number: 7 as unknown as string })));
  const [item] = [...new ProtobufStream().push(encoder.take())];
  assert.deepEqual(item !== undefined && "fields" in item && item.fields, { number: "7" });
});

async function schemaOf(protoc: string): Promise<DescMessage> {
  const folder = await mkdtemp(join(tmpdir(), "weir-proto-"));
  try {
    const file = join(folder, "descriptors");
    execFileSync(protoc, [`--descriptor_set_out=${file}`, `--proto_path=${join(PROTO, "..")}`, PROTO]);
    const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, await readFile(file)));
    const schema = registry.getMessage("weir.monitor.v1.Event");
    assert.ok(schema);
    return schema;
  } finally {
    await rm(folder, { recursive: true });
  }
}
