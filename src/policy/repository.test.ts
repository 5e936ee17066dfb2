import assert from "node:assert/strict";
import { test } from "node:test";
import { LocalIdentityAllocator } from "../identity/local-allocator.ts";
import { PolicyRepository, type RepositoryUpdate } from "./repository.ts";
import { REPOSITORY_LIMITS, type RepositoryLimits, statementsOf } from "./repository-limits.ts";
import type { DocumentSource, PolicyDocument } from "./rule.ts";
import { SelectorCache } from "./selector-cache.ts";
import { labelSet, policyDocument, type RuleSketch } from "./testing/documents.ts";

const FILE_A: DocumentSource = { kind: "file", name: "a.yaml" };
const FILE_B: DocumentSource = { kind: "file", name: "b.yaml" };
const API: DocumentSource = { kind: "api", name: "api" };
const SCRIPT: DocumentSource = { kind: "api", name: "script" };
const DB: RuleSketch = { selects: ["app=db"], ingress: [{ peers: [["app=web"]] }] };
const WEB: RuleSketch = { selects: ["app=web"], egress: [{ peers: "none" }] };

function setUp(limits: Partial<RepositoryLimits> = {}): {
  allocator: LocalIdentityAllocator;
  repository: PolicyRepository;
} {
  const allocator = new LocalIdentityAllocator();
  return {
    allocator,
    repository: new PolicyRepository(new SelectorCache(allocator), { ...REPOSITORY_LIMITS, ...limits }),
  };
}

/** Sources with all that they provide. */
function replace(...sources: readonly [DocumentSource, ...PolicyDocument[]][]): RepositoryUpdate {
  return {
    replaced: sources.map(([source]) => source),
    put: sources.flatMap(([, ...documents]) => documents),
    removed: [],
  };
}

function put(...documents: readonly PolicyDocument[]): RepositoryUpdate {
  return { replaced: [], put: documents, removed: [] };
}

function keys(repository: PolicyRepository): string[] {
  return repository.list().map(({ key, source }) => `${key} ${source.name}`);
}

test("every change makes a revision, and what changes nothing makes none", () => {
  const { repository } = setUp();
  assert.equal(repository.revision, 1);
  assert.equal(repository.apply(replace([FILE_A, policyDocument("p", [DB], FILE_A)])).revision, 2);
  assert.equal(repository.apply(replace([FILE_A, policyDocument("p", [DB], FILE_A)])).revision, 2);
  assert.equal(repository.apply(replace([FILE_A, policyDocument("p", [DB, WEB], FILE_A)])).revision, 3);
  assert.equal(repository.apply(replace([FILE_A])).revision, 4);
  assert.equal(repository.apply(replace([FILE_A])).revision, 4);
  assert.equal(repository.apply(put(policyDocument("empty", [], API))).revision, 5);
});

test("a source is replaced as a whole, others stay", () => {
  const { repository } = setUp();
  const [one, two] = [policyDocument("one", [DB], FILE_A), policyDocument("two", [DB], FILE_A)];
  repository.apply(replace([FILE_A, one, two], [FILE_B, policyDocument("three", [WEB], FILE_B)]));
  repository.apply(replace([FILE_A, two]));
  assert.deepEqual(keys(repository), ["three b.yaml", "two a.yaml"]);
});

test("a name that comes from two files is refused, naming both, and nothing changes", () => {
  const { repository } = setUp();
  repository.apply(replace([FILE_A, policyDocument("p", [DB], FILE_A)]));
  const update = replace([FILE_B, policyDocument("new", [WEB], FILE_B), policyDocument("p", [WEB], FILE_B)]);
  assert.throws(() => repository.apply(update), {
    code: "WEIR_POLICY_CONFLICT",
    message: /"p" of b\.yaml is in force from a\.yaml/,
  });
  assert.throws(() => repository.apply(replace([FILE_A, ...twins(FILE_A)])), {
    code: "WEIR_POLICY_CONFLICT",
    message: /"twin" stands twice in a\.yaml/,
  });
  assert.throws(() => repository.apply(put(policyDocument("p", [WEB], API))), { code: "WEIR_POLICY_CONFLICT" });
  assert.deepEqual(keys(repository), ["p a.yaml"]);
  assert.equal(repository.revision, 2);
});

