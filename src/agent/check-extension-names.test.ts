import assert from "node:assert/strict";
import { test } from "node:test";
import { checkExtensionNames } from "./check-extension-names.ts";
import { parseConfig } from "./config/load-config.ts";

test("extensions that are not there are told with their places, all at once", () => {
  const config = parseConfig(
    "/etc/weir.yaml",
    `extensionConfig: {mecache: {}}
endpoints: [{name: a, observe: [{port: 1, l7proto: r2d2}, {port: 2, l7proto: r2d3}, {port: 3, l7proto: thrift}]}]
`,
  );
  checkExtensionNames(config, ["mecache", "r2d2", "r2d3", "thrift"]);
  assert.throws(() => checkExtensionNames(config, ["memcache", "r2d2"]), {
    code: "WEIR_CONFIG_INVALID",
    message: [
      "/etc/weir.yaml:1:19: there is no extension `mecache` (did you mean `memcache`?), at extensionConfig.mecache",
      "/etc/weir.yaml:2:78: there is no extension `r2d3` (did you mean `r2d2`?), at endpoints[0].observe[1].l7proto",
      "/etc/weir.yaml:2:104: there is no extension `thrift` (loaded are memcache, r2d2), at endpoints[0].observe[2].l7proto",
    ].join("\n"),
  });
});
