import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { create } from "@bufbuild/protobuf";
import {
  type DeltaDiscoveryRequest,
  DeltaDiscoveryRequestSchema,
  type DeltaDiscoveryResponse,
} from "../api/proto/envoy/service/discovery/v3/discovery_pb.ts";
import { WeirError } from "../lib/error.ts";
import type { DeltaSession } from "./delta-session.ts";
import { BATCH_BYTES_MAX, NAME_BYTES_MAX, RESOURCE_BYTES_MAX, RESPONSES_IN_FLIGHT_MAX } from "./limits.ts";
import { RESOURCE_KINDS, typeUrlOf } from "./resource.ts";
import { ResourceDistribution } from "./resource-distribution.ts";
import { SYNCED_TYPE_URL } from "./synced.ts";
import { ManualSchedule } from "./testing/manual-schedule.ts";

const POLICY = typeUrlOf("NetworkPolicy");

function distributionOf(time: ManualSchedule = new ManualSchedule()): ResourceDistribution {
  return new ResourceDistribution({
    epoch: "epoch",
    versionOf: (value) => createHash("sha256").update(value).digest("base64url"),
    schedule: time.schedule,
    answerMs: 1_000,
  });
}

function request(init: Partial<Omit<DeltaDiscoveryRequest, "$typeName">>): DeltaDiscoveryRequest {
  return create(DeltaDiscoveryRequestSchema, init);
}

function subscribe(session: DeltaSession): void {
  for (const kind of RESOURCE_KINDS) assert.equal(session.receive(request({ typeUrl: typeUrlOf(kind) })), undefined);
  assert.equal(session.receive(request({ typeUrl: SYNCED_TYPE_URL })), undefined);
}

/** Reads what a session sends, one at a time. */
class Reader {
  private readonly session: DeltaSession;
  private pending: Promise<DeltaDiscoveryResponse | undefined> | undefined;

  constructor(session: DeltaSession) {
    this.session = session;
  }

  async next(): Promise<DeltaDiscoveryResponse> {
    this.pending ??= this.session.next();
    const response = await this.pending;
    this.pending = undefined;
    assert.ok(response);
    return response;
  }

  /** Responses that come without anything being answered. */
  async waiting(): Promise<DeltaDiscoveryResponse[]> {
    const responses: DeltaDiscoveryResponse[] = [];
    for (;;) {
      this.pending ??= this.session.next();
      const none = new Promise<"none">((resolve) => setImmediate(resolve, "none"));
      const response = await Promise.race([this.pending, none]);
      if (response === "none" || response === undefined) return responses;
      this.pending = undefined;
      responses.push(response);
    }
  }
}

function accept(session: DeltaSession, { typeUrl, nonce }: DeltaDiscoveryResponse): string | undefined {
  return session.receive(request({ typeUrl, responseNonce: nonce }));
}

function namesOf(responses: readonly DeltaDiscoveryResponse[]): string[] {
  return responses.map(({ typeUrl, resources, removedResources }) =>
    [
      typeUrl.split(".").at(-1),
      ...resources.map(({ name }) => name),
      ...removedResources.map((name) => `-${name}`),
    ].join(" "),
  );
}

