import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type DeltaDiscoveryResponse,
  DeltaDiscoveryResponseSchema,
} from "../api/proto/envoy/service/discovery/v3/discovery_pb.ts";
import { DeltaClient } from "./delta-client.ts";
import { NAME_BYTES_MAX, RESOURCE_BYTES_MAX } from "./limits.ts";
import { RESOURCE_KINDS, typeUrlOf } from "./resource.ts";
import { SYNCED_TYPE_URL } from "./synced.ts";
import { ModelConsumer } from "./testing/model-consumer.ts";

const POLICY = typeUrlOf("NetworkPolicy");
const ADDRESS = typeUrlOf("Address");

function response(init: MessageInitShape<typeof DeltaDiscoveryResponseSchema>): DeltaDiscoveryResponse {
  return create(DeltaDiscoveryResponseSchema, { systemVersionInfo: "one", typeUrl: POLICY, nonce: "1", ...init });
}

function policy(name: string, content: string, version = "v", typeUrl = POLICY) {
  return { name, version, resource: { typeUrl, value: Buffer.from(content) } };
}

describe("a host's side of delta xDS", () => {
  it("subscribes to everything, in order, and last says whose its resources are", async () => {
    const client = new DeltaClient("host", new ModelConsumer());
    const first = await client.connect();
    assert.deepEqual(
      first.map(({ typeUrl }) => typeUrl),
      [...RESOURCE_KINDS.map(typeUrlOf), SYNCED_TYPE_URL],
    );
    assert.equal(first[0]?.node?.id, "host");
    assert.deepEqual(first.at(-1)?.initialResourceVersions, {});
    await client.receive(response({ resources: [policy("a", "good", "v1")] }));
    await client.receive(response({ resources: [policy("b", "bad", "v2")] }));
    const again = await client.connect();
    assert.deepEqual(again.at(-1)?.initialResourceVersions, { epoch: "one" });
    const policies = again.find(({ typeUrl }) => typeUrl === POLICY);
    assert.deepEqual(policies?.initialResourceVersions, { a: "v1", b: "" });
  });

  it("says what is wrong with a response, and gives nothing of it to anybody", async () => {
    const cases: readonly (readonly [MessageInitShape<typeof DeltaDiscoveryResponseSchema>, RegExp])[] = [
      [{ nonce: "" }, /without a nonce/],
      [{ systemVersionInfo: "" }, /without an epoch/],
      [{ typeUrl: "type.googleapis.com/x" }, /of the kind "type.googleapis.com\/x"/],
      [{ resources: [policy("a", "x", "")] }, /without a version/],
      [{ resources: [policy("a", "x", "v", ADDRESS)] }, /a NetworkPolicy that is none/],
      [{ resources: [{ name: "a", version: "v" }] }, /a NetworkPolicy that is none/],
      [{ resources: [policy("a", "x"), policy("a", "y")] }, /the same NetworkPolicy twice/],
      [{ resources: [policy("a", "x")], removedResources: ["a"] }, /the same NetworkPolicy twice/],
      [{ resources: [policy("", "x")] }, /whose name has not 1 to/],
      [{ removedResources: ["x".repeat(NAME_BYTES_MAX + 1)] }, /whose name has not 1 to/],
      [{ resources: [policy("a", "x".repeat(RESOURCE_BYTES_MAX + 1))] }, /of more than 16777216 bytes/],
    ];
    for (const [init, reason] of cases) {
      const consumer = new ModelConsumer();
      const client = new DeltaClient("host", consumer);
      await client.connect();
      const reply = await client.receive(response(init));
      assert.match("malformed" in reply ? reply.malformed : "nothing", reason);
      assert.deepEqual(
        consumer.log.filter((line) => line !== "begin one"),
        [],
      );
    }
  });

  it("takes nothing of another agent on the same stream", async () => {
    const client = new DeltaClient("host", new ModelConsumer());
    await client.connect();
    await client.receive(response({}));
    assert.deepEqual(await client.receive(response({ systemVersionInfo: "two" })), {
      malformed: "a response of another epoch on the same stream",
    });
  });

  it("refuses what its consumer throws at", async () => {
    const consumer = new ModelConsumer();
    consumer.update = () => Promise.reject(new RangeError("too many"));
    consumer.synced = () => Promise.reject(new Error("no listener"));
    const client = new DeltaClient("host", consumer);
    await client.connect();
    const reply = await client.receive(response({ resources: [policy("a", "x")] }));
    assert.ok("answer" in reply);
    assert.equal(reply.answer.errorDetail?.message, "RangeError: too many");
    const synced = await client.receive(response({ typeUrl: SYNCED_TYPE_URL, nonce: "2" }));
    assert.deepEqual(synced, { malformed: "what cannot be put in force: Error: no listener" });
    // The same agent has to send everything again.
    const requests = await client.connect();
    assert.deepEqual(
      requests.flatMap(({ initialResourceVersions }) => Object.keys(initialResourceVersions)),
      [],
    );
    await client.receive(response({}));
    assert.equal(consumer.begun, 2);
  });

  it("begins the next stream when the consumer has settled, and tells what it has taken then", async () => {
    const consumer = new ModelConsumer();
    let go = (): void => {};
    const update = consumer.update.bind(consumer);
    consumer.update = (what) =>
      new Promise((resolve) => {
        go = () => resolve(update(what));
      });
    const client = new DeltaClient("host", consumer);
    await client.connect();
    const received = client.receive(response({ resources: [policy("a", "x", "v1")] }));
    const connecting = client.connect();
    go();
    await received;
    const policies = (await connecting).find(({ typeUrl }) => typeUrl === POLICY);
    assert.deepEqual(policies?.initialResourceVersions, { a: "v1" });
  });

  it("begins anew where it has more than a message can tell", async () => {
    const consumer = new ModelConsumer();
    const client = new DeltaClient("host", consumer);
    await client.connect();
    const name = (number: number): string => `${number}-`.padEnd(NAME_BYTES_MAX, "x");
    for (let part = 0; part < 17; part += 1) {
      const resources = Array.from({ length: 1_000 }, (_, index) =>
        policy(name(part * 1_000 + index), "", "v", ADDRESS),
      );
      const reply = await client.receive(response({ typeUrl: ADDRESS, resources }));
      assert.ok("answer" in reply);
    }
    const requests = await client.connect();
    assert.deepEqual(
      requests.flatMap(({ initialResourceVersions }) => Object.keys(initialResourceVersions)),
      [],
    );
    await client.receive(response({}));
    assert.equal(consumer.begun, 2);
  });
});
