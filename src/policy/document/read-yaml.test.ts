import { problemTable } from "../../../test/policies/problem-lines.ts";

// What is no policy, or no YAML: each input with all that is said of it.
problemTable([
  ["", ["error 1:1 there is no policy document (delete the file to remove its policies)"]],
  ["# nothing", ["error 1:1 there is no policy document (delete the file to remove its policies)"]],
  ["---\n---\n", ["error 1:1 there is no policy document (delete the file to remove its policies)"]],
  [
    "kind: [",
    ["error 1:8 not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]"],
  ],
  ["\tkind: x", ["error 1:1 not valid YAML: Tabs are not allowed as indentation"]],
  [
    "a: 1\na: 2",
    [
      "error 1:1 `kind` is missing (write `kind: CiliumNetworkPolicy`)",
      "error 1:1 `apiVersion` is missing (write `apiVersion: cilium.io/v2`)",
      "error 1:1 unknown key `a` (known here: apiVersion, kind, metadata, description, spec, specs, status)",
      "error 1:1 `metadata` is missing (write `metadata: {name: …}`; a document replaces the one of its name)",
      "error 1:1 there is neither `spec` nor `specs` (`spec` is one rule, `specs` a list of rules)",
      "error 2:1 `a` is given twice, first in line 1 (remove one)",
    ],
  ],
  ["%YAML 1.1\n---\na: b", ["error 2:1 policies are YAML 1.2, not 1.1 (remove the `%YAML` line)"]],
  [
    "a: !foo b",
    [
      "error 1:1 `kind` is missing (write `kind: CiliumNetworkPolicy`)",
      "error 1:1 `apiVersion` is missing (write `apiVersion: cilium.io/v2`)",
      "error 1:1 unknown key `a` (known here: apiVersion, kind, metadata, description, spec, specs, status)",
      "error 1:1 `metadata` is missing (write `metadata: {name: …}`; a document replaces the one of its name)",
      "error 1:1 there is neither `spec` nor `specs` (`spec` is one rule, `specs` a list of rules)",
      "error 1:9 YAML tag `!foo` is not used in policies (remove it; quote what is text)",
    ],
  ],
  [
    "a: !!str 5",
    [
      "error 1:1 `kind` is missing (write `kind: CiliumNetworkPolicy`)",
      "error 1:1 `apiVersion` is missing (write `apiVersion: cilium.io/v2`)",
      "error 1:1 unknown key `a` (known here: apiVersion, kind, metadata, description, spec, specs, status)",
      "error 1:1 `metadata` is missing (write `metadata: {name: …}`; a document replaces the one of its name)",
      "error 1:1 there is neither `spec` nor `specs` (`spec` is one rule, `specs` a list of rules)",
      "error 1:10 YAML tag `tag:yaml.org,2002:str` is not used in policies (remove it; quote what is text)",
    ],
  ],
  [
    "a: *x",
    [
      "error 1:1 `kind` is missing (write `kind: CiliumNetworkPolicy`)",
      "error 1:1 `apiVersion` is missing (write `apiVersion: cilium.io/v2`)",
      "error 1:1 unknown key `a` (known here: apiVersion, kind, metadata, description, spec, specs, status)",
      "error 1:1 `metadata` is missing (write `metadata: {name: …}`; a document replaces the one of its name)",
      "error 1:1 there is neither `spec` nor `specs` (`spec` is one rule, `specs` a list of rules)",
      "error 1:4 alias `*x` stands for nothing: no `&x` comes before it",
    ],
  ],
  [
    "a: &x [*x]",
    [
      "error 1:1 `kind` is missing (write `kind: CiliumNetworkPolicy`)",
      "error 1:1 `apiVersion` is missing (write `apiVersion: cilium.io/v2`)",
      "error 1:1 unknown key `a` (known here: apiVersion, kind, metadata, description, spec, specs, status)",
      "error 1:1 `metadata` is missing (write `metadata: {name: …}`; a document replaces the one of its name)",
      "error 1:1 there is neither `spec` nor `specs` (`spec` is one rule, `specs` a list of rules)",
      "error 1:8 alias `*x` contains itself",
    ],
  ],
  [
    "5: a",
    [
      "error 1:1 key `5` is not text (write it in quotes)",
      "error 1:1 `kind` is missing (write `kind: CiliumNetworkPolicy`)",
      "error 1:1 `apiVersion` is missing (write `apiVersion: cilium.io/v2`)",
      "error 1:1 `metadata` is missing (write `metadata: {name: …}`; a document replaces the one of its name)",
      "error 1:1 there is neither `spec` nor `specs` (`spec` is one rule, `specs` a list of rules)",
    ],
  ],
  [
    "? [a]\n: b",
    [
      "error 1:1 `kind` is missing (write `kind: CiliumNetworkPolicy`)",
      "error 1:1 `apiVersion` is missing (write `apiVersion: cilium.io/v2`)",
      "error 1:1 `metadata` is missing (write `metadata: {name: …}`; a document replaces the one of its name)",
      "error 1:1 there is neither `spec` nor `specs` (`spec` is one rule, `specs` a list of rules)",
      "error 1:3 a key must be plain text (write it in quotes)",
    ],
  ],
  [
    "<<: {a: b}",
    [
      "error 1:1 `kind` is missing (write `kind: CiliumNetworkPolicy`)",
      "error 1:1 `apiVersion` is missing (write `apiVersion: cilium.io/v2`)",
      "error 1:1 unknown key `<<` (YAML 1.2 has no merge keys; write the members out)",
      "error 1:1 `metadata` is missing (write `metadata: {name: …}`; a document replaces the one of its name)",
      "error 1:1 there is neither `spec` nor `specs` (`spec` is one rule, `specs` a list of rules)",
    ],
  ],
  [
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    ["error 1:65 nested deeper than the limit of 64 (no policy needs that)"],
  ],
  [
    "a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
    ["error 1:67 nested deeper than the limit of 64 (no policy needs that)"],
  ],
  [
    "- - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - ",
    ["error 1:129 nested deeper than the limit of 64 (no policy needs that)"],
  ],
  [
    "a: &a [b]\nb: [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,]",
    ["error 2:305 more aliases than the limit of 100"],
  ],
  ["\u0000", ["error 1:1 a policy document must be a mapping, not text"]],
  [
    'a: "\\ud800"',
    [
      "error 1:1 `kind` is missing (write `kind: CiliumNetworkPolicy`)",
      "error 1:1 `apiVersion` is missing (write `apiVersion: cilium.io/v2`)",
      "error 1:1 unknown key `a` (known here: apiVersion, kind, metadata, description, spec, specs, status)",
      "error 1:1 `metadata` is missing (write `metadata: {name: …}`; a document replaces the one of its name)",
      "error 1:1 there is neither `spec` nor `specs` (`spec` is one rule, `specs` a list of rules)",
    ],
  ],
  ["%bad", ["error 1:1 there is no policy document (delete the file to remove its policies)"]],
  ["--- a\n... garbage", ["error 2:5 not valid YAML: Unexpected scalar at node end"]],
  ["kind: \u001b[31mX", ["error 1:7 unknown kind `\\u{1b}[31mX` (write CiliumNetworkPolicy)"]],
]);
