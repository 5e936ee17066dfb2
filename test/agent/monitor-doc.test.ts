// What docs/monitor.md says of the stream is what the code does.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { NumericIdentity } from "../../src/api/identity.ts";
import { EVENT_TYPES } from "../../src/api/monitor-event.ts";
import {
  FILTER_VALUES_MAX,
  HISTORY_EVENTS_MAX,
  MONITOR_ENCODINGS,
  MONITOR_FILTERS,
} from "../../src/api/monitor-protocol.ts";
import { EventRing } from "../../src/monitor/event-ring.ts";
import { ProtobufEncoder } from "../../src/monitor/protobuf-encoder.ts";
import { anyConnection } from "../../src/monitor/testing/any-connection.ts";
import { fences } from "../repository/markdown.ts";
import { readRepositoryFile } from "../support/repository.ts";

const page = await readRepositoryFile("docs/monitor.md");

/** The bytes in front of the explanations. */
function bytesOf(text: string): string {
  return text
    .split("\n")
    .map((line) => /^ *((?:[0-9a-f]{2} ?)+)(?: |$)/.exec(line)?.[1]?.replaceAll(" ", "") ?? "")
    .join("");
}

test("the frame that is shown is the frame that is sent", () => {
  const [shown] = fences(page).filter(({ language }) => language === "text");
  const encoder = new ProtobufEncoder();
  encoder.add({
    timeMs: 1_767_225_600_000,
    connection: {
      ingress: true,
      proto: "r2d2",
      source: { identity: 2 as NumericIdentity, labels: ["reserved:world"], address: "127.0.0.1:4" },
      destination: { identity: 257 as NumericIdentity, labels: [], address: "127.0.0.1:5", endpoint: "droid" },
    },
    type: "Request",
    verdict: "Forwarded",
    origin: { policy: "p", rule: "spec", labels: [] },
    fields: { cmd: "READ" },
  });
  const bytes = encoder.take();
  assert.equal(bytesOf(shown?.text ?? ""), bytes.toString("hex"));
  assert.ok(page.includes(`is ${bytes.length} bytes`));
  encoder.addLost(300);
  assert.ok(page.includes(`\`${encoder.take().toString("hex").match(/../g)?.join(" ")}\``));
});

test("every kind, subtype, filter and encoding is explained, with the true bounds", async () => {
  const source = await readRepositoryFile("src/api/monitor-event.ts");
  const subtypes = [...source.matchAll(/^ {2}\| "([^"]+)"/gm)].map(([, subtype]) => subtype);
  assert.ok(subtypes.length > 8, "the subtypes were not found in the source");
  for (const name of [...subtypes, ...EVENT_TYPES, ...MONITOR_ENCODINGS]) {
    assert.ok(page.includes(`| \`${name}\` |`), `${name} is missing`);
  }
  for (const name of MONITOR_FILTERS) assert.ok(page.includes(`\`${name}\``), `${name} is missing`);
  const ring = new EventRing();
  const connection = anyConnection();
  for (let i = 0; i <= HISTORY_EVENTS_MAX; i++) ring.record(connection, "Request", "Forwarded", undefined, {});
  assert.equal(ring.head - ring.oldest, HISTORY_EVENTS_MAX);
  assert.ok(page.includes(`last ${HISTORY_EVENTS_MAX.toLocaleString("en")} events`));
  assert.ok(page.includes(`the ring of ${ring.capacity.toLocaleString("en")} events`));
  assert.ok(page.includes(`${FILTER_VALUES_MAX} times`));
});
