import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Extension } from "../../proxylib/parser.ts";
import { ScriptedConnection } from "../../proxylib/testing/index.ts";
import { type StartedHosts, startHosts } from "./testing/started-hosts.ts";

/** Lines: those that begin with `ok` pass; `!` runs what is behind it; the rest is dropped. Replies pass. */
const lines = (name: string, more = ""): string => `
import { appendFileSync } from "node:fs";
import { defineExtension, drop, more, pass } from "weir/proxylib";
class Lines {
  constructor(connection) { this.connection = connection; }
  onData(reply, endStream, data) {
    if (reply) return data.length === 0 ? more(1) : pass(data.length);
    const end = data.indexOf(Buffer.from("\\n"));
    if (end < 0) return more(1);
    const line = data.text(0, end);
    if (line.startsWith("!")) return new Function("connection", "pass", line.slice(1))(this.connection, pass) ?? drop(end + 1);
    return this.connection.matches({ line }) ? pass(end + 1) : drop(end + 1);
  }
  ${more}
}
const fields = { line: { prefix: true } };
export default defineExtension({
  name: "${name}", version: "1.0.0", fields, create: (connection) => new Lines(connection),
  ${more === "" ? "" : "restore: (connection) => new Lines(connection),"}
});`;
const RESUMES = "snapshot() { return new Uint8Array(); }";

function open(started: StartedHosts, name: string): ScriptedConnection {
  return new ScriptedConnection(started.extensions.get(name) as Extension, { l7: [{ line: "ok" }] });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await nextTurn();
}

function killProcess({ hosts }: StartedHosts): void {
  const pid = hosts.reports()[0]?.pid ?? 0;
  assert.ok(pid > 0);
  process.kill(pid, "SIGKILL");
}

/** Sends and waits for what is decided. */
async function serverGets(connection: ScriptedConnection, sent: string, expected: string): Promise<void> {
  connection.fromClient(sent);
  let got = "";
  await until(() => {
    got += connection.takeToServer();
    return got.length >= expected.length || connection.closeReason !== undefined;
  });
  assert.equal(got, expected);
}

test("an extension in a process of its own decides, and status tells of the process", async (t) => {
  const started = await startHosts(t, { modules: { "a.mjs": lines("a") } });
  await serverGets(open(started, "a"), "ok 1\nno\nok 2\n", "ok 1\nok 2\n");
  const [report] = started.hosts.reports();
  assert.deepEqual(report?.extensions, ["a"]);
  assert.equal(report.state, "running");
  assert.equal(report.connections, 1);
  assert.equal(report.restarts, 0);
  assert.ok(report.pid > 0 && report.pid !== process.pid);
  assert.equal(started.events[0]?.event, "started");
  await until(() => (started.hosts.reports()[0]?.memoryBytes ?? 0) > 10_000_000);
});

for (const [what, code, reason] of [
  ["exits", "process.exit(7)", /^ended with code 7$/],
  [
    "throws where nobody catches",
    'setImmediate(() => { throw new Error("no database") })',
    /^ended with code 1: Error: no database$/,
  ],
  ["rejects where nobody waits", 'Promise.reject(new TypeError("x"))', /^ended with code 1: TypeError: x$/],
  ["aborts", "process.abort()", /^killed by SIG(ABRT|SEGV|ILL|TRAP)/],
  ["loops", "for (;;);", /^stuck in extension bad for 1\d\d\d ms$/],
  [
    "loops where nobody called it",
    "setTimeout(() => { for (;;); })",
    /^stuck (outside of any call|in extension bad) for 1\d\d\d ms$/,
  ],
  [
    "leaks within its heap",
    "globalThis.kept = []; setInterval(() => kept.push(new Array(1e6).fill(Math.random())), 1)",
    /^(it used \d+ MiB of memory; 128 MiB are the limit|killed by SIG)/,
  ],
  [
    "leaks outside of its heap",
    "globalThis.kept = []; setInterval(() => kept.push(Buffer.alloc(1e7, 1)), 5)",
    /^it used \d+ MiB of memory; 128 MiB are the limit$/,
  ],
  [
    "writes garbage to the channel",
    "process.getBuiltinModule('fs').writeSync(3, Buffer.alloc(1000, 0xff))",
    /^it broke the protocol: /,
  ],
  ["closes the channel", "process.getBuiltinModule('fs').closeSync(3)", /^(it closed its channel|ended with code 0)$/],
] as const) {
  test(`one that ${what} is started again; another one does not notice`, async (t) => {
    const modules = { "bad.mjs": lines("bad"), "good.mjs": lines("good", RESUMES) };
    const started = await startHosts(t, { modules });
    const victim = open(started, "bad");
    const neighbour = open(started, "good");
    await serverGets(victim, "ok 1\n", "ok 1\n");
    // The last line is not complete, so nobody ever decides it.
    victim.fromClient(`!${code}\nok never`);
    await until(() => started.events.length >= 3);
    await serverGets(neighbour, "ok 2\n", "ok 2\n");
    const ended = await started.event(2);
    assert.ok(ended.event === "ended");
    assert.match(ended.end.reason, reason);
    assert.deepEqual(ended.extensions, ["bad"]);
    assert.equal(ended.connections, 1);
    assert.equal(victim.takeToServer(), "");
    assert.match(victim.closeReason?.message ?? "", /extension host/);
    assert.equal((await started.event(3)).event, "started");
    await serverGets(open(started, "bad"), "ok 3\n", "ok 3\n");
    const report = started.hosts.reports().find(({ extensions }) => extensions[0] === "bad");
    assert.equal(report?.restarts, 1);
    assert.match(report.lastEnd?.reason ?? "", reason);
    assert.equal(neighbour.closeReason, undefined);
  });
}

