import { documentOf, problemTable } from "../../../test/policies/problem-lines.ts";

// Rules of a port: each input with all that is said of it.
problemTable([
  [
    within("ports: [{port: 80, protocol: TCP}]\n      rules: {}"),
    ["error 9:7 `rules` is empty (remove it to allow the whole port, or give `l7proto` and `l7`)"],
  ],
  [
    within("ports: [{port: 80, protocol: TCP}]\n      rules: "),
    ["error 9:7 `rules` is empty (remove it to allow the whole port, or give `l7proto` and `l7`)"],
  ],
  [
    within("ports: [{port: 80, protocol: TCP}]\n      rules: {l7: [{}]}"),
    ["error 9:15 `l7` without `l7proto` (say which protocol: memcache, r2d2, cassandra, plain)"],
  ],
  [
    within("ports: [{port: 80, protocol: TCP}]\n      rules: {l7proto: memcache}"),
    ["error 9:15 `l7proto` without `l7` says nothing of requests (write `l7: [{}]` to allow every request)"],
  ],
  [
    within("ports: [{port: 80, protocol: TCP}]\n      rules: {l7proto: memcache, l7: }"),
    ["error 9:34 `l7` is empty (write `l7: [{}]` to allow every request)"],
  ],
  [
    within("ports: [{port: 80, protocol: TCP}]\n      rules: {l7proto: memcache, l7: []}"),
    ["warning 9:34 `l7: []` allows no request (write `l7: [{}]` to allow every request)"],
  ],
  [
    within("ports: [{port: 80, protocol: TCP}]\n      rules: {l7proto: memcached, l7: [{}]}"),
    ["error 9:24 unknown l7proto `memcached` (known: memcache, r2d2, cassandra, plain; did you mean `memcache`?)"],
  ],
  [
    within("ports: [{port: 80, protocol: TCP}]\n      rules: {l7proto: foo, l7: [{a: b}]}"),
    ["error 9:24 unknown l7proto `foo` (known: memcache, r2d2, cassandra, plain)"],
  ],
  [
    within("ports: [{port: 80, protocol: TCP}]\n      rules: {http: [{}], kafka: [], dns: []}"),
    [
      "error 9:15 `http` is not enforced yet; remove it (a policy is enforced as a whole or refused)",
      "error 9:27 `kafka` is not enforced yet; remove it (a policy is enforced as a whole or refused)",
      "error 9:38 `dns` is not enforced yet; remove it (a policy is enforced as a whole or refused)",
    ],
  ],
  [
    within("ports: [{port: 80, protocol: TCP}]\n      rules: {l7proto: memcache, l7: [{}], command: get}"),
    ["error 9:44 unknown key `command` (known here: l7proto, l7)"],
  ],
  [
    within(
      "ports: [{port: 80}, {port: 81, protocol: UDP}, {port: 82, protocol: TCP}]\n      rules: {l7proto: memcache, l7: [{}]}",
    ),
    [
      "error 8:15 `rules` need protocol TCP, and none is given, which means ANY (write `protocol: TCP`)",
      "error 8:48 `rules` need protocol TCP, not UDP (write `protocol: TCP`)",
    ],
  ],
]);

function within(text: string): string {
  return documentOf(`spec:\n  endpointSelector: {}\n  ingress:\n  - toPorts:\n    - ${text}`);
}