function twins(source: DocumentSource): PolicyDocument[] {
  return [policyDocument("twin", [DB], source), policyDocument("twin", [WEB], source)];
}

test("a document may move between files in one update, in either order, and change or swap on the way", () => {
  for (const reversed of [false, true]) {
    const { repository } = setUp();
    repository.apply(replace([FILE_A, policyDocument("p", [DB], FILE_A)], [FILE_B, policyDocument("q", [DB], FILE_B)]));
    const moves: [DocumentSource, PolicyDocument][] = [
      [FILE_A, policyDocument("q", [DB], FILE_A)],
      [FILE_B, policyDocument("p", [WEB], FILE_B)],
    ];
    assert.equal(repository.apply(replace(...(reversed ? moves.reverse() : moves))).revision, 3);
    assert.deepEqual(keys(repository), ["p b.yaml", "q a.yaml"]);
  }
});

test("a document that only moved has its new source and makes no revision", () => {
  const { repository } = setUp();
  repository.apply(replace([FILE_A, policyDocument("p", [DB], FILE_A)]));
  repository.apply(replace([FILE_A], [FILE_B, policyDocument("p", [DB], FILE_B)]));
  assert.deepEqual(keys(repository), ["p b.yaml"]);
  assert.equal(repository.revision, 2);
  repository.apply(replace([FILE_A]));
  assert.deepEqual(keys(repository), ["p b.yaml"]);
});

test("documents of the API are replaced by name, whoever sends them, and may be removed", () => {
  const { repository } = setUp();
  repository.apply(put(policyDocument("p", [DB], API), policyDocument("q", [DB], API)));
  repository.apply(put(policyDocument("p", [WEB], SCRIPT)));
  assert.deepEqual(keys(repository), ["p script", "q api"]);
  repository.apply({ replaced: [], put: [], removed: ["q"] });
  assert.deepEqual(keys(repository), ["p script"]);
});

test("what cannot be removed is told, and then nothing is", () => {
  const { repository } = setUp();
  repository.apply(put(policyDocument("p", [DB], API), policyDocument("f", [DB], FILE_A)));
  const remove = (...removed: string[]) => repository.apply({ replaced: [], put: [], removed });
  assert.throws(() => remove("p", "nobody"), { code: "WEIR_POLICY_NOT_FOUND", message: /"nobody"/ });
  assert.throws(() => remove("p", "f"), { code: "WEIR_POLICY_CONFLICT", message: /"f".*a\.yaml.*delete it there/ });
  assert.deepEqual(keys(repository), ["f a.yaml", "p api"]);
});

test("affected are the identities that old or new rules select", async () => {
  const { allocator, repository } = setUp();
  const db = await allocator.allocate(labelSet("app=db"));
  const web = await allocator.allocate(labelSet("app=web"));
  const inForce = (rule: RuleSketch): RepositoryUpdate => replace([FILE_A, policyDocument("p", [rule], FILE_A)]);
  const applied = (update: RepositoryUpdate): boolean[] => {
    const change = repository.apply(update);
    const result = [change.affected.has(db.id), change.affected.has(web.id)];
    repository.prune();
    return result;
  };
  assert.deepEqual(applied(inForce(DB)), [true, false]);
  assert.deepEqual(applied(inForce(DB)), [false, false]);
  assert.deepEqual(applied(inForce(WEB)), [true, true]);
  assert.deepEqual(applied(replace([FILE_A])), [false, true]);
  assert.deepEqual(applied(inForce({ ...DB, selects: [] })), [true, true]);
});

