import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { formatApiProblem, ProblemsError } from "../../api/problems-error.ts";
import { formatSocketAddress } from "../../lib/ip/address.ts";
import { defaultHosts } from "./default-hosts.ts";
import { loadConfig, parseConfig } from "./load-config.ts";

const FILE = "/etc/weir/weir.yaml";

/** All problems of a text, without the file's name. */
function problems(text: string): string[] {
  try {
    parseConfig(FILE, text);
  } catch (error) {
    assert.ok(error instanceof ProblemsError, String(error));
    assert.equal(error.code, "WEIR_CONFIG_INVALID");
    return error.problems.map((problem) => formatApiProblem(problem).replace(`${FILE}:`, ""));
  }
  return [];
}

test("an empty file means the defaults; paths are relative to the file", () => {
  const config = parseConfig(FILE, "");
  assert.equal(config.stateDir, "/etc/weir/run");
  assert.equal(config.policyEnforcement, "default");
  assert.equal(config.accessLog, undefined);
  assert.equal(config.drainMs, 10_000);
  assert.equal(config.logLevel, "info");
  assert.equal(parseConfig(FILE, "accessLog: ../log/a.log").accessLog, "/etc/log/a.log");
  assert.equal(parseConfig(FILE, "stateDir: /run/weir").stateDir, "/run/weir");
});

test("endpoints and redirects are read with their addresses", () => {
  const config = parseConfig(
    FILE,
    `
endpoints:
  - {name: memcached, addresses: [127.0.2.1, "FD00::1"], labels: ["app=memcached"]}
redirects:
  - {listen: "127.0.0.1:21211", upstream: "127.0.2.1:11211", endpoint: memcached, direction: egress}
  - {listen: "[::1]:0", upstream: "[fd00::1]:11211", endpoint: memcached}
`,
  );
  assert.deepEqual(config.endpoints[0]!.addresses.map(String), ["127.0.2.1", "fd00::1"]);
  assert.deepEqual(
    config.redirects.map(({ listen, upstream, direction }) => [
      formatSocketAddress(listen.address, listen.port),
      formatSocketAddress(upstream.address, upstream.port),
      direction,
    ]),
    [
      ["127.0.0.1:21211", "127.0.2.1:11211", "egress"],
      ["[::1]:0", "[fd00::1]:11211", "ingress"],
    ],
  );
});

test("all problems come at once, each with its line and column, and with what was meant", () => {
  assert.deepEqual(
    problems(`polices: [a.yaml]
policyEnforcement: alwais
endpoints:
  - name: web
    address: [10.0.0.1]
    addresses: [10.0.0.300]
  - labels: ["a=b"]
redirects:
  - {listen: "localhost:80", upstream: "10.0.0.1:0", endpoint: web}
  - {listen: "10.0.0.9:80", upstream: "10.0.0.1:0", endpoint: wep}
hosts: 257
drainMs: soon
`),
    [
      "1:1: unknown key `polices` (did you mean `policies`?)",
      "2:20: `policyEnforcement` must be one of default, always, never (did you mean `always`?)",
      "5:5: unknown key `address` (did you mean `addresses`?)",
      "6:17: `10.0.0.300` is not an IPv4 or IPv6 address (names are not looked up)",
      "7:5: `name` is missing",
      "9:14: `listen`: `localhost:80` is not an address with a port, like 127.0.0.1:11211 or [::1]:11211",
      "9:40: port 0 cannot be connected to",
      "10:39: port 0 cannot be connected to",
      "10:63: there is no endpoint `wep` (did you mean `web`?)",
      `11:8: \`hosts\`: must be between 0 and 256; one per core is usual, here ${defaultHosts()}`,
      "12:10: `drainMs` must be a number",
    ],
  );
});

test("names, addresses and listeners that clash are found", () => {
  assert.deepEqual(
    problems(`endpoints:
  - {name: a, addresses: [10.0.0.1, "::ffff:10.0.0.1"]}
  - {name: a, addresses: [127.0.0.1]}
  - {name: b, addresses: ["0.0.0.0", "::1"]}
redirects:
  - {listen: "127.0.0.1:80", upstream: "10.0.0.1:80", endpoint: a}
  - {listen: "127.0.0.1:80", upstream: "10.0.0.1:81", endpoint: a}
`),
    [
      "2:37: 10.0.0.1 belongs to endpoint `a` already (an address has one identity)",
      "3:12: there are two endpoints `a` (names must be unique)",
      "3:27: 127.0.0.1 cannot be an endpoint's address: it is the machine itself (reserved:host); take another one of 127.0.0.0/8",
      "4:27: 0.0.0.0 cannot be an endpoint's address: it is no address of anybody",
      "4:38: ::1 cannot be an endpoint's address: it is the machine itself (reserved:host); take another one of 127.0.0.0/8",
      "7:14: redirects[0] listens on 127.0.0.1:80 already",
    ],
  );
});

