import assert from "node:assert/strict";
import { test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import type { NumericIdentity } from "../../api/identity.ts";
import { NetworkPolicySchema } from "../../api/proto/weir/v1/resources_pb.ts";
import { decodePolicy } from "../../policy/description/decode-policy.ts";
import { labelSet } from "../../policy/testing/documents.ts";
import { encodeEndpoint } from "../../resources/endpoint-resource.ts";
import { encodeIdentity } from "../../resources/identity-resource.ts";
import type { Resource, ResourceKind, ResourceUpdate } from "../../xds/resource.ts";
import { KeptResources } from "./kept-resources.ts";

function rules(name: string): Resource {
  return { name, version: name, value: Buffer.from(`rules ${name}`) };
}

function policy(endpoint: string, rules: string, identity = 300): Resource {
  const message = create(NetworkPolicySchema, { endpoint, identity, rules, ingress: {}, egress: {} });
  return { name: endpoint, version: rules, value: toBinary(NetworkPolicySchema, message) };
}

/** Endpoint `a` to `c`, with one identity, which has another number under another agent. */
function who(id: number, ...endpoints: string[]): readonly ResourceUpdate[] {
  const identity = id as NumericIdentity;
  const labels = labelSet("app=e");
  return [
    put("Identity", { name: String(id), version: "1", value: encodeIdentity({ id: identity, labels }) }),
    put(
      "Endpoint",
      ...endpoints.map((name) => ({ name, version: "1", value: encodeEndpoint({ name, identity, addresses: [] }) })),
    ),
  ];
}

const put = (kind: ResourceKind, ...put: Resource[]): ResourceUpdate => ({ kind, put, removed: [] });
const remove = (kind: ResourceKind, ...removed: string[]): ResourceUpdate => ({ kind, put: [], removed });

function namesOf(kept: KeptResources): readonly string[] {
  const resources = kept.lastGood().resources.filter(({ kind }) => kind !== "Identity" && kind !== "Endpoint");
  return resources.map(({ kind, name, version }) => `${kind} ${name}=${version}`);
}

test("rules are kept once, before the policies in force that refer to them, and as long as one does", () => {
  const kept = new KeptResources("one");
  const note = (update: ResourceUpdate, accepted = true): void => kept.note(update, accepted, kept);
  for (const update of who(300, "a", "b", "c")) note(update);
  note(put("NetworkPolicy", policy("b", "r")));
  note(put("PolicyRules", rules("r"), rules("s")));
  note(put("NetworkPolicy", policy("a", "r")));
  assert.deepEqual(namesOf(kept), ["PolicyRules r=r", "NetworkPolicy b=r", "NetworkPolicy a=r"]);
  // The agent holds the newest for delivered, and has taken away what that does not need.
  note(put("NetworkPolicy", policy("a", "s")), false);
  note(remove("PolicyRules", "r"));
  note(remove("NetworkPolicy", "b"));
  assert.deepEqual(namesOf(kept), ["PolicyRules r=r", "NetworkPolicy a=r"]);
  note(put("NetworkPolicy", policy("a", "s")));
  assert.deepEqual(namesOf(kept), ["PolicyRules s=s", "NetworkPolicy a=s"]);
  note(put("NetworkPolicy", policy("c", "r")));
  assert.deepEqual(namesOf(kept), ["PolicyRules s=s", "NetworkPolicy a=s", "NetworkPolicy c=r"], "they were forgotten");
});

test("what another agent's refused policy leaves in force keeps its rules", () => {
  const former = new KeptResources("one");
  for (const update of [...who(300, "a"), put("PolicyRules", rules("r")), put("NetworkPolicy", policy("a", "r"))]) {
    former.note(update, true, former);
  }
  const kept = new KeptResources("two");
  for (const update of who(301, "a", "b")) kept.note(update, true, former);
  kept.note(put("PolicyRules", rules("s")), true, former);
  kept.note(put("NetworkPolicy", policy("a", "s")), false, former);
  kept.note(put("NetworkPolicy", policy("b", "s")), false, former);
  assert.deepEqual(namesOf(kept), ["PolicyRules r=r", "NetworkPolicy a=r", "NetworkPolicy b=s"]);
  const decoded = kept
    .lastGood()
    .resources.flatMap(({ kind, value }) => (kind === "NetworkPolicy" ? [decodePolicy(value)] : []));
  assert.deepEqual(
    decoded.map((one) => "policy" in one && [one.policy.identity, one.policy.ingress.kind]),
    [
      [301, "rules"],
      [301, "denied"],
    ],
  );
  kept.note(put("NetworkPolicy", policy("a", "s", 301)), true, former);
  assert.deepEqual(namesOf(kept), ["PolicyRules s=s", "NetworkPolicy a=s", "NetworkPolicy b=s"]);
  kept.note(remove("NetworkPolicy", "a", "b"), true, former);
  assert.deepEqual(namesOf(kept), []);
});
