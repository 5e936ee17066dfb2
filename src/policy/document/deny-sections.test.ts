import { documentOf, problemTable } from "../../../test/policies/problem-lines.ts";

// Sections that deny: each input with all that is said of it.
problemTable([
  [
    within("ingressDeny: [{}]"),
    ["error 4:44 an empty item of `ingressDeny` names nobody (write `fromEntities: [all]` to deny everybody)"],
  ],
  [
    within("egressDeny: [{}, ~, {toEntities: []}]"),
    [
      "error 4:43 an empty item of `egressDeny` names nobody (write `toEntities: [all]` to deny everybody)",
      "error 4:47 an item of `egressDeny` is empty (write `toEntities: [all]` to deny everybody)",
      "warning 4:51 `toEntities: []` selects no peer, so this item denies nothing (write `[all]` for every peer)",
    ],
  ],
  [
    within("ingressDeny: []"),
    ["warning 4:30 `ingressDeny: []` has no effect, it denies nothing (remove it to deny nothing)"],
  ],
  [within("ingressDeny: "), ["error 4:30 `ingressDeny` is empty (remove it to deny nothing)"]],
  [within("ingressDeny: {}"), ["error 4:43 `ingressDeny` must be a list, not a mapping (begin each item with `- `)"]],
  [
    within(
      "ingressDeny: [{fromEntities: [all]}, {fromCIDR: [10.0.0.0/8]}, {fromEndpoints: [{}], fromRequires: [{matchLabels: {a: b}}]}, {toPorts: [{ports: [{port: '81', protocol: UDP}]}]}]",
    ),
    [],
  ],
  [
    within(
      "egressDeny: [{toEntities: [all]}, {toCIDRSet: [{cidr: 10.0.0.0/8}]}, {toEndpoints: [{}], toRequires: [{}]}]",
    ),
    [],
  ],
  [
    within(
      "ingressDeny: [{fromEntities: [world], toPorts: [{ports: [{port: '80', protocol: UDP}], rules: {l7proto: memcache, l7: [{}]}}]}]",
    ),
    [
      "error 4:117 a section that denies takes no `rules` (to deny requests, write `action: deny` into an entry of `l7` in a section that allows)",
    ],
  ],
  [
    within("ingressDeny: [{fromRequires: [{}], toPorts: [{ports: [{port: '80'}]}]}, {toEndpoints: [{}]}]"),
    [
      "error 4:103 `toEndpoints` belongs to the other direction (write `fromEndpoints` here)",
      "warning 4:45 `fromRequires` names no peers, so this item denies nothing on its ports (add `fromEndpoints`)",
    ],
  ],
  [
    within("ingresDeny: [{fromEntities: [all]}]"),
    [
      "error 4:30 unknown key `ingresDeny` (did you mean `ingressDeny`?)",
      "warning 4:7 a rule without `ingress` and `egress` has no effect (write `ingress: [{}]` to deny all)",
    ],
  ],
  [
    within("egressDeny: [{fromEntities: [all]}]"),
    ["error 4:44 `fromEntities` belongs to the other direction (write `toEntities` here)"],
  ],
]);

function within(text: string): string {
  return documentOf(`spec: {endpointSelector: {}, ${text}}`);
}