test("a value that is wrong hides no problem of its neighbours", () => {
  assert.deepEqual(
    problems(`endpoints:
  - {name: a, addresses: [10.0.0.1], labels: ["=x", "b=1", "k8s:b=2", "reserved:host"]}
  - {name: a, addresses: [nonsense, 10.0.0.1, 127.0.0.1], labels: ["=x"], color: red}
  - {name: "-", addresses: [10.0.0.1]}
redirects:
  - {listen: "127.0.0.1:80", upstream: nonsense, endpoint: b}
  - {listen: "127.0.0.1:80", upstream: "10.0.0.1:0", endpoint: c, direction: up}
`).map((problem) => problem.slice(0, 55)),
    [
      '2:47: label "=x": there is no key; write `key=value` or',
      '2:60: label "k8s:b=2": there is "unspec:b=1" as well, a',
      "2:71: label `reserved:host`: labels of the source `rese",
      "3:12: there are two endpoints `a` (names must be unique",
      "3:27: `nonsense` is not an IPv4 or IPv6 address (names ",
      "3:37: 10.0.0.1 belongs to endpoint `a` already (an addr",
      "3:47: 127.0.0.1 cannot be an endpoint's address: it is ",
      '3:68: label "=x": there is no key; write `key=value` or',
      "3:75: unknown key `color` (known keys: name, addresses,",
      "4:12: `name`: a name has 1 to 253 letters, digits, `.`,",
      "4:29: 10.0.0.1 belongs to endpoint `a` already (an addr",
      "6:40: `upstream`: `nonsense` is not an address with a p",
      "6:60: there is no endpoint `b` (list it under `endpoint",
      "7:14: redirects[0] listens on 127.0.0.1:80 already",
      "7:40: port 0 cannot be connected to",
      "7:64: there is no endpoint `c` (list it under `endpoint",
      "7:78: `direction` must be one of ingress, egress",
    ],
  );
});

test("redirects that lead back to themselves are refused; a chain and free ports are not", () => {
  const redirect = (listen: string, upstream: string) =>
    `  - {listen: "${listen}", upstream: "${upstream}", endpoint: a}\n`;
  const config = (...redirects: string[]) => `endpoints: [{name: a}]\nredirects:\n${redirects.join("")}`;
  const circles = /circles/;
  assert.match(problems(config(redirect("127.0.0.2:80", "127.0.0.2:80"))).join("\n"), circles);
  assert.match(problems(config(redirect("0.0.0.0:80", "127.0.0.1:80"))).join("\n"), circles);
  assert.equal(
    problems(config(redirect("127.0.0.2:80", "127.0.0.3:80"), redirect("127.0.0.3:80", "127.0.0.2:80"))).length,
    2,
  );
  assert.deepEqual(
    problems(config(redirect("127.0.0.2:80", "127.0.0.3:80"), redirect("127.0.0.3:80", "10.0.0.1:80"))),
    [],
  );
  assert.deepEqual(
    problems(config(redirect("127.0.0.2:0", "10.0.0.1:80"), redirect("127.0.0.2:0", "10.0.0.1:80"))),
    [],
  );
});

test("paths of policies that are none are told at their place", () => {
  assert.match(
    problems("policies: [./*.yaml, a/*/b.yaml, dir/]").join("\n"),
    /^1:22: .*directory[^\n]*\n1:34: .*no file/,
  );
});

test("labels are read with their sources, and bad ones are told at their place", () => {
  const config = parseConfig(FILE, 'endpoints: [{name: a, labels: ["app=b", "k8s:x"]}, {name: b}]');
  assert.deepEqual(
    config.endpoints.map(({ labels }) => labels.texts),
    [["unspec:app=b", "k8s:x"], []],
  );
  const found = problems('endpoints: [{name: a, labels: ["reserved:host", "=x", "$world"]}]');
  assert.deepEqual(
    found.map((problem) => problem.split(" ")[0]),
    ["1:32:", "1:49:", "1:55:"],
  );
  assert.match(found.join("\n"), /`reserved:host`.*weir's own.*there is no key.*`\$world`.*weir's own/s);
  assert.match(problems('endpoints: [{name: a, labels: ["a=1", "k8s:a=2"]}]').join("\n"), /^1:/);
});

