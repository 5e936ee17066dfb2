import assert from "node:assert/strict";
import { test } from "node:test";
import { declaration } from "../../parsers/memcached/rule.ts";
import { SUGGEST_LIMITS } from "./limits.ts";
import { Notes } from "./notes.ts";
import { RequestLog, type Room } from "./request-log.ts";
import { requestShape } from "./request-shape.ts";

test("all flows together keep no more values than there is room for, and count what they keep", () => {
  const room: Room = { limits: { ...SUGGEST_LIMITS, valuesMax: 40 }, listMax: 3, requestKinds: 0, values: 0 };
  const logs = Array.from({ length: 3 }, () => new RequestLog(requestShape(declaration), room));
  const kept = (): number =>
    logs
      .flatMap((log) => log.all().map((kind) => kind.values.get("key")?.size ?? 0))
      .reduce((sum, size) => sum + size, 0);
  for (let index = 0; index < 300; index++) {
    for (const log of logs) log.add({ command: "get", keys: `alliance/fleet/${index}` }, new Notes(9));
    assert.equal(room.values, kept());
    assert.ok(room.values <= 40, `${room.values} values`);
  }
  logs[0]?.absorb(logs.pop() as RequestLog);
  assert.equal(room.values, kept());
  assert.equal(room.requestKinds, 2);
});
