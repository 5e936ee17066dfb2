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
  [within("{toEndpoints: [{}]}"), ["error 6:14 `toEndpoints` belongs inside an item of `egress` (move it there)"]],
  [
    within("{fromCIDR: [10.0.0.0/8], fromCIDRSet: [], fromRequires: [], toFQDNs: []}"),
    [
      "error 6:14 `fromCIDR` is not enforced yet; remove it (a policy is enforced as a whole or refused)",
      "error 6:38 `fromCIDRSet` is not enforced yet; remove it (a policy is enforced as a whole or refused)",
      "error 6:55 `fromRequires` is not enforced yet; remove it (a policy is enforced as a whole or refused)",
      "error 6:73 `toFQDNs` is not enforced yet; remove it (a policy is enforced as a whole or refused)",
    ],
  ],
  [
    within("{fromCidr: [a]}"),
    ["error 6:14 `fromCidr` (`fromCIDR`) is not enforced yet; remove it (a policy is enforced as a whole or refused)"],
  ],
  [within("{fromEndpoint: [{}]}"), ["error 6:14 unknown key `fromEndpoint` (did you mean `fromEndpoints`?)"]],
  [within("{toPorts: []}"), ["error 6:14 `toPorts` lists no ports (remove it to allow all ports, or list the ports)"]],
  [within("{toPorts: }"), ["error 6:14 `toPorts` is empty (remove it to allow all ports, or list the ports)"]],
  [
    within("{fromEndpoints: {matchLabels: {}}}"),
    ["error 6:29 `fromEndpoints` must be a list, not a mapping (write `[{}]` for every peer)"],
  ],
  [
    within("{fromEndpoints: [{app: a}, {matchExpressions: []}, {matchLabel: {}}]}"),
    [
      "error 6:31 unknown key `app` (labels belong inside `matchLabels`)",
      "error 6:41 `matchExpressions` is not enforced yet; remove it (a policy is enforced as a whole or refused)",
      "error 6:65 unknown key `matchLabel` (did you mean `matchLabels`?)",
    ],
  ],
]);

function within(text: string): string {
  return documentOf(`spec:\n  endpointSelector: {}\n  ingress: [${text}]`);
}
