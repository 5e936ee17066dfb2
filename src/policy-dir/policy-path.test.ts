import assert from "node:assert/strict";
import test from "node:test";
import { parsePolicyPath } from "./policy-path.ts";

function matches(pattern: string, name: string): boolean {
  const { match } = parsePolicyPath(pattern, "/base");
  return match.kind === "name" ? match.name === name : match.regex.test(name);
}

for (const [pattern, name, expected] of [
  ["./policies/*.yaml", "a.yaml", true],
  ["./policies/*.yaml", "a.yml", false],
  ["./policies/*.yaml", ".a.yaml", false],
  ["./policies/.*.yaml", ".a.yaml", true],
  ["./policies/a?.y(a)ml", "ab.y(a)ml", true],
  ["./policies/a?.yaml", "a.yaml", false],
  ["./policies/a.yaml", "a.yaml", true],
  ["./policies/a+.yaml", "aa.yaml", false],
  ["*", "line\nbreak", true],
] as const) {
  test(`${pattern} ${expected ? "takes" : "leaves"} ${JSON.stringify(name)}`, () => {
    assert.equal(matches(pattern, name), expected);
  });
}

test("relative paths begin at the base directory", () => {
  assert.equal(parsePolicyPath("./policies/*.yaml", "/etc/weir").directory, "/etc/weir/policies");
  assert.equal(parsePolicyPath("*.yaml", "/etc/weir").directory, "/etc/weir");
  assert.equal(parsePolicyPath("/a/*.yaml", "/etc/weir").directory, "/a");
});

for (const path of ["", ".", "..", "policies/", "policies/..", "*/a.yaml", "a/**/b.yaml", "a\0b"]) {
  test(`${JSON.stringify(path)} is refused`, () => {
    assert.throws(() => parsePolicyPath(path, "/base"), { code: "WEIR_CONFIG_INVALID" });
  });
}
