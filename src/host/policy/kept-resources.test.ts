import assert from "node:assert/strict";
import { test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { NetworkPolicySchema } from "../../api/proto/weir/v1/resources_pb.ts";
import type { Resource, ResourceKind, ResourceUpdate } from "../../xds/resource.ts";
import { KeptResources } from "./kept-resources.ts";

function rules(name: string): Resource {
  return { name, version: name, value: Buffer.from(`rules ${name}`) };
}

function policy(endpoint: string, rules: string): Resource {
  const message = create(NetworkPolicySchema, { endpoint, rules, ingress: {}, egress: {} });
  return { name: endpoint, version: rules, value: toBinary(NetworkPolicySchema, message) };
}

const put = (kind: ResourceKind, ...put: Resource[]): ResourceUpdate => ({ kind, put, removed: [] });
const remove = (kind: ResourceKind, ...removed: string[]): ResourceUpdate => ({ kind, put: [], removed });

function namesOf(kept: KeptResources): readonly string[] {
  return kept.lastGood().resources.map(({ kind, name, version }) => `${kind} ${name}=${version}`);
}

test("rules are kept once, before the policies in force that refer to them, and as long as one does", () => {
  const kept = new KeptResources("one");
  const note = (update: ResourceUpdate, accepted = true): void => kept.note(update, accepted, kept);
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
  for (const update of [put("PolicyRules", rules("r")), put("NetworkPolicy", policy("a", "r"))]) {
    former.note(update, true, former);
  }
  const kept = new KeptResources("two");
  kept.note(put("PolicyRules", rules("s")), true, former);
  kept.note(put("NetworkPolicy", policy("a", "s")), false, former);
  kept.note(put("NetworkPolicy", policy("b", "s")), false, former);
  assert.deepEqual(namesOf(kept), ["PolicyRules r=r", "NetworkPolicy a=r"]);
  kept.note(put("NetworkPolicy", policy("a", "s")), true, former);
  assert.deepEqual(namesOf(kept), ["PolicyRules s=s", "NetworkPolicy a=s"]);
  kept.note(remove("NetworkPolicy", "a"), true, former);
  assert.deepEqual(namesOf(kept), []);
});
