import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { processStart } from "./process-start.ts";

test("a process that has ended has no start", () => {
  assert.notEqual(processStart(process.pid), "");
  // Above the highest number that Linux gives.
  assert.equal(processStart(4_194_305), "");
});

test("one that cannot be looked at for want of files is not taken for ended", () => {
  const program = `
    import { closeSync, openSync } from "node:fs";
    import { processStart } from ${JSON.stringify(import.meta.resolve("./process-start.ts"))};
    const taken = [];
    let full = "";
    try { for (;;) taken.push(openSync("/dev/null", "r")); } catch (error) { full = error.code; }
    let told = "nothing";
    try { processStart(process.pid); } catch (error) { told = error.code; }
    for (const file of taken) closeSync(file);
    console.log(full, told);
  `;
  const limited = ["-c", 'ulimit -n 128 && exec "$0" "$@"', process.execPath, "--input-type=module", "--eval", program];
  assert.equal(execFileSync("/bin/sh", limited, { encoding: "utf8" }), "EMFILE EMFILE\n");
});
