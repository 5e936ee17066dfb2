import { documentOf, problemTable } from "../../../test/policies/problem-lines.ts";

// Items of ingress and egress: each input with all that is said of it.
problemTable([
  [
    within("{fromEndpoints: [{}], fromEntities: [all]}"),
    ["error 6:35 `fromEndpoints` and `fromEntities` cannot stand in one item (write an item for each)"],
  ],
  [
    within("{fromEndpoints: []}"),
    ["warning 6:14 `fromEndpoints: []` selects no peer, so this item allows nothing (write `[{}]` for every peer)"],
  ],
  [
    within("{fromEntities: []}"),
    ["warning 6:14 `fromEntities: []` selects no peer, so this item allows nothing (write `[all]` for every peer)"],
  ],
  [within("{fromEndpoints: }"), ["error 6:14 `fromEndpoints` is empty (write `[{}]` for every peer)"]],
  [
    within("{fromEntities: [wrold, cluster, remote-node, 5]}"),
    [
      "error 6:29 unknown entity `wrold` (did you mean `world`?)",
      "error 6:45 unknown entity `remote-node` (known: all, world, cluster, host, init)",
      'error 6:58 an entity must be text, not the number `5` (quote it: "5")',
    ],
  ],
  [
    within("{fromEntities: [unmanaged, health, unmanged]}"),
    [
      'error 6:29 `unmanaged` is an identity, not an entity (select it by its label: `fromEndpoints: [{matchLabels: {"reserved:unmanaged": ""}}]`)',
      'error 6:40 `health` is an identity, not an entity (select it by its label: `fromEndpoints: [{matchLabels: {"reserved:health": ""}}]`)',
      "error 6:48 unknown entity `unmanged` (known: all, world, cluster, host, init)",
    ],
  ],
  [within("{fromRequires: [{matchLabels: {env: prod}}]}"), []],
  [
    within("{fromRequires: [{matchLabels: {env: prod}}], toPorts: [{ports: [{port: '80'}]}]}"),
    ["warning 6:14 `fromRequires` names no peers, so this item allows nothing on its ports (add `fromEndpoints`)"],
  ],
  [within("{fromRequires: [{}], fromCIDR: [10.0.0.0/8], toPorts: [{ports: [{port: '80'}]}]}"), []],
  [within("{fromRequires: []}"), ["error 6:14 `fromRequires` lists no requirement (remove it to require nothing)"]],
  [within("{fromRequires: }"), ["error 6:14 `fromRequires` is empty (remove it to require nothing)"]],
  [within("{toRequires: []}"), ["error 6:14 `toRequires` belongs to the other direction (write `fromRequires` here)"]],
  [
    within("{toEndpoints: [{}]}"),
    ["error 6:14 `toEndpoints` belongs to the other direction (write `fromEndpoints` here)"],
  ],
  [
    within("{fromCIDRSet: [{cidr: 10.0.0.0/8}], fromEntities: [all], fromCIDR: [10.0.0.0/8], toFQDNs: []}"),
    [
      "error 6:49 `fromCIDRSet` and `fromEntities` cannot stand in one item (write an item for each)",
      "error 6:70 `fromCIDRSet` and `fromCIDR` cannot stand in one item (write an item for each)",
      "error 6:94 `toFQDNs` is not enforced yet; remove it (a policy is enforced as a whole or refused)",
    ],
  ],
  [within("{fromCidr: [a]}"), ["error 6:14 unknown key `fromCidr` (did you mean `fromCIDR`?)"]],
  [within("{fromEndpoint: [{}]}"), ["error 6:14 unknown key `fromEndpoint` (did you mean `fromEndpoints`?)"]],
  [within("{toPorts: []}"), ["error 6:14 `toPorts` lists no ports (remove it to allow all ports, or list the ports)"]],
  [within("{toPorts: }"), ["error 6:14 `toPorts` is empty (remove it to allow all ports, or list the ports)"]],
  [
    within("{fromEndpoints: {matchLabels: {}}}"),
    ["error 6:29 `fromEndpoints` must be a list, not a mapping (begin each item with `- `)"],
  ],
  [
    within("{fromEndpoints: [{app: a}, {matchExpressions: []}, {matchLabel: {}}]}"),
    [
      "error 6:31 unknown key `app` (labels belong inside `matchLabels`)",
      "error 6:65 unknown key `matchLabel` (did you mean `matchLabels`?)",
    ],
  ],
]);

function within(text: string): string {
  return documentOf(`spec:\n  endpointSelector: {}\n  ingress: [${text}]`);
}
