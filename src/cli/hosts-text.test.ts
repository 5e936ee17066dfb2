import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExtensionHostReport, HostReport } from "../api/rest.ts";
import { formatHosts } from "./hosts-text.ts";

const host: HostReport = {
  ...{ index: 0, pid: 7, state: "running", adopted: false, startedAt: "", connections: 0 },
  ...{ revision: { wanted: 4, realized: 4 }, failures: [], restarts: 0, recordsLost: 0, extensionHosts: [] },
};

function rowOf(more: Partial<ExtensionHostReport>): string {
  const extensionHost = {
    ...{ extensions: ["lines"], pid: 8, state: "running", confined: false, unconfined: [], problems: [] },
    ...{ connections: 0, memoryBytes: 0, recordsDropped: 0, restarts: 0 },
    ...more,
  } as ExtensionHostReport;
  return formatHosts([{ ...host, extensionHosts: [extensionHost] }]).replace(/^[\s\S]*EXTENSIONS.*\n/, "");
}

test("whether an extension's process is confined is told when it is known, with each reason", () => {
  assert.match(rowOf({ confined: true }), /^lines +0 +8 +running +yes +0/);
  assert.match(rowOf({ state: "starting", pid: 0 }), /^lines +0 +none +starting +not known yet +0/);
  assert.match(rowOf({ unconfined: ["one", "two"] }), /^lines +0 +8 +running +not confined: +0.*\n +one *\n +two/);
});
