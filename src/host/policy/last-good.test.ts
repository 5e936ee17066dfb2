import assert from "node:assert/strict";
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { NumericIdentity } from "../../api/identity.ts";
import { parseAddress } from "../../lib/ip/address.ts";
import type { Schedule } from "../../lib/schedule.ts";
import { EXTENSIONS, labelSet, policyDocument } from "../../policy/testing/documents.ts";
import { encodeEndpoint } from "../../resources/endpoint-resource.ts";
import { encodeIdentity } from "../../resources/identity-resource.ts";
import type { Resource, ResourceConsumer, ResourceKind, ResourceUpdate } from "../../xds/resource.ts";
import { LastGoodKeeper, replay } from "./last-good.ts";
import { readLastGood, removeDrafts, writeLastGood } from "./last-good-file.ts";
import { encodeLastGood } from "./last-good-format.ts";
import { deniedPolicy } from "./policy-message.ts";
import { PolicyWorld } from "./policy-world.ts";
import { picture } from "./testing/picture.ts";
import { TestAgent } from "./testing/test-agent.ts";
import { TestTarget } from "./testing/test-target.ts";

/** Time that passes when a test says so. */
class Timer {
  readonly waiting = new Set<() => void>();
  readonly schedule: Schedule = (_delayMs, task) => {
    this.waiting.add(task);
    return () => this.waiting.delete(task);
  };

  pass(): void {
    for (const task of [...this.waiting]) {
      this.waiting.delete(task);
      task();
    }
  }
}

/** Refuses what says so. */
class Consumer implements ResourceConsumer {
  readonly heard: string[] = [];

  begin(epoch: string): void {
    this.heard.push(`begin ${epoch}`);
  }

  async update({ kind, put, removed }: ResourceUpdate): Promise<string | undefined> {
    this.heard.push(`${kind} ${put.map(({ name, value }) => `${name}=${Buffer.from(value)}`)} ${removed}`.trim());
    return put.some(({ version }) => version === "bad") ? "bad" : undefined;
  }

  async synced(): Promise<void> {
    this.heard.push("synced");
  }
}

async function folder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "weir-last-good-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

const resource = (name: string, text: string): Resource => ({ name, version: text, value: Buffer.from(text) });
const put = (kind: ResourceKind, ...resources: Resource[]): ResourceUpdate => ({ kind, put: resources, removed: [] });

async function kept(path: string): Promise<readonly string[]> {
  const read = await readLastGood(path);
  assert.ok(read !== undefined && "lastGood" in read, JSON.stringify(read));
  const { epoch, resources } = read.lastGood;
  return [epoch, ...resources.map(({ kind, name, version }) => `${kind} ${name}=${version}`)];
}

test("a host goes on where the one before it ended", async () => {
  await using dir = await folder();
  const path = join(dir.path, "last-good-0");
  const agent = new TestAgent();
  const address = parseAddress("10.0.0.1");
  assert.ok(address);
  const spec = { name: "e", addresses: [address], labels: labelSet("app=a"), audit: false, observe: [] };
  await agent.manager.add([spec]);
  const rules = [{ selects: ["app=a"], ingress: [{ peers: [{ cidr: "192.0.2.0/24" }] }, { peers: [["app=a"]] }] }];
  await agent.importer.put([policyDocument("p", rules)]);

  const timer = new Timer();
  const problems: string[] = [];
  const first = new TestTarget();
  const keeper = new LastGoodKeeper({
    path,
    consumer: new PolicyWorld(first, EXTENSIONS),
    schedule: timer.schedule,
    onProblem: (problem) => problems.push(problem),
  });
  keeper.begin("one");
  for (let next = agent.next(); next; next = agent.next()) assert.equal(await keeper.update(next), undefined);
  timer.pass();
  assert.equal(await readLastGood(path), undefined, "what is not complete is not kept");
  await keeper.synced();
  timer.pass();
  await keeper.settled();
  assert.deepEqual(problems, []);
  assert.equal((await stat(path)).mode & 0o777, 0o600);

  const second = new TestTarget();
  const peers = new PolicyWorld(second, EXTENSIONS);
  const read = await readLastGood(path);
  assert.ok(read && "lastGood" in read);
  assert.deepEqual(await replay(read.lastGood, peers), []);
  const numbers = agent.identities.list().map(({ id }) => id);
  const subjects = { numbers, addresses: ["10.0.0.1", "192.0.2.9", "127.0.0.1"], endpoints: ["e"] };
  const seen = picture({ peers, policies: second.policies }, subjects);
  assert.deepEqual(seen, picture(agent, subjects));
  assert.ok(seen.some((line) => line.includes("allowed by p")));
});