describe("a session with one subscriber", () => {
  it("sends policies one by one, identities together", async () => {
    const distribution = distributionOf();
    for (const name of ["b", "a"]) distribution.put("NetworkPolicy", name, Buffer.from(name));
    for (const name of ["2", "1"]) distribution.put("Identity", name, Buffer.from(name));
    distribution.complete();
    const session = distribution.attach("host");
    subscribe(session);
    assert.deepEqual(namesOf(await new Reader(session).waiting()), [
      "Identity 2 1",
      "NetworkPolicy b",
      "NetworkPolicy a",
      "Synced",
    ]);
  });

  it("tells that all is there before what went and came again since", async () => {
    const distribution = distributionOf();
    distribution.put("Address", "stays", Buffer.from("1"));
    distribution.put("Address", "goes", Buffer.from("1"));
    distribution.complete();
    const session = distribution.attach("host");
    subscribe(session);
    distribution.remove("Address", "goes");
    const reader = new Reader(session);
    assert.deepEqual(namesOf([await reader.next()]), ["Address stays"]);
    distribution.put("Address", "goes", Buffer.from("1"));
    assert.deepEqual(namesOf(await reader.waiting()), ["Synced", "Address goes"]);
  });

  it("bounds what goes together, and what is in flight", async () => {
    const distribution = distributionOf();
    const third = Buffer.alloc(BATCH_BYTES_MAX / 3 - 200);
    for (let name = 0; name < 4; name += 1) distribution.put("Identity", String(name), third);
    const session = distribution.attach("host");
    subscribe(session);
    assert.deepEqual(namesOf(await new Reader(session).waiting()), ["Identity 0 1 2", "Identity 3"]);
    session.close();

    for (let name = 0; name < 40; name += 1) distribution.put("NetworkPolicy", String(name), Buffer.from("x"));
    const other = distribution.attach("other");
    subscribe(other);
    const reader = new Reader(other);
    const responses = await reader.waiting();
    assert.equal(responses.length, RESPONSES_IN_FLIGHT_MAX);
    const [first] = responses;
    assert.ok(first);
    assert.equal(accept(other, first), undefined);
    assert.equal((await reader.next()).nonce, String(RESPONSES_IN_FLIGHT_MAX + 1));
  });

  it("has at most 32 MiB in flight, and sends what is longer alone", async () => {
    const distribution = distributionOf();
    for (const name of ["a", "b", "c"]) distribution.put("NetworkPolicy", name, Buffer.alloc(RESOURCE_BYTES_MAX));
    const session = distribution.attach("host");
    subscribe(session);
    // Two of them with their names are more than 32 MiB.
    assert.deepEqual(namesOf(await new Reader(session).waiting()), ["NetworkPolicy a"]);
  });

  it("says what is wrong with a request", () => {
    const cases: readonly (readonly [Parameters<typeof request>[0], RegExp])[] = [
      [{ typeUrl: "type.googleapis.com/envoy.Cluster" }, /a subscription to "type.googleapis.com\/envoy.Cluster"/],
      [{ typeUrl: POLICY, resourceNamesSubscribe: ["a"] }, /single resources/],
      [{ typeUrl: POLICY, resourceNamesUnsubscribe: ["a"] }, /single resources/],
      [{ typeUrl: SYNCED_TYPE_URL }, /no subscription to .*Identity/],
      [{ typeUrl: POLICY, responseNonce: "1" }, /an answer to response "1", where none/],
    ];
    for (const [init, reason] of cases) {
      const session = distributionOf().attach("host");
      assert.match(session.receive(request(init)) ?? "", reason);
    }
    const session = distributionOf().attach("host");
    assert.equal(session.receive(request({ typeUrl: POLICY })), undefined);
    assert.match(session.receive(request({ typeUrl: POLICY })) ?? "", /a second subscription/);
    const started = distributionOf().attach("host");
    subscribe(started);
    assert.match(started.receive(request({ typeUrl: POLICY })) ?? "", /after the last one/);
  });

  it("takes answers in the order of the responses only", async () => {
    const distribution = distributionOf();
    for (const name of ["a", "b"]) distribution.put("NetworkPolicy", name, Buffer.from(name));
    const session = distribution.attach("host");
    subscribe(session);
    const [first, second] = await new Reader(session).waiting();
    assert.ok(first && second);
    assert.match(accept(session, second) ?? "", /an answer to response "2", where 1 is to be answered/);
    assert.match(session.receive(request({ typeUrl: SYNCED_TYPE_URL, responseNonce: "1" })) ?? "", /another kind/);
    assert.equal(accept(session, first), undefined);
  });

  it("tells what all have answered, and leaves out who goes", async () => {
    const time = new ManualSchedule();
    const distribution = distributionOf(time);
    const [one, two] = [distribution.attach("one"), distribution.attach("two")];
    subscribe(one);
    subscribe(two);
    distribution.put("NetworkPolicy", "web", Buffer.from("policy"));
    const answers = distribution.answers("NetworkPolicy", "web");
    const settled = distribution.settled();
    const [response] = await new Reader(one).waiting();
    assert.ok(response);
    const errorDetail = { $typeName: "google.rpc.Status" as const, code: 3, message: "no such extension" };
    assert.equal(one.receive(request({ typeUrl: POLICY, responseNonce: response.nonce, errorDetail })), undefined);
    two.close();
    assert.deepEqual(await answers, [{ subscriber: "one", accepted: false, reason: "no such extension" }]);
    assert.deepEqual(await settled, []);
    assert.equal(time.waiting, 0, "no timer is left");
    assert.deepEqual(await distribution.answers("NetworkPolicy", "web"), [
      { subscriber: "one", accepted: false, reason: "no such extension" },
    ]);
  });

  it("counts who does not answer in time as one that refuses, also before it has subscribed", async () => {
    const time = new ManualSchedule();
    const distribution = distributionOf(time);
    distribution.attach("host");
    distribution.put("NetworkPolicy", "web", Buffer.from("policy"));
    const answers = distribution.answers("NetworkPolicy", "web");
    const settled = distribution.settled();
    time.pass(999);
    assert.equal(time.waiting, 2);
    time.pass(1);
    assert.deepEqual(await answers, [
      { subscriber: "host", accepted: false, reason: "it has not answered within 1000 ms" },
    ]);
    assert.deepEqual(await settled, ["host"]);
  });

  it("waits for all that was put before, and for nothing that was put later", async () => {
    const distribution = distributionOf();
    const session = distribution.attach("host");
    subscribe(session);
    distribution.put("NetworkPolicy", "a", Buffer.from("1"));
    const reader = new Reader(session);
    const first = await reader.next();
    distribution.put("NetworkPolicy", "b", Buffer.from("1"));
    let isSettled = false;
    const settled = distribution.settled().then(() => {
      isSettled = true;
    });
    // It changes again while it waits: it keeps its place.
    distribution.put("NetworkPolicy", "b", Buffer.from("2"));
    distribution.put("NetworkPolicy", "c", Buffer.from("1"));
    accept(session, first);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isSettled, false);
    const next = await reader.next();
    assert.deepEqual(namesOf([next]), ["NetworkPolicy b"]);
    accept(session, next);
    await settled;
  });

  it("tells of the answer to what a subscriber has already, but never while it is put", async () => {
    const distribution = distributionOf();
    const version = distribution.put("NetworkPolicy", "web", Buffer.from("policy"));
    const told: string[] = [];
    distribution.onAnswer((kind, name, which, { accepted }) =>
      told.push(`${kind} ${name} ${which === version} ${accepted}`),
    );
    const session = distribution.attach("host");
    for (const kind of RESOURCE_KINDS) {
      const initialResourceVersions = kind === "NetworkPolicy" ? { web: version } : {};
      session.receive(request({ typeUrl: typeUrlOf(kind), initialResourceVersions }));
    }
    session.receive(request({ typeUrl: SYNCED_TYPE_URL, initialResourceVersions: { epoch: "epoch" } }));
    assert.deepEqual(told.splice(0), ["NetworkPolicy web true true"]);
    distribution.put("NetworkPolicy", "web", Buffer.from("policy"));
    assert.deepEqual(told, []);
    await Promise.resolve();
    assert.deepEqual(told, ["NetworkPolicy web true true"]);
    assert.deepEqual(await new Reader(session).waiting(), []);
  });

  it("takes no resource that could not be delivered", () => {
    const distribution = distributionOf();
    const refused = (name: string, value: Uint8Array): void =>
      assert.throws(
        () => distribution.put("NetworkPolicy", name, value),
        (error) => error instanceof WeirError && error.code === "WEIR_LIMIT_EXCEEDED",
        name,
      );
    refused("a", Buffer.alloc(RESOURCE_BYTES_MAX + 1));
    refused("é".repeat(NAME_BYTES_MAX / 2 + 1), Buffer.alloc(1));
    refused("", Buffer.alloc(1));
    refused("__proto__", Buffer.alloc(1));
  });
});
