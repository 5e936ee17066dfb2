// The walls of the house: which room may import which. `npm run check` enforces them, and
// test/repository/walls.test.ts proves for each rule that breaking it is noticed.

/** Unit tests stand beside the source; what they build around it may come from other rooms. */
const TEST = "\\.test\\.ts$";
const PURE = "^src/(labels|identity|ipcache|fqdn|policy|proxylib|parsers|records|remote-parser|xds)/";
const ADAPTER = "^src/(kvstore|k8s|policy-dir|server)/";

/** A package that only some places may import: it must be possible to replace it by changing those alone. */
function fence(name, packagePattern, allowed, why) {
  return {
    name: `fence-${name}`,
    comment: why,
    severity: "error",
    from: { path: "^(src|bin)/", pathNot: [allowed, TEST] },
    to: { path: `(^|/)node_modules/${packagePattern}/` },
  };
}

module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      comment: "Two modules that import each other can only be understood, tested and replaced together.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-orphans",
      comment: "A module that nothing imports and that imports nothing is forgotten code.",
      severity: "error",
      from: { orphan: true, path: "^src/", pathNot: [TEST, "\\.d\\.ts$"] },
      to: {},
    },
    {
      name: "no-unresolvable",
      comment: "An import that cannot be resolved would escape all the other rules.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "production-needs-no-tests",
      comment: "What is published consists of src/ without its tests; it must not miss anything then.",
      severity: "error",
      from: { path: "^(src|bin)/", pathNot: TEST },
      to: { path: ["^(test|examples|benchmarks|scripts)/", TEST] },
    },
    {
      name: "production-needs-no-dev-dependencies",
      comment: "`npm install weir` does not install them.",
      severity: "error",
      from: { path: "^(src|bin)/", pathNot: TEST },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"] },
    },
    {
      name: "lib-knows-nothing-of-weir",
      comment: "lib holds general tools. A tool that knows its users is no tool.",
      severity: "error",
      from: { path: "^src/lib/" },
      to: { path: "^src/(?!lib/)" },
    },
    {
      name: "api-knows-only-lib",
      comment: "api is the language that everybody speaks, so it must not depend on any speaker.",
      severity: "error",
      from: { path: "^src/api/" },
      to: { path: "^src/(?!(lib|api)/)" },
    },
    {
      name: "pure-rooms-import-no-node",
      comment:
        "Who is who, what policy says and what bytes mean is computed without sockets, files, timers or process: so it " +
        "can be tested exhaustively, replayed from a seed, and run unchanged inside Envoy's shim or an extension host.",
      severity: "error",
      from: { path: PURE, pathNot: TEST },
      to: { dependencyTypes: ["core"], pathNot: "^(node:)?buffer$" },
    },
    {
      name: "pure-rooms-import-only-pure-rooms",
      comment: "A pure room that imports an impure one is not pure any more.",
      severity: "error",
      from: { path: PURE, pathNot: TEST },
      to: { path: "^src/", pathNot: [PURE, "^src/(lib|api)/"] },
    },
    {
      name: "no-log-in-pure-rooms",
      comment: "The logger writes to a file descriptor. Pure rooms return what is to be told.",
      severity: "error",
      from: { path: PURE, pathNot: TEST },
      to: { path: "^src/lib/log(/|\\.ts$)" },
    },
    {
      name: "parser-knows-proxylib-lib-api",
      comment:
        "A built-in parser stands on what third-party extensions have, nothing more; otherwise their authors could not " +
        "do what we do.",
      severity: "error",
      from: { path: "^src/parsers/", pathNot: TEST },
      to: { path: "^src/(?!(parsers|proxylib|lib|api)/)" },
    },
    {
      name: "parser-knows-no-other-parser",
      comment: "Protocols share nothing but the library: each can be read, changed or dropped alone.",
      severity: "error",
      from: { path: "^src/parsers/([^/]+)/" },
      to: { path: "^src/parsers/([^/]+)/", pathNot: "^src/parsers/$1/" },
    },
    {
      name: "datapaths-know-not-each-other",
      comment: "Embedded proxy, Envoy and kernel are interchangeable; each can be added or lost at run time.",
      severity: "error",
      from: { path: "^src/datapath/([^/]+)/" },
      to: { path: "^src/datapath/([^/]+)/", pathNot: "^src/datapath/$1/" },
    },
    {
      name: "datapath-sees-only-endpoint-policy",
      comment: "A data plane enforces a finished, immutable EndpointPolicy. How it came about is none of its business.",
      severity: "error",
      from: { path: "^src/datapath/", pathNot: TEST },
      to: { path: "^src/policy/", pathNot: "^src/policy/endpoint-policy\\.ts$" },
    },
    {
      name: "adapters-reach-policy-through-the-importer",
      comment:
        "One queue and one writer put every change into the right order: identities first, then rules, then endpoints. " +
        "An adapter that reached behind the importer would break it.",
      severity: "error",
      from: { path: ADAPTER, pathNot: TEST },
      to: { path: "^src/policy/", pathNot: "^src/policy/(importer|rule)\\.ts$|^src/policy/document/" },
    },
    {
      name: "adapters-know-not-each-other",
      comment: "Each source of policy can be had without the others.",
      severity: "error",
      from: { path: "^src/(kvstore|k8s|policy-dir|server)/", pathNot: TEST },
      to: { path: "^src/(kvstore|k8s|policy-dir|server)/", pathNot: "^src/$1/" },
    },
    {
      name: "cli-knows-client-and-api",
      comment:
        "The command line is one more user of the API: what it can do, any program can. Only `weir agent` starts what " +
        "agent/ composes, in one file.",
      severity: "error",
      from: { path: "^src/cli/", pathNot: [TEST, "^src/cli/commands/agent\\.ts$"] },
      to: { path: "^src/(?!(cli|client|api|lib)/)" },
    },
    {
      name: "client-knows-api",
      comment: "Programs embed the client; they must not get the agent with it.",
      severity: "error",
      from: { path: "^src/client/", pathNot: TEST },
      to: { path: "^src/(?!(client|api|lib)/)" },
    },
    {
      name: "only-agent-composes",
      comment: "Rooms are joined in one place, so that what is running can be read there.",
      severity: "error",
      from: { path: "^src/(?!(agent|cli)/)", pathNot: TEST },
      to: { path: "^src/(agent|cli)/" },
    },
    fence(
      "re2",
      "re2js",
      "^src/lib/regex/",
      "Every expression passes the bounds of lib/regex; the engine can be replaced there.",
    ),
    fence(
      "fastify",
      "(fastify|@fastify/[^/]+)",
      "^src/server/",
      "REST is an adapter: the agent works without a web framework.",
    ),
    fence("commander", "commander", "^src/cli/", "Arguments are parsed in one place."),
    fence(
      "yaml",
      "yaml",
      "^src/policy/document/|^src/agent/config|^src/cli/",
      "Documents are read where each problem gets its line and column; everybody else gets checked objects.",
    ),
    fence("pino", "pino", "^src/lib/log(/|\\.ts$)", "The format of the log is decided once."),
    fence(
      "protobuf",
      "@bufbuild/protobuf",
      "^src/(client|api/proto|xds|server/xds|host/xds|host/policy|policy/description|resources|datapath/embedded/hosted)/",
      "Records are written by hand, for speed. A library reads the monitor's stream, and what agent and hosts say to " +
        "each other; whoever makes or reads resources says it with generated code.",
    ),
    fence(
      "grpc",
      "@connectrpc/[^/]+",
      "^src/(server/xds|host/xds)/|^src/datapath/envoy/",
      "gRPC is how agent and hosts reach each other; what they say to each other is decided without it, in xds/.",
    ),
    fence("metrics", "@prometheus-io/client", "^src/metrics/", "Who measures calls metrics/, not a registry."),
    {
      name: "fence-network",
      comment:
        "Sockets are opened by data planes, hosts, the API and its client; whoever reads the rest need not look for any.",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/(datapath|server|client|agent|host|extension-host)/", TEST] },
      to: { dependencyTypes: ["core"], path: "^(node:)?(net|https?|http2|tls|dgram|dns)(/|$)" },
    },
  ],
  options: {
    // Type imports count: a type is knowledge, too.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["weir-source", "import", "node", "default", "types"],
    },
    doNotFollow: { path: "node_modules" },
  },
};
