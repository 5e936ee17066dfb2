import assert from "node:assert/strict";
import { test } from "node:test";
import { type HostConfig, hostConfigKey } from "./host-config.ts";

const allow = { read: [], write: [], network: false, childProcess: false, nativeAddons: false, worker: false };
const declaration = { name: "a", version: "1.0.0", fields: {} };
const code = "1";
const CONFIG: HostConfig = {
  stateDir: "/run/weir",
  configFile: "/etc/weir.yaml",
  extensions: [{ module: "./a.ts", group: "a", allow, declaration, code }],
  extensionLimits: { memoryBytesMax: 1, bufferedBytesMax: 2, connectionsMax: 3, callMs: 4, answerMs: 5 },
  logLevel: "info",
};

test("the key differs as soon as a host would be started differently, and only then", () => {
  const { answerMs, ...limits } = CONFIG.extensionLimits;
  const same: HostConfig = { ...CONFIG, extensionLimits: { answerMs, ...limits } };
  const others: HostConfig[] = [
    { ...CONFIG, stateDir: "/run/other" },
    { ...CONFIG, configFile: "/etc/other.yaml" },
    { ...CONFIG, logLevel: "debug" },
    { ...CONFIG, extensions: [] },
    { ...CONFIG, extensions: [{ module: "./a.ts", group: "b", allow, declaration, code }] },
    { ...CONFIG, extensions: [{ module: "./a.ts", group: "a", allow: { ...allow, read: ["/x"] }, declaration, code }] },
    {
      ...CONFIG,
      extensions: [{ module: "./a.ts", group: "a", allow, declaration: { ...declaration, version: "1.1.0" }, code }],
    },
    { ...CONFIG, extensions: [{ module: "./a.ts", group: "a", allow, declaration, code: "2" }] },
    { ...CONFIG, extensionLimits: { ...CONFIG.extensionLimits, callMs: 9 } },
  ];
  assert.equal(hostConfigKey(same), hostConfigKey(CONFIG));
  const keys = new Set([CONFIG, ...others].map(hostConfigKey));
  assert.equal(keys.size, others.length + 1);
  for (const key of keys) assert.match(key, /^[0-9a-f]{64}$/);
});
