import assert from "node:assert/strict";
import { test } from "node:test";
import { NDJSON, PROTOBUF_V1 } from "../api/monitor-protocol.ts";
import { negotiateEncoding } from "./monitor-negotiation.ts";

const V9 = "application/vnd.weir.monitor.v9+protobuf";

test("the newest encoding that both know; JSON lines for who offers nothing", () => {
  const table: [accept: string | undefined, encoding: string | undefined][] = [
    [undefined, NDJSON],
    ["", NDJSON],
    [" , ", NDJSON],
    ["*/*", NDJSON],
    ["application/*", NDJSON],
    ["application/json, text/plain, */*", NDJSON],
    [NDJSON, NDJSON],
    [PROTOBUF_V1, PROTOBUF_V1],
    [PROTOBUF_V1.toUpperCase(), PROTOBUF_V1],
    [`${PROTOBUF_V1}, ${NDJSON}`, PROTOBUF_V1],
    [`${NDJSON}, ${PROTOBUF_V1}`, PROTOBUF_V1],
    [`${V9}, ${PROTOBUF_V1}, ${NDJSON}`, PROTOBUF_V1],
    [`${V9}, ${NDJSON}`, NDJSON],
    [`${V9}, */*`, NDJSON],
    [`${PROTOBUF_V1}, */*`, PROTOBUF_V1],
    [`*/*, ${PROTOBUF_V1};q=0.5`, PROTOBUF_V1],
    [`${NDJSON}, ${PROTOBUF_V1};q=0.5`, NDJSON],
    [`${NDJSON};q=0.1 , ${PROTOBUF_V1} ; q=0.2`, PROTOBUF_V1],
    [`${PROTOBUF_V1};q=0, ${NDJSON}`, NDJSON],
    [`${PROTOBUF_V1};q=nonsense, ${NDJSON};q=0.1`, NDJSON],
    [V9, undefined],
    ["text/html", undefined],
    ["application/json", undefined],
    [`${NDJSON};q=0`, undefined],
    ["*/*;q=0", undefined],
    [`${Array.from({ length: 40 }, () => V9).join(",")},${NDJSON}`, undefined],
  ];
  for (const [accept, encoding] of table) assert.equal(negotiateEncoding(accept), encoding, accept);
});
