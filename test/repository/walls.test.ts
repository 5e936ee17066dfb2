// Each wall of .dependency-cruiser.cjs is broken once, in a small tree of its own: a rule that cannot fail protects
// nothing (a slip in a path pattern would go unnoticed for ever).
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import extractOptions from "dependency-cruiser/config-utl/extract-depcruise-options";
import { repositoryRoot } from "../support/repository.ts";

type Tree = Readonly<Record<string, string>>;

const CONFIGURATION = join(repositoryRoot, ".dependency-cruiser.cjs");
const EMPTY = "export {};\n";

/** A module that imports these others. */
function importing(...specifiers: string[]): string {
  return specifiers.map((specifier) => `import "${specifier}";\n`).join("");
}

/** An installed package of the fixture. */
function installed(name: string): Tree {
  return {
    [`node_modules/${name}/package.json`]: JSON.stringify({ name, version: "1.0.0", main: "index.js" }),
    [`node_modules/${name}/index.js`]: "module.exports = {};\n",
  };
}

function fence(packageName: string, outside: string): Tree {
  return { ...installed(packageName), [outside]: importing(packageName) };
}

/** Rule → trees, each of which breaks it. */
const BROKEN: Readonly<Record<string, readonly Tree[]>> = {
  "no-cycles": [{ "src/lib/a.ts": importing("./b.ts"), "src/lib/b.ts": importing("./a.ts") }],
  "no-orphans": [{ "src/lib/alone.ts": EMPTY }],
  "no-unresolvable": [{ "src/lib/a.ts": importing("./missing.ts") }, { "src/lib/a.ts": importing("not-installed") }],
  "production-needs-no-tests": [
    { "src/lib/a.ts": importing("./a.test.ts"), "src/lib/a.test.ts": EMPTY },
    { "src/lib/a.ts": importing("../../test/support/b.ts"), "test/support/b.ts": EMPTY },
  ],
  "production-needs-no-dev-dependencies": [fence("only-dev", "src/lib/a.ts"), fence("undeclared", "src/lib/a.ts")],
  "lib-knows-nothing-of-weir": [{ "src/lib/a.ts": importing("../api/b.ts"), "src/api/b.ts": EMPTY }],
  "api-knows-only-lib": [
    { "src/api/a.ts": importing("../policy/b.ts"), "src/policy/b.ts": EMPTY },
    { "src/api/a.ts": `import type { B } from "../policy/b.ts";\nexport type A = B;\n`, "src/policy/b.ts": EMPTY },
  ],
  "pure-rooms-import-no-node": [
    "labels",
    "identity",
    "ipcache",
    "fqdn",
    "policy",
    "proxylib",
    "parsers",
    "remote-parser",
    "xds",
  ].flatMap((room) =>
    ["node:fs", "node:net", "node:timers/promises", "process"].map((core) => ({
      [`src/${room}/a.ts`]: importing(core),
    })),
  ),
  "pure-rooms-import-only-pure-rooms": [
    { "src/policy/a.ts": importing("../metrics/b.ts"), "src/metrics/b.ts": EMPTY },
    { "src/identity/a.ts": importing("../endpoint/b.ts"), "src/endpoint/b.ts": EMPTY },
    { "src/xds/a.ts": importing("../server/b.ts"), "src/server/b.ts": EMPTY },
  ],
  "no-log-in-pure-rooms": [{ "src/proxylib/a.ts": importing("../lib/log.ts"), "src/lib/log.ts": EMPTY }],
  "parser-knows-proxylib-lib-api": [
    { "src/parsers/r2d2/a.ts": importing("../../policy/b.ts"), "src/policy/b.ts": EMPTY },
    { "src/parsers/r2d2/a.ts": importing("../../labels/b.ts"), "src/labels/b.ts": EMPTY },
  ],
  "parser-knows-no-other-parser": [
    { "src/parsers/r2d2/a.ts": importing("../memcached/b.ts"), "src/parsers/memcached/b.ts": EMPTY },
  ],
  "datapaths-know-not-each-other": [
    { "src/datapath/embedded/a.ts": importing("../envoy/b.ts"), "src/datapath/envoy/b.ts": EMPTY },
  ],
  "datapath-sees-only-endpoint-policy": [
    { "src/datapath/embedded/a.ts": importing("../../policy/resolve.ts"), "src/policy/resolve.ts": EMPTY },
    { "src/datapath/dataplane.ts": importing("../policy/importer.ts"), "src/policy/importer.ts": EMPTY },
  ],
  "adapters-reach-policy-through-the-importer": ["kvstore", "k8s", "policy-dir", "server"].map((room) => ({
    [`src/${room}/a.ts`]: importing("../policy/repository.ts"),
    "src/policy/repository.ts": EMPTY,
  })),
  "adapters-know-not-each-other": [
    { "src/server/a.ts": importing("../policy-dir/b.ts"), "src/policy-dir/b.ts": EMPTY },
  ],
  "cli-knows-client-and-api": [
    { "src/cli/a.ts": importing("../policy/b.ts"), "src/policy/b.ts": EMPTY },
    { "src/cli/a.ts": importing("../agent/b.ts"), "src/agent/b.ts": EMPTY },
  ],
  "client-knows-api": [{ "src/client/a.ts": importing("../server/b.ts"), "src/server/b.ts": EMPTY }],
  "only-agent-composes": [
    { "src/server/a.ts": importing("../agent/b.ts"), "src/agent/b.ts": EMPTY },
    { "src/endpoint/a.ts": importing("../cli/b.ts"), "src/cli/b.ts": EMPTY },
  ],
  "fence-re2": [fence("re2js", "src/policy/a.ts"), fence("re2js", "src/lib/bytes/a.ts")],
  "fence-fastify": [fence("fastify", "src/agent/a.ts"), fence("@fastify/swagger", "src/agent/a.ts")],
  "fence-commander": [fence("commander", "src/agent/a.ts")],
  "fence-yaml": [fence("yaml", "src/policy/a.ts"), fence("yaml", "src/server/a.ts")],
  "fence-pino": [fence("pino", "src/agent/a.ts")],
  "fence-protobuf": [fence("@bufbuild/protobuf", "src/server/a.ts"), fence("@bufbuild/protobuf", "src/policy/a.ts")],
  "fence-grpc": [
    fence("@connectrpc/connect", "src/xds/a.ts"),
    fence("@connectrpc/connect", "src/server/a.ts"),
    fence("@connectrpc/connect-node", "src/host/a.ts"),
  ],
  "fence-metrics": [fence("@prometheus-io/client", "src/server/a.ts")],
  "fence-network": [
    "node:net",
    "net",
    "node:http",
    "https",
    "node:http2",
    "node:tls",
    "node:dgram",
    "dns/promises",
  ].map((core) => ({ "src/policy-dir/a.ts": importing(core) })),
};

