// An extension that logs as fast as it can fills neither the spool of its host nor the disk: records of everybody else, and
// of its own requests, are all written, and what is left out is counted.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { AccessLogRecord } from "../../src/api/access-log-record.ts";
import { createClient } from "../../src/client/client.ts";
import { until } from "../reliability/rig/until.ts";
import { LineClient } from "./rig/line-client.ts";
import { MEMCACHED, Neighbour } from "./rig/neighbour.ts";
import { startBesideMemcached } from "./rig/start-beside-memcached.ts";

const FLOODERS = 6;
const ROUNDS = 30;
/** Of each round. */
const RECORDS = 2_000;
const RECORD_LENGTH = 400;
const REQUESTS = 100;
/** Right answers that the neighbour gets beside a flood that never ends. */
const ANSWERS_MIN = 300;

/** Lines that pass, each with its record. `!` logs many more of its own accord before it is answered; `!!` never ends. */
const NOISY = `
import { defineExtension, drop, more, pass } from "weir/proxylib";
const LONG = "x".repeat(${RECORD_LENGTH});
function flood(connection) {
  for (let count = 0; count < ${RECORDS}; count++) connection.log("Request", { flood: LONG });
}
function floodForEver(connection) {
  flood(connection);
  setImmediate(floodForEver, connection);
}
export default defineExtension({
  name: "noisy",
  version: "1.0.0",
  fields: { line: { prefix: true } },
  create: (connection) => ({
    onData(reply, endStream, data) {
      const end = data.indexOf(Buffer.from("\\n"));
      if (end < 0) return more(1);
      const line = data.text(0, end);
      if (reply) return pass(end + 1);
      if (line === "!!") floodForEver(connection);
      if (line === "!") flood(connection);
      connection.log(connection.matches({ line }) ? "Request" : "Denied", { line });
      return pass(end + 1);
    },
  }),
});`;

/** How often each value of a field is there. */
function countsOf(records: readonly AccessLogRecord[], field: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { fields } of records) {
    const value = fields[field];
    if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}

test("an extension that floods records costs nobody else one of theirs, and what is left out is counted", async (t) => {
  const started = await startBesideMemcached(t, {
    name: "noisy",
    entry: "./extensions/noisy.mjs",
    rule: "{}",
    files: { "extensions/noisy.mjs": NOISY },
  });
  if (started === undefined) return;
  const { agent } = started;
  const neighbour = await Neighbour.start("memcached", agent.listenerOf("memcached"), MEMCACHED);
  t.after(() => neighbour.stop());
  const connect = (): Promise<LineClient> => LineClient.connect(agent.listenerOf("noisy"));
  const flooders = await Promise.all(Array.from({ length: FLOODERS }, connect));
  const honest = await connect();
  const flooded = flooders.map(async (client) => {
    for (let round = 0; round < ROUNDS; round++) assert.equal(await client.ask("!"), "re !");
  });
  for (let number = 0; number < REQUESTS; number++) {
    assert.equal(await honest.ask(`ok ${number}`), `re ok ${number}`);
  }
  await Promise.all(flooded);
  assert.equal(await honest.ask("ok last"), "re ok last");
  // As soon as it is written, everything before it is, too.
  const records = await until("the last record", async () => {
    const all = await agent.accessLog();
    return all.some(({ fields }) => fields["line"] === "ok last") && all;
  });
  const lines = countsOf(records, "line");
  assert.equal(lines.get("!"), FLOODERS * ROUNDS);
  for (let number = 0; number < REQUESTS; number++) assert.equal(lines.get(`ok ${number}`), 1);
  const flood = FLOODERS * ROUNDS * RECORDS;
  const written = records.filter(({ fields }) => "flood" in fields).length;
  const dropped = flood - written;
  assert.ok(dropped > flood / 2, `${written} records of the flood were written`);
  const client = createClient(`${agent.folder}/run/weir.sock`);
  const { warnings } = await until("the report of what was left out", async () => {
    const status = await client.status();
    return status.dataPlanes[0]?.hosts?.[0]?.extensionHosts[0]?.recordsDropped === dropped && status;
  });
  const warning = `extension noisy logs more than it may: ${dropped} of its records on host 0 are not in the access log`;
  assert.ok(warnings.includes(warning), warnings.join("\n"));
  const text = (await agent.weir("status")).stdout;
  assert.match(text, new RegExp(`EXTENSIONS .* RECORDS DROPPED .*\\nnoisy .* ${dropped} `));
  await agent.process.outputMatches(/"extension":"noisy","dropped":\d+,.*the extension logs more than it may/);

  const before = neighbour.answers;
  flooders[0]?.send("!!\n");
  await until("the neighbour to go on", () => neighbour.answers >= before + ANSWERS_MIN);
  await neighbour.stop();
  assert.deepEqual(neighbour.problems, []);
  const keys = await until("the neighbour's records", async () => {
    const all = countsOf(await agent.accessLog(), "keys");
    return all.size >= neighbour.answers && all;
  });
  assert.equal(keys.size, neighbour.answers);
  assert.deepEqual([...new Set(keys.values())], [1]);
  assert.equal((await client.status()).dataPlanes[0]?.hosts?.[0]?.recordsLost, 0);
});