test("what is refused leaves the last good one on disk, also under another agent", async () => {
  await using dir = await folder();
  const path = join(dir.path, "last-good-0");
  const timer = new Timer();
  const schedule = timer.schedule;
  const keeper = new LastGoodKeeper({ path, consumer: new Consumer(), schedule, onProblem: assert.fail });
  const written = async (): Promise<readonly string[]> => {
    timer.pass();
    await keeper.settled();
    return kept(path);
  };
  const who = async (version: string): Promise<void> => {
    const id = 1 as NumericIdentity;
    const value = encodeIdentity({ id, labels: labelSet("app=e") });
    await keeper.update(put("Identity", { name: "1", version, value }));
    await keeper.update(
      put("Endpoint", { name: "e", version, value: encodeEndpoint({ name: "e", identity: id, addresses: [] }) }),
    );
  };
  keeper.begin("one");
  await who("x");
  await keeper.update(put("Identity", resource("2", "y")));
  const good = { name: "e", version: "good", value: deniedPolicy("e", 1 as NumericIdentity) };
  await keeper.update(put("NetworkPolicy", good));
  await keeper.update(put("NetworkPolicy", resource("f", "good")));
  await keeper.synced();
  assert.equal(await keeper.update(put("NetworkPolicy", resource("e", "bad"))), "bad");
  assert.equal(await keeper.update(put("Listener", resource("l", "bad"))), "bad");
  const first = [
    "one",
    "Identity 1=x",
    "Identity 2=y",
    "Endpoint e=x",
    "NetworkPolicy e=good",
    "NetworkPolicy f=good",
    "Listener l=bad",
  ];
  assert.deepEqual(await written(), first);
  await keeper.update({ kind: "Identity", put: [], removed: ["2"] });
  const second = first.filter((line) => line !== "Identity 2=y");
  assert.deepEqual(await written(), second);

  keeper.begin("two");
  await who("z");
  await keeper.update(put("NetworkPolicy", resource("e", "bad")));
  await keeper.update(put("NetworkPolicy", resource("g", "bad")));
  assert.equal(timer.waiting.size, 0, "the old is in force until all is there");
  await keeper.synced();
  assert.deepEqual(await written(), [
    "two",
    "Identity 1=z",
    "Endpoint e=z",
    "NetworkPolicy e=good",
    "NetworkPolicy g=bad",
  ]);
  await keeper.close();
  await keeper.update(put("Identity", resource("3", "z")));
  assert.equal(timer.waiting.size, 0, "the file belongs to another host");
});

test("changes are written together, and those that come meanwhile after that", async () => {
  await using dir = await folder();
  const path = join(dir.path, "last-good-0");
  const timer = new Timer();
  const schedule = timer.schedule;
  const keeper = new LastGoodKeeper({ path, consumer: new Consumer(), schedule, onProblem: assert.fail });
  keeper.begin("one");
  await keeper.synced();
  for (const name of ["1", "2", "3"]) await keeper.update(put("Identity", resource(name, "x")));
  assert.equal(timer.waiting.size, 1);
  timer.pass();
  await keeper.update(put("Identity", resource("4", "x")));
  timer.pass();
  await keeper.settled();
  timer.pass();
  await keeper.settled();
  assert.deepEqual(await kept(path), ["one", "Identity 1=x", "Identity 2=x", "Identity 3=x", "Identity 4=x"]);
});