test("connections whose parser can be restored go on in the next process", async (t) => {
  const started = await startHosts(t, { modules: { "a.mjs": lines("a", RESUMES) } });
  const connection = open(started, "a");
  await serverGets(connection, "ok 1\n", "ok 1\n");
  killProcess(started);
  const ended = await started.event(1);
  assert.ok(ended.event === "ended");
  assert.equal(ended.end.reason, "killed by SIGKILL");
  assert.equal(ended.connections, 0);
  await serverGets(connection, "ok 2\nno\n", "ok 2\n");
});

test("a module that is broken meanwhile costs its own connections alone, until it is mended", async (t) => {
  const started = await startHosts(t, { modules: { "a.mjs": lines("a", RESUMES) } });
  const module = join(started.folder, "modules/a.mjs");
  await writeFile(module, "throw new Error('half a file')");
  killProcess(started);
  await started.event(2);
  assert.match(started.hosts.reports()[0]?.lastEnd?.reason ?? "", /^extension \.\/modules\/a\.mjs: half a file/);
  const waits = open(started, "a");
  await writeFile(module, lines("a", RESUMES));
  await serverGets(waits, "ok 1\n", "ok 1\n");
});

test("extensions of one group share a process, and end together", async (t) => {
  const started = await startHosts(t, {
    modules: { "a.mjs": lines("a"), "b.mjs": lines("b") },
    specs: [
      { module: "./modules/a.mjs", group: "g" },
      { module: "./modules/b.mjs", group: "g" },
    ],
  });
  assert.deepEqual(started.hosts.reports()[0]?.extensions, ["a", "b"]);
  assert.equal(started.hosts.reports().length, 1);
  const other = open(started, "b");
  await serverGets(other, "ok\n", "ok\n");
  open(started, "a").fromClient("!for (;;);\n");
  const ended = await started.event(1);
  assert.match(ended.event === "ended" ? ended.end.reason : "", /^stuck in extension a for/);
  // Of the one in whose first bytes it is stuck nothing was decided: those may be given to the next process.
  assert.ok(ended.event === "ended" && ended.connections === 1);
  assert.match(other.closeReason?.message ?? "", /stuck in extension a/);
});

test("what extensions print is logged as theirs, escaped and bounded", async (t) => {
  const started = await startHosts(t, { modules: { "a.mjs": lines("a") } });
  const connection = open(started, "a");
  await serverGets(connection, '!console.log("one\\u001b[2J\\r\\n{\\"level\\":\\"error\\"}")\nok\n', "ok\n");
  await until(() => started.logged.filter(({ fields }) => "said" in fields).length === 2);
  const said = started.logged.filter(({ fields }) => "said" in fields);
  assert.deepEqual(
    said.map(({ fields }) => fields["said"]),
    ["one\\x1b[2J\\r", '{"level":"error"}'],
  );
  await serverGets(connection, '!for (let i = 0; i < 1e5; i++) console.log("line " + i)\nok\n', "ok\n");
  await until(() => started.logged.some(({ message }) => message.includes("too much")));
  assert.ok(started.logged.filter(({ fields }) => "said" in fields).length <= 40);
});

test("a promise that is never settled costs its connection; the process goes on", async (t) => {
  const started = await startHosts(t, { modules: { "a.mjs": lines("a") }, limits: { answerMs: 200 } });
  const connection = open(started, "a");
  connection.fromClient("!return new Promise(() => {})\nok\n");
  await until(() => connection.closeReason !== undefined);
  assert.equal(connection.takeToServer(), "");
  assert.equal(started.events.length, 1);
  await serverGets(open(started, "a"), "ok\n", "ok\n");
});

test("without extensions nothing is started", async (t: TestContext) => {
  const started = await startHosts(t, { modules: {} });
  assert.deepEqual(started.hosts.reports(), []);
  await started.hosts.settled();
});