test("rules are found by labels, in the order of names and places, whatever came first", () => {
  const { repository } = setUp();
  repository.apply(put(policyDocument("z", [DB, WEB, { ...DB, selects: [] }], API)));
  repository.apply(put(policyDocument("a", [{ ...DB, selects: ["app=db", "env=prod"] }], API)));
  const found = (...texts: string[]): string[] =>
    repository.rulesFor(labelSet(...texts)).map(({ policy, rule }) => `${policy} ${rule.path}`);
  assert.deepEqual(found("app=db", "env=prod"), ["a specs[0]", "z specs[0]", "z specs[2]"]);
  assert.deepEqual(found("k8s:app=db"), ["z specs[0]", "z specs[2]"]);
  assert.deepEqual(found("x=y"), ["z specs[2]"]);
  repository.apply({ replaced: [], put: [], removed: ["z"] });
  assert.deepEqual(found("app=db"), []);
});

test("the number of documents is bounded; replacing is possible at the bound", () => {
  const { repository } = setUp({ documentsMax: 2 });
  repository.apply(put(policyDocument("a", [DB], API), policyDocument("b", [DB], API)));
  assert.throws(() => repository.apply(put(policyDocument("c", [DB], API))), { code: "WEIR_LIMIT_EXCEEDED" });
  repository.apply(put(policyDocument("b", [WEB], API)));
  repository.apply({ replaced: [], put: [policyDocument("c", [DB], API)], removed: ["a"] });
  assert.deepEqual(keys(repository), ["b api", "c api"]);
});

test("more rules for one endpoint than a call takes arguments are all found, each once", () => {
  const { repository } = setUp({ statementsMax: Number.POSITIVE_INFINITY });
  const rule: RuleSketch = { selects: [], ingress: [{ peers: "none" }] };
  const rules = Array.from({ length: 1000 }, () => rule);
  const documents = Array.from({ length: 150 }, (_, index) => policyDocument(`p${index}`, rules, API));
  repository.apply(put(...documents));
  assert.equal(repository.rulesFor(labelSet("app=db")).length, 150_000);
});

test("a label called like an entity finds no rule twice", () => {
  const { repository } = setUp();
  repository.apply(put(policyDocument("p", [{ ...DB, selects: ["cluster="] }], API)));
  repository.apply(put(policyDocument("q", [{ ...DB, selects: ["has cluster"] }], API)));
  const found = repository.rulesFor(labelSet("cluster="));
  assert.deepEqual(
    found.map(({ policy }) => policy),
    ["p", "q"],
  );
});

test("what all documents say together is bounded, and what goes makes room", () => {
  const { repository } = setUp({ documentsMax: 3, statementsMax: 10 });
  const l7 = { parser: "alpha", rules: [{ cmd: "a" }, { cmd: "b" }, { cmd: "c" }] };
  const wide: RuleSketch = { selects: [], ingress: [{ peers: "any", toPorts: [{ ports: ["80"], l7 }] }] };
  const five = policyDocument("five", [wide], API);
  assert.equal(statementsOf(five), 5);
  repository.apply(put(five, policyDocument("two", [DB], API), policyDocument("three", [DB, { selects: [] }], API)));
  const more = { ...policyDocument("five", [wide, WEB], API) };
  assert.throws(() => repository.apply(put(more, policyDocument("four", [], API))), {
    code: "WEIR_LIMIT_EXCEEDED",
    message: /^4 policy documents are too many: at most 3; 12 rules, items and .* are too many: at most 10$/,
  });
  assert.deepEqual(keys(repository), ["five api", "three api", "two api"]);
  for (let round = 0; round < 3; round++) {
    repository.apply({ replaced: [], put: [more], removed: ["two"] });
    repository.apply({ replaced: [], put: [policyDocument("two", [DB], API)], removed: ["five"] });
    repository.apply(put(five));
  }
  assert.throws(() => repository.apply(put(more)), { code: "WEIR_LIMIT_EXCEEDED" });
});