/** A tree that uses every door that is open. */
const SOUND: Tree = {
  ...installed("re2js"),
  ...installed("commander"),
  "src/lib/regex/regex.ts": importing("re2js"),
  "src/lib/log.ts": EMPTY,
  "src/api/request.ts": importing("../lib/regex/regex.ts"),
  "src/policy/endpoint-policy.ts": importing("../api/request.ts", "node:buffer"),
  "src/policy/importer.ts": importing("./endpoint-policy.ts"),
  "src/proxylib/parser.ts": importing("../api/request.ts"),
  "src/parsers/r2d2/frame.ts": EMPTY,
  "src/parsers/r2d2/parser.ts": importing("../../proxylib/parser.ts", "./frame.ts"),
  "src/parsers/r2d2/parser.test.ts": importing("./parser.ts", "../../policy/importer.ts", "node:net"),
  "src/datapath/embedded/listener.ts": importing("../../policy/endpoint-policy.ts", "node:net", "../../lib/log.ts"),
  "src/policy-dir/watch.ts": importing("../policy/importer.ts", "node:fs"),
  "src/client/client.ts": importing("../api/request.ts", "node:http"),
  "src/cli/main.ts": importing("commander", "../client/client.ts"),
  "src/agent/main.ts": importing(
    "../policy-dir/watch.ts",
    "../datapath/embedded/listener.ts",
    "../parsers/r2d2/parser.ts",
  ),
};

describe("the walls between the rooms", () => {
  let scratch = "";
  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), "weir-walls-"));
  });
  after(() => rm(scratch, { recursive: true, force: true }));

  async function brokenRules(name: string, tree: Tree): Promise<string[]> {
    const root = join(scratch, name);
    const manifest = {
      type: "module",
      dependencies: {
        re2js: "1",
        fastify: "1",
        "@fastify/swagger": "1",
        commander: "1",
        yaml: "1",
        pino: "1",
        "@prometheus-io/client": "1",
        "@bufbuild/protobuf": "1",
        "@connectrpc/connect": "1",
        "@connectrpc/connect-node": "1",
      },
      devDependencies: { "only-dev": "1" },
    };
    for (const [path, text] of Object.entries({ "package.json": JSON.stringify(manifest), ...tree })) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    const options = await extractOptions(CONFIGURATION);
    const { output } = await cruise(["src"], { ...options, baseDir: root, validate: true });
    return [...new Set((output as ICruiseResult).summary.violations.map((violation) => violation.rule.name))];
  }

  const { forbidden } = createRequire(import.meta.url)(CONFIGURATION) as {
    forbidden: readonly { name: string; comment: string }[];
  };

  for (const rule of forbidden) {
    it(`${rule.name} is noticed when it is broken`, async () => {
      assert.ok(rule.comment.length > 20, "each wall says why it stands");
      const trees = BROKEN[rule.name];
      assert.ok(trees !== undefined && trees.length > 0, `no tree breaks ${rule.name}: add one to BROKEN`);
      for (const [index, tree] of trees.entries()) {
        const found = await brokenRules(`${rule.name}-${index}`, tree);
        assert.ok(found.includes(rule.name), `${JSON.stringify(tree)} breaks ${found.join(", ") || "nothing"}`);
      }
    });
  }

  it("lets through what uses the doors", async () => {
    const found = await brokenRules("sound", SOUND);
    assert.deepEqual(found, []);
  });
});