test("a state directory whose path leaves no room for the socket is refused", () => {
  const path = (bytes: number) => `/${"d".repeat(bytes - 1)}`;
  assert.equal(parseConfig(FILE, `stateDir: ${path(97)}`).stateDir.length, 97);
  const [problem] = problems(`\nstateDir: ${path(98)}`);
  assert.match(problem!, /^2:11: .* has 98 bytes: at most 97 .*\/run\/weir/);
  assert.throws(() => parseConfig(join(path(120), "weir.yaml"), ""), /has 124 bytes/);
});

test("what is no YAML, or no mapping, is told with its place", () => {
  assert.match(problems("a: [1")[0]!, /^1:\d+: /);
  assert.match(problems("endpoints: []\nendpoints: []\n")[0]!, /^2:1: .*unique/i);
  assert.deepEqual(problems("- a"), ["1:1: the file must be a mapping"]);
});

test("a file that cannot be read is named", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "weir-config-"));
  t.after(() => rm(directory, { recursive: true }));
  await assert.rejects(loadConfig(join(directory, "none.yaml")), /none\.yaml: ENOENT/);
  const long = join(directory, "long.yaml");
  await writeFile(long, "#".repeat(1_048_577));
  await assert.rejects(loadConfig(long), { code: "WEIR_CONFIG_INVALID" });
  const good = join(directory, "weir.yaml");
  await writeFile(good, "drainMs: 5");
  assert.equal((await loadConfig(good)).drainMs, 5);
});

test("the metrics' address is checked, and no redirect may have it", () => {
  const config = parseConfig("/etc/weir.yaml", 'prometheusListen: "[::1]:9964"');
  assert.deepEqual([config.prometheusListen?.address.toString(), config.prometheusListen?.port], ["::1", 9964]);
  assert.equal(parseConfig("/etc/weir.yaml", "").prometheusListen, undefined);
  assert.throws(() => parseConfig("/etc/weir.yaml", "prometheusListen: :9964"), /not an address with a port/);
  const clash = `
endpoints: [{name: a}]
redirects: [{listen: "127.0.0.1:9964", upstream: "127.0.2.1:1", endpoint: a}]
prometheusListen: "127.0.0.1:9964"
`;
  assert.throws(
    () => parseConfig("/etc/weir.yaml", clash),
    /4:19: redirects\[0\] listens on 127\.0\.0\.1:9964 already/,
  );
});

test("what endpoints are watched for is read with its defaults", () => {
  const { endpoints, extensionMentions } = parseConfig(
    FILE,
    `extensionConfig: {r2d2: {a: b}}
endpoints:
  - name: a
    audit: true
    observe:
      - {port: 80, l7proto: memcache}
      - {port: 80, l7proto: r2d2, direction: egress}
  - {name: b}
`,
  );
  assert.deepEqual(
    endpoints.map(({ audit, observe }) => [audit, observe]),
    [
      [
        true,
        [
          { port: 80, extension: "memcache", direction: "ingress" },
          { port: 80, extension: "r2d2", direction: "egress" },
        ],
      ],
      [false, []],
    ],
  );
  assert.deepEqual(
    extensionMentions.map(({ name, line, column, path }) => `${line}:${column} ${path}: ${name}`),
    [
      "1:19 extensionConfig.r2d2: r2d2",
      "6:29 endpoints[0].observe[0].l7proto: memcache",
      "7:29 endpoints[0].observe[1].l7proto: r2d2",
    ],
  );
});

test("problems of what endpoints are watched for come with their places", () => {
  assert.deepEqual(
    problems(`endpoints:
  - {name: a, audit: yes, observ: []}
  - {name: b, observe: [{port: 0, l7proto: x}, {l7proto: x, direction: ingres}, {port: 80, prot: x}]}
  - {name: c, observe: [{port: 80, l7proto: x}, {port: 80, l7proto: y, direction: egress}, {port: 80, l7proto: z}]}
`).map((problem) => problem.slice(0, 60)),
    [
      "2:22: `audit` must be true or false",
      "2:27: unknown key `observ` (did you mean `observe`?)",
      "3:32: `port` must be at least 1",
      "3:48: `port` is missing",
      "3:72: `direction` must be one of ingress, egress (did you mean `ingress`?)".slice(0, 60),
      "3:81: `l7proto` is missing",
      "3:92: unknown key `prot` (did you mean `port`?)",
      "4:92: port 80 is observed in this direction already",
    ],
  );
});

