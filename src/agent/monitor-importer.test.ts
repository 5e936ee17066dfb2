import assert from "node:assert/strict";
import { test } from "node:test";
import type { AgentEvent } from "../api/monitor-event.ts";
import { LocalIdentityAllocator } from "../identity/local-allocator.ts";
import { parsePolicyText } from "../policy/document/parse-policy-text.ts";
import { PolicyRepository } from "../policy/repository.ts";
import type { DocumentSource, PolicyDocument } from "../policy/rule.ts";
import { SelectorCache } from "../policy/selector-cache.ts";
import { AnnouncingImporter } from "./monitor-importer.ts";

const A: DocumentSource = { kind: "file", name: "a.yaml" };
const B: DocumentSource = { kind: "file", name: "b.yaml" };
const API: DocumentSource = { kind: "api", name: "c.yaml" };

function documents(source: DocumentSource, ...names: string[]): readonly PolicyDocument[] {
  const texts = names.map((name) => {
    const [key = "", app = "x"] = name.split("=");
    return `apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: ${key}}\nspec:\n  endpointSelector: {matchLabels: {app: ${app}}}\n  ingress: [{}]\n`;
  });
  const parsed = parsePolicyText(texts.join("---\n"), source, new Map());
  assert.deepEqual(parsed.errors, []);
  return parsed.documents;
}

function bench() {
  const told: AgentEvent[] = [];
  const repository = new PolicyRepository(new SelectorCache(new LocalIdentityAllocator()));
  const networks = { acquire: async () => {}, release: async () => {} };
  const notifier = { notify: (event: AgentEvent) => void told.push(event) };
  const importer = new AnnouncingImporter(repository, { regenerate: async () => {} }, networks, notifier);
  return { importer, take: () => told.splice(0).map(({ subtype, message }) => [subtype, message]) };
}

test("what is put and removed is told with its revision, once it is in force", async () => {
  const { importer, take } = bench();
  await importer.put(documents(API, "a", "b"));
  assert.deepEqual(take(), [["Policy updated", { policies: ["a", "b"], revision: 2, ruleCount: 2 }]]);
  await importer.remove("a");
  assert.deepEqual(take(), [["Policy deleted", { policies: ["a"], revision: 3 }]]);
  await assert.rejects(importer.remove("a"));
  assert.deepEqual(take(), []);
});

test("files: what is gone is told, what only moved or was touched is not", async () => {
  const { importer, take } = bench();
  await importer.replace([{ source: A, documents: documents(A, "a", "b", "c") }]);
  take();
  await importer.replace([{ source: A, documents: documents(A, "a", "b", "c") }]);
  assert.deepEqual(take(), [], "touched");
  await importer.replace([
    { source: A, documents: documents(A, "a=y") },
    { source: B, documents: documents(B, "b") },
  ]);
  assert.deepEqual(take(), [
    ["Policy updated", { policies: ["a", "b"], revision: 3, ruleCount: 2 }],
    ["Policy deleted", { policies: ["c"], revision: 3 }],
  ]);
  await importer.replace([{ source: B, documents: [] }]);
  assert.deepEqual(take(), [["Policy deleted", { policies: ["b"], revision: 4 }]]);
});
