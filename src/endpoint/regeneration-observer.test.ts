import assert from "node:assert/strict";
import { test } from "node:test";
import { RegenerationTimer } from "./regeneration-observer.ts";
import { Bench, CLASH, spec, WEB } from "./testing/bench.ts";

test("a change is told with the times of its phases, and each endpoint with its outcome", async () => {
  let nowMs = 0;
  const told: string[] = [];
  const timer = new RegenerationTimer(
    {
      took: (phase, seconds) => void told.push(`${phase} ${seconds}`),
      regenerated: (outcome) => void told.push(outcome),
    },
    () => nowMs,
  );
  const bench = new Bench(undefined, undefined, timer);
  await bench.manager.add([spec("db", [], "app=db"), spec("web", [], "app=web")]);
  assert.deepEqual(told.splice(0), ["apply 0", "apply 0", "success", "success"]);

  for (const plane of bench.planes) {
    plane.answer = async ({ revision }) => {
      nowMs += 250;
      return { accepted: true, revision };
    };
  }
  await bench.put("p", "db", WEB);
  // One identity, one endpoint, two data planes.
  assert.deepEqual(told.splice(0), ["resolve 0", "apply 0.5", "success", "total 0.5"]);

  bench.planes[1].refuse("no room");
  await bench.put("q", "web", WEB);
  assert.deepEqual(told.splice(0), ["resolve 0", "apply 0.25", "fail", "total 0.25"]);

  bench.planes[1].accept();
  await bench.put("q", "web", ...CLASH);
  assert.deepEqual(
    told.splice(0).filter((text) => !text.includes(" ")),
    ["fail"],
    "rules that cannot be put in force leave the last good ones: that is no success",
  );
});
