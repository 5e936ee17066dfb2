import { documentOf, problemTable } from "../../../test/policies/problem-lines.ts";

// Entries of l7: each input with all that is said of it.
problemTable([
  [within("{l7proto: memcache, l7: [{command: gett}]}"), ["error 9:49 `gett` is no `command` (did you mean `get`?)"]],
  [within("{l7proto: memcache, l7: [{command: GET}]}"), ["error 9:49 `GET` is no `command` (did you mean `get`?)"]],
  [
    within("{l7proto: memcache, l7: [{command: frobnicate}]}"),
    ["error 9:49 `frobnicate` is no `command` (known: get, set, delete, stats, writeGroup, every)"],
  ],
  [
    within("{l7proto: memcache, l7: [{comand: get}]}"),
    ["error 9:40 `memcache` has no field `comand` (did you mean `command`?)"],
  ],
  [
    within("{l7proto: memcache, l7: [{x: get}]}"),
    ["error 9:40 `memcache` has no field `x` (known: command, keyExact, keyPrefix, keyRegex)"],
  ],
  [
    within("{l7proto: memcache, l7: [{command: 5}]}"),
    ['error 9:49 `command` must be text, not the number `5` (quote it: "5")'],
  ],
  [
    within("{l7proto: memcache, l7: [{command: no}]}"),
    ['error 9:49 `command`: unquoted `no` is a truth value to other readers of YAML (write "no")'],
  ],
  [
    within("{l7proto: memcache, l7: [{command: get, keyPrefix: }]}"),
    ["warning 9:54 `keyPrefix` is empty and puts no condition: it matches everything (remove it if that is meant)"],
  ],
  [
    within("{l7proto: memcache, l7: [{command: get, keyExact: ''}]}"),
    ["warning 9:54 `keyExact` is empty and puts no condition: it matches everything (remove it if that is meant)"],
  ],
  [
    within("{l7proto: memcache, l7: [{command: , keyPrefix: a}]}"),
    ["error 9:51 `keyPrefix` needs `command`, one of get, set, delete (add `command`)"],
  ],
  [
    within("{l7proto: memcache, l7: [{keyPrefix: a}]}"),
    ["error 9:40 `keyPrefix` needs `command`, one of get, set, delete (add `command`)"],
  ],
  [
    within("{l7proto: memcache, l7: [{command: stats, keyPrefix: a}]}"),
    ["error 9:56 `keyPrefix` does not go with `command: stats` (use one of get, set, delete)"],
  ],
  [within("{l7proto: memcache, l7: [{command: writeGroup, keyPrefix: a}]}"), []],
  [
    within("{l7proto: memcache, l7: [{command: every, keyPrefix: a}]}"),
    ["error 9:56 `keyPrefix` does not go with `command: every` (use one of get, set, delete)"],
  ],
  [
    within("{l7proto: memcache, l7: [{command: get, keyPrefix: a, keyExact: b}]}"),
    ["error 9:68 `keyExact` and `keyPrefix` put a condition on the same thing (write a rule for each)"],
  ],
  [
    within("{l7proto: memcache, l7: [{command: get, keyRegex: '(a'}]}"),
    ["error 9:64 `keyRegex`: not a regular expression in RE2 syntax: missing closing ): `(a`"],
  ],
  [
    within("{l7proto: memcache, l7: [{command: get, keyRegex: a.b}]}"),
    [
      "warning 9:64 `a.b` matches anywhere in the value, and has a `.`, which stands for any character (if nothing else is meant, write `^a[.]b$`)",
    ],
  ],
  [within("{l7proto: memcache, l7: [{action: deny, command: get}, {action: allow}]}"), []],
  [
    within("{l7proto: memcache, l7: [{action: deny, command: get}, {action: deny}]}"),
    ["warning 9:34 all entries of this `l7` deny, so it allows no request (add `{}` to allow every other request)"],
  ],
  [
    within(
      "{l7proto: memcache, l7: [{action: denny}, {action: drop}, {action: }, {action: ''}, {acton: deny}, {Action: deny}, {action: [deny]}]}",
    ),
    [
      "error 9:48 unknown action `denny` (did you mean `deny`?)",
      "error 9:65 unknown action `drop` (write allow or deny)",
      "error 9:73 `action` is empty (write allow or deny)",
      "error 9:93 unknown action `` (write allow or deny)",
      "error 9:99 `memcache` has no field `acton` (did you mean `action`?)",
      "error 9:114 `memcache` has no field `Action` (did you mean `action`?)",
      "error 9:138 `action` must be text, not a list",
    ],
  ],
  [within("{l7proto: memcache, l7: [~]}"), ["error 9:39 an item of `l7` is empty (write `{}` to allow every request)"]],
  [
    within("{l7proto: memcache, l7: [get]}"),
    ["error 9:39 an item of `l7` must be a mapping, not text (write `{}` to allow every request)"],
  ],
  [
    within("{l7proto: r2d2, l7: [{cmd: HALT, file: ^x$}]}"),
    ["error 9:47 `file` does not go with `cmd: HALT` (use one of READ, WRITE)"],
  ],
  [within("{l7proto: r2d2, l7: [{file: ^x$}]}"), []],
  [within("{l7proto: plain, l7: [{}]}"), []],
  [within("{l7proto: plain, l7: [{a: b}]}"), ["error 9:37 `plain` has no field `a` (it takes no fields; write `{}`)"]],
  [
    within("{l7proto: memcache, l7: [{constructor: a}]}"),
    ["error 9:40 `memcache` has no field `constructor` (known: command, keyExact, keyPrefix, keyRegex)"],
  ],
]);

function within(text: string): string {
  return documentOf(
    `spec:\n  endpointSelector: {}\n  ingress:\n  - toPorts:\n    - ports: [{port: 80, protocol: TCP}]\n      rules: ${text}`,
  );
}
