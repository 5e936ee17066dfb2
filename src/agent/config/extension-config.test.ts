import assert from "node:assert/strict";
import { test } from "node:test";
import { formatApiProblem, ProblemsError } from "../../api/problems-error.ts";
import { defaultHosts } from "./default-hosts.ts";
import { parseConfig } from "./load-config.ts";

const FILE = "/etc/weir/weir.yaml";

function problems(text: string): string[] {
  try {
    parseConfig(FILE, text);
  } catch (error) {
    assert.ok(error instanceof ProblemsError, String(error));
    return error.problems.map((problem) => formatApiProblem(problem).replace(`${FILE}:`, ""));
  }
  return [];
}

const NOTHING = { read: [], write: [], network: false, childProcess: false, nativeAddons: false, worker: false };

test("an extension is a text, or a mapping with its process and what it may do; what is not granted is refused", () => {
  const { extensions } = parseConfig(
    FILE,
    `extensions:
  - ./a.ts
  - "@acme/parser"
  - {module: ./b.ts, host: tools}
  - {module: /opt/c.js, allow: {read: [./tables, /usr/share/x], write: [../log], network: true}}
`,
  );
  assert.deepEqual(extensions, [
    { module: "./a.ts", group: "module:./a.ts", allow: NOTHING },
    { module: "@acme/parser", group: "module:@acme/parser", allow: NOTHING },
    { module: "./b.ts", group: "tools", allow: NOTHING },
    {
      module: "/opt/c.js",
      group: "module:/opt/c.js",
      allow: { ...NOTHING, read: ["/etc/weir/tables", "/usr/share/x"], write: ["/etc/log"], network: true },
    },
  ]);
});

test("problems of extensions and of their hosts come with their places, all at once", () => {
  assert.deepEqual(
    problems(`extensions:
  - 5
  - ""
  - {modul: ./a.ts}
  - {module: ./b.ts, host: "a:b"}
  - {module: ./c.ts, allow: {netwrk: true, read: ./x, worker: 1}}
extensionHosts:
  memoryMiB: 63
  bufferdMiB: 1
  callMs: 1901
hosts: 1.5
`).map((problem) => problem.slice(0, 70)),
    [
      "2:5: `0` must be a mapping",
      "3:5: `module`: is empty",
      "4:5: `module` is missing",
      "4:6: unknown key `modul` (did you mean `module`?)",
      "5:28: `host`: a name has 1 to 63 letters, digits, `.`, `_` and `-`",
      "6:30: unknown key `netwrk` (did you mean `network`?)",
      "6:50: `read` must be a list",
      "6:63: `worker` must be true or false",
      "8:14: `memoryMiB` must be at least 64",
      "9:3: unknown key `bufferdMiB` (did you mean `bufferedMiB`?)",
      "10:11: `callMs` must be at most 1900",
      "11:8: `hosts` must be a whole number",
    ],
  );
});

test("extensions of one process are granted the same, and none is listed twice", () => {
  assert.deepEqual(
    problems(`extensions:
  - {module: ./a.ts, host: h, allow: {read: [/x, /y]}}
  - {module: ./b.ts, host: h, allow: {read: [/y, /x]}}
  - {module: ./c.ts, host: h}
  - ./d.ts
  - {module: ./d.ts, allow: {network: true}}
`),
    [
      "4:28: shares the process `h` with extensions[0], which has another `allow` (what is allowed holds for the whole process: give both the same, or another `host`)",
      "6:5: `./d.ts` is listed already",
    ],
  );
});

test("limits of extension hosts have defaults and are bytes inside", () => {
  assert.deepEqual(parseConfig(FILE, "extensionHosts: {bufferedMiB: 2, callMs: 100}").extensionLimits, {
    memoryBytesMax: 268_435_456,
    bufferedBytesMax: 2_097_152,
    connectionsMax: 10_000,
    callMs: 100,
    answerMs: 30_000,
  });
  assert.deepEqual([parseConfig(FILE, "").hosts, parseConfig(FILE, "hosts: 256").hosts], [defaultHosts(), 256]);
});