test("fixed identities have numbers and names of their own", () => {
  const { fixedIdentities } = parseConfig(FILE, 'fixedIdentities: {128: database, "255": backup}');
  assert.deepEqual(
    [...fixedIdentities].map(([name, { id, labels }]) => [name, id, labels.texts]),
    [
      ["database", 128, ["reserved:database"]],
      ["backup", 255, ["reserved:backup"]],
    ],
  );
  assert.deepEqual(
    problems(`fixedIdentities:
  127: a
  256: b
  x: c
  128: host
  129: "a b"
  130: same
  131: same
  132: 5
endpoints:
  - {name: e, labels: ["io.cilium.fixed-identity=sam", "cidr:10.0.0.0/8"]}
`).map((problem) => problem.slice(0, 80)),
    [
      "2:3: `127` is no number for a fixed identity (128 to 255 are)",
      "3:3: `256` is no number for a fixed identity (128 to 255 are)",
      "4:3: `x` is no number for a fixed identity (128 to 255 are)",
      "5:8: `host`: `reserved:host` means something else already",
      "6:8: `a b`: a name has 1 to 63 letters, digits, `.`, `_` and `-`",
      "8:8: `same` is the name of 130 already (each number needs its own)",
      "9:8: `132` must be a text",
      "11:24: label `io.cilium.fixed-identity=sam`: there is no fixed identity `sam` (did you mean `same`?)".slice(
        0,
        80,
      ),
      "11:56: label `cidr:10.0.0.0/8`: labels of the source `cidr` are weir's own",
    ],
  );
});

test("expressions for labels are read, and bad ones told at their places", () => {
  const relevant = (text: string, key: string): boolean =>
    parseConfig(FILE, text).labelFilter.isRelevant({ source: "k8s", key, value: "" });
  assert.deepEqual(
    ["app", "pod-template-hash", "other"].map((key) => relevant("", key)),
    [true, false, true],
  );
  assert.deepEqual(
    ["app", "other"].map((key) => relevant("identityLabels: [app]", key)),
    [true, false],
  );
  assert.deepEqual(
    problems('identityLabels: [app, "!", "("]\nclusterName: a/b\n').map((problem) => problem.slice(0, 50)),
    [
      '1:23: "!" names no labels; write the beginning of their'.slice(0, 50),
      "1:28: not a regular expression in RE2 syntax: missi".slice(0, 50),
      "2:14: `clusterName`: a name has 1 to 63 letters, dig".slice(0, 50),
    ],
  );
});

test("a file of labels takes the place of the defaults, and its problems have places in it", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "weir-config-"));
  t.after(() => rm(directory, { recursive: true }));
  const file = join(directory, "weir.yaml");
  const text = "identityLabelsFile: labels.json\nhost: 1";
  const found = (): string[] => {
    try {
      parseConfig(file, text);
    } catch (error) {
      assert.ok(error instanceof ProblemsError);
      return error.problems.map((problem) => formatApiProblem(problem).replaceAll(`${directory}/`, ""));
    }
    return [];
  };
  const unknown = "weir.yaml:2:1: unknown key `host` (did you mean `hosts`?)";
  assert.match(found()[0] ?? "", /^weir\.yaml:1:21: cannot read labels\.json: ENOENT/);
  await writeFile(
    join(directory, "labels.json"),
    '{"version": 2,\n\t"valid-prefixes": [{"prefix": "", "source": "k8s"}, {"prefix": "a", "invrt": true}]}',
  );
  assert.deepEqual(found(), [
    "labels.json:1:13: `version`: only version 1 is known",
    "labels.json:2:32: `prefix`: is empty",
    "labels.json:2:54: `source` is missing",
    "labels.json:2:70: unknown key `invrt` (did you mean `invert`?)",
    unknown,
  ]);
  const prefixes = [
    { prefix: "app", source: "k8s" },
    { prefix: "app.hash", source: "k8s", invert: true },
  ];
  await writeFile(join(directory, "labels.json"), JSON.stringify({ version: 1, "valid-prefixes": prefixes }));
  assert.deepEqual(found(), [unknown]);
  const { labelFilter } = parseConfig(file, "identityLabelsFile: labels.json");
  assert.deepEqual(
    ["app.name", "app.hash", "other"].map((key) => labelFilter.isRelevant({ source: "k8s", key, value: "" })),
    [true, false, false],
  );
});