test("a file that cannot be kept up is taken away, and that is told once", async () => {
  await using dir = await folder();
  const path = join(dir.path, "last-good-0");
  const timer = new Timer();
  const problems: string[] = [];
  const keeper = new LastGoodKeeper({
    path,
    consumer: new Consumer(),
    schedule: timer.schedule,
    bytesMax: 100,
    onProblem: (problem) => problems.push(problem),
  });
  const write = async (): Promise<void> => {
    timer.pass();
    await keeper.settled();
  };
  keeper.begin("one");
  await keeper.synced();
  await write();
  assert.deepEqual(await kept(path), ["one"]);
  for (const name of ["1", "2"]) {
    await keeper.update(put("Identity", resource(name, "x".repeat(100))));
    await write();
  }
  assert.equal(await readLastGood(path), undefined);
  assert.equal(problems.length, 1);
  assert.match(problems[0] ?? "", /cannot be kept in .*last-good-0: it would have \d+ bytes, more than 100/);
});

test("a file that is damaged, or that others could have written, counts as none", async () => {
  await using dir = await folder();
  const path = join(dir.path, "last-good-0");
  const resources = [{ kind: "Identity" as const, ...resource("1", "some labels") }];
  const bytes = Buffer.concat([...encodeLastGood({ epoch: "one", resources })]);
  const problem = async (): Promise<string> => {
    const read = await readLastGood(path);
    return read === undefined ? "none" : "error" in read ? read.error : "read";
  };
  const save = async (content: Uint8Array): Promise<void> => {
    await rm(path, { force: true, recursive: true });
    await writeFile(path, content, { mode: 0o600 });
  };
  assert.equal(await problem(), "none");
  await save(bytes);
  assert.equal(await problem(), "read");
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at] = (damaged[at] ?? 0) ^ 0x10;
    await save(damaged);
    assert.match(
      await problem(),
      /last-good-0 is not used: it is (damaged|of version|no file of weir's)/,
      `byte ${at}`,
    );
    await save(bytes.subarray(0, at));
    assert.match(await problem(), /it is damaged|it ends too early|no file of weir's/, `${at} bytes`);
  }
  await save(Buffer.concat([bytes, bytes]));
  assert.match(await problem(), /it is damaged/);

  await save(bytes);
  for (const mode of [0o640, 0o604, 0o620]) {
    await chmod(path, mode);
    assert.match(await problem(), /others may use it: its mode is 6/);
  }
  await chmod(path, 0o600);
  if (process.geteuid?.() === 0) {
    await chown(path, 12_345, 12_345);
    assert.match(await problem(), /it belongs to user 12345/);
  }
  await rename(path, `${path}.other`);
  await symlink(`${path}.other`, path);
  assert.match(await problem(), /it is a symbolic link/);
  await rm(path);
  await mkdir(path, { mode: 0o700 });
  assert.match(await problem(), /it is not a plain file/);
  assert.equal((await readFile(`${path}.other`)).length, bytes.length);
});

test("a host that drains and its successor may write at the same time; what killed ones left is removed", async () => {
  await using dir = await folder();
  const path = join(dir.path, "last-good-0");
  const value = new Uint8Array(300_000).fill(7);
  const lastGood = (epoch: string) => ({
    epoch,
    resources: [{ kind: "Identity", name: "7", version: "v", value }] as const,
  });
  for (let round = 0; round < 10; round += 1) {
    await Promise.all([writeLastGood(path, lastGood("one")), writeLastGood(path, lastGood("other"))]);
    const read = await readLastGood(path);
    assert.ok(read !== undefined && "lastGood" in read);
  }
  assert.deepEqual(await readdir(dir.path), ["last-good-0"]);
  for (const name of ["last-good-0.x.new", "last-good-01.x.new"]) await writeFile(join(dir.path, name), "");
  await removeDrafts(path);
  assert.deepEqual((await readdir(dir.path)).sort(), ["last-good-0", "last-good-01.x.new"]);
});
