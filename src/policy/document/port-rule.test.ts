import { documentOf, problemTable } from "../../../test/policies/problem-lines.ts";

// Entries of toPorts: each input with all that is said of it.
problemTable([
  [
    within("{}"),
    ['error 8:7 `ports` is missing (list at least one, for example `ports: [{port: "80", protocol: TCP}]`)'],
  ],
  [
    within("ports: []"),
    ['error 8:7 `ports` is empty (list at least one, for example `ports: [{port: "80", protocol: TCP}]`)'],
  ],
  [within("ports: [{}]"), ["error 8:15 `port` is missing"]],
  [
    within("ports: [{port: http}]"),
    ["error 8:22 port name `http` is not enforced yet (write a decimal number from 1 to 65535)"],
  ],
  [within("ports: [{port: '80-90'}]"), ["error 8:22 port range `80-90` is not enforced yet (list each port)"]],
  [
    within(
      "ports: [{port: 0x50}, {port: 080}, {port: '0'}, {port: 65536}, {port: 80.0}, {port: ''}, {port: }, {port: -1}, {port: 1e3}, {port: [80]}]",
    ),
    [
      "error 8:22 `0x50` is not a port (write a decimal number from 1 to 65535)",
      "error 8:36 `080` is not a port (write a decimal number from 1 to 65535)",
      "error 8:49 `0` is not a port (write a decimal number from 1 to 65535)",
      "error 8:62 `65536` is not a port (write a decimal number from 1 to 65535)",
      "error 8:77 `80.0` is not a port (write a decimal number from 1 to 65535)",
      "error 8:91 `` is not a port (write a decimal number from 1 to 65535)",
      "error 8:97 `port` must be a number, not empty (write a decimal number from 1 to 65535)",
      "error 8:113 `-1` is not a port (write a decimal number from 1 to 65535)",
      "error 8:125 `1e3` is not a port (write a decimal number from 1 to 65535)",
      "error 8:138 `port` must be a number, not a list (write a decimal number from 1 to 65535)",
    ],
  ],
  [
    within(
      "ports: [{port: 80, protocol: tcp}, {port: 81, protocol: udp}, {port: 82, protocol: any}, {port: 83}, {port: 84, protocol: ''}]",
    ),
    [],
  ],
  [
    within("ports: [{port: 80, protocol: SCTP}, {port: 80, protocol: }, {port: 80, endPort: 90}, {prot: 80}]"),
    [
      "error 8:36 protocol `SCTP` is not enforced (write TCP, UDP or ANY)",
      "error 8:54 `protocol` is empty (write TCP, UDP or ANY)",
      "error 8:78 `endPort` is not enforced yet; remove it (a policy is enforced as a whole or refused)",
      "error 8:92 `port` is missing",
      "error 8:93 unknown key `prot` (did you mean `port`?)",
    ],
  ],
  [
    within("ports: [80]"),
    ['error 8:15 an item of `ports` must be a mapping, not the number `80` (write `port: "80"`)'],
  ],
  [within("port: 80"), ["error 8:7 `port` belongs inside an item of `ports` (write `ports:` above it and indent it)"]],
  [
    within("protocol: TCP"),
    [
      "error 8:7 `protocol` belongs inside an item of `ports` (write `ports:` above it and indent it)",
      "error 8:7 `port` is missing",
    ],
  ],
  [
    within(
      "ports: [{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},{port: 80},]",
    ),
    ["error 8:7 41 ports in one item of `toPorts`, more than the limit of 40 (write several items)"],
  ],
  [
    within("l7proto: memcache"),
    [
      "error 8:7 `l7proto` belongs inside `rules` (write `rules:` above it and indent it)",
      'error 8:7 `ports` is missing (list at least one, for example `ports: [{port: "80", protocol: TCP}]`)',
      "error 8:7 `l7proto` without `l7` says nothing of requests (write `l7: [{}]` to allow every request)",
    ],
  ],
  [
    within("rules: {http: []}"),
    [
      'error 8:7 `ports` is missing (list at least one, for example `ports: [{port: "80", protocol: TCP}]`)',
      "error 8:15 `http` is not enforced yet; remove it (a policy is enforced as a whole or refused)",
    ],
  ],
]);

function within(text: string): string {
  return documentOf(`spec:\n  endpointSelector: {}\n  ingress:\n  - toPorts:\n    - ${text}`);
}