test("a process that loads and then does nothing is ended, also before it has said a word of the protocol", async (t) => {
  const silent = `
import { Socket } from "node:net";
const { write } = Socket.prototype;
let written = 0;
Socket.prototype.write = function (...given) {
  const free = write.apply(this, given);
  if (written++ === 0) setImmediate(() => { for (;;); });
  return free;
};`;
  const started = await startHosts(t, { modules: { "a.mjs": `${silent}${lines("a")}` } });
  const connection = open(started, "a");
  connection.fromClient("ok\n");
  const ended = await started.event(1);
  assert.match(ended.event === "ended" ? ended.end.reason : "", /^stuck outside of any call for 1\d\d\d ms$/);
  assert.equal(connection.takeToServer(), "");
});

test("no process takes the name of another one's extension, or gives more than was configured", async (t) => {
  const says = (...names: readonly string[]): string => `
import { writeSync } from "node:fs";
const text = Buffer.from(JSON.stringify({
  extensions: ${JSON.stringify(names)}.map((name) => ({ name, version: "1.0.0", fields: {} })),
  code: "0".repeat(64),
}));
const length = Buffer.alloc(4);
length.writeUInt32BE(text.length);
writeSync(3, Buffer.concat([length, text]));`;
  const started = await startHosts(t, {
    modules: { "a.mjs": `${says("b")}${lines("a")}`, "b.mjs": lines("b"), "c.mjs": `${says("c", "d")}${lines("c")}` },
  });
  const reasons = started.hosts.reports().map(({ lastEnd }) => lastEnd?.reason);
  assert.deepEqual(reasons, ["it says that it runs b, not a", undefined, "it says that it runs c, d, not c"]);
});

/** Loads as soon as there is a file beside it. */
const waiting = (file: string, text: string): string => `
import { existsSync } from "node:fs";
const clock = new Int32Array(new SharedArrayBuffer(4));
while (!existsSync(new URL(${JSON.stringify(file)}, import.meta.url))) Atomics.wait(clock, 0, 0, 10);
${text}`;

test("extensions are there before their processes are, and connections wait for those", async (t) => {
  const modules = { "a.mjs": waiting("./a", lines("a")), "b.mjs": lines("b") };
  const started = await startHosts(t, { modules, waits: false });
  assert.deepEqual([...started.extensions.keys()], ["a", "b"]);
  // Policy that was told meanwhile is in force: there is nobody who could decide by another one.
  await started.hosts.settled();
  const waits = open(started, "a");
  waits.fromClient("ok 1\nno\n");
  await serverGets(open(started, "b"), "ok\n", "ok\n");
  assert.deepEqual([waits.takeToServer(), waits.closeReason], ["", undefined]);
  assert.deepEqual(
    started.hosts.reports().map(({ extensions, state, restarts }) => [extensions, state, restarts]),
    [
      [["a"], "starting", 0],
      [["b"], "running", 0],
    ],
  );
  await writeFile(join(started.folder, "modules/a"), "");
  await serverGets(waits, "", "ok 1\n");
});

test("whoever waits for a process that does not come is closed, with the reason", async (t) => {
  const started = await startHosts(t, { modules: { "a.mjs": waiting("./never", lines("a")) }, waits: false });
  const waits = open(started, "a");
  waits.fromClient("ok 1\n");
  await until(() => waits.closeReason !== undefined);
  assert.equal(waits.closeReason?.message, "its extension host has not come up for 5000 ms: it is still being started");
  assert.equal(waits.takeToServer(), "");
});

test("whoever declares other fields than those that policy was checked with gets no connection", async (t) => {
  const declaration = { name: "a", version: "1.0.0", fields: { line: { exact: true } } } as const;
  const started = await startHosts(t, {
    modules: { "a.mjs": lines("a") },
    specs: [{ module: "./modules/a.mjs", declaration }],
  });
  const connection = open(started, "a");
  await until(() => connection.closeReason !== undefined);
  assert.match(connection.closeReason?.message ?? "", /its fields are not those that policy was checked with$/);
});

test("a process that runs other files than the agent has read says so", async (t) => {
  const modules = { "a.mjs": `import "./part.mjs";\n${lines("a")}`, "part.mjs": "" };
  const started = await startHosts(t, { modules, specs: [{ module: "./modules/a.mjs" }], declares: true });
  const told = () =>
    started.logged.filter(({ level, message }) => level === "warn" && message.includes("the agent has read"));
  assert.equal(started.hosts.reports()[0]?.changed, false);
  assert.deepEqual(told(), []);
  await writeFile(join(started.folder, "modules/part.mjs"), "// edited");
  killProcess(started);
  assert.equal((await started.event(2)).event, "started");
  assert.equal(started.hosts.reports()[0]?.changed, true);
  assert.deepEqual(
    told().map(({ fields }) => fields["extensions"]),
    [["a"]],
  );
});
