import { documentOf, problemTable } from "../../../test/policies/problem-lines.ts";

// Rules: each input with all that is said of it.
problemTable([
  [
    within("spec: {ingress: [{}]}"),
    ["error 4:7 `endpointSelector` is missing (it says which endpoints the rule protects; `{}` selects all)"],
  ],
  [
    within("spec:\n  endpointSelector:\n  ingress:"),
    [
      "error 5:3 `endpointSelector` is empty (write `{}` to select everything)",
      "error 6:3 `ingress` is empty (write `ingress: [{}]` to deny everything, or remove it)",
    ],
  ],
  [
    within("spec: {endpointSelector: {}, ingress: []}"),
    [
      "warning 4:30 `ingress: []` has no effect, it denies nothing (write `ingress: [{}]` to deny everything, or remove it)",
    ],
  ],
  [
    within("spec: {endpointSelector: {}, ingress: {}}"),
    ["error 4:39 `ingress` must be a list, not a mapping (begin each item with `- `)"],
  ],
  [
    within("spec: {endpointSelector: {}, ingress: [~, 5]}"),
    [
      "error 4:40 an item of `ingress` is empty (write `{}` for an item that allows nothing)",
      "error 4:43 an item of `ingress` must be a mapping, not the number `5` (write `{}` for an item that allows nothing)",
    ],
  ],
  [
    within("spec: {endpointSelector: {}, enableDefaultDeny: {}, nodeSelector: {}}"),
    [
      "error 4:30 `enableDefaultDeny` is not enforced yet; remove it (a policy is enforced as a whole or refused)",
      "error 4:53 `nodeSelector` is not enforced yet; remove it (a policy is enforced as a whole or refused)",
      "warning 4:7 a rule without `ingress` and `egress` has no effect (write `ingress: [{}]` to deny all)",
    ],
  ],
  [
    within("spec: {endpointSelector: {}, fromEndpoints: [{}]}"),
    ["error 4:30 `fromEndpoints` belongs inside an item of `ingress` (write `ingress:` above it and indent it)"],
  ],
  [
    within("spec: {endpointSelector: {}, matchLabels: {}}"),
    [
      "error 4:30 `matchLabels` belongs inside `endpointSelector` of line 4 (indent it)",
      "warning 4:7 a rule without `ingress` and `egress` has no effect (write `ingress: [{}]` to deny all)",
    ],
  ],
  [
    within(
      "spec: {endpointSelector: {toPorts: []}, egress: [{}], labels: [a=b, {key: c, source: k8s}, 'cilium-generated:x', ' ', {kee: v}]}",
    ),
    [
      "error 4:27 `toPorts` belongs inside an item of `ingress` (move it there)",
      "error 4:92 labels of source `cilium-generated` are reserved (remove it)",
      'error 4:114 label " ": the key may hold neither blanks nor `;` nor characters outside of ASCII',
      "error 4:120 unknown key `kee` (a label has source, key and value)",
    ],
  ],
  [
    within("endpointSelector: {}\ningress: [{}]"),
    [
      "error 4:1 `endpointSelector` belongs inside `spec` (write `spec:` above it and indent it)",
      "error 5:1 `ingress` belongs inside `spec` of line 4 (indent it)",
    ],
  ],
  [
    within("spec:\nendpointSelector: {}\ningress: [{}]"),
    [
      "error 5:1 `endpointSelector` belongs inside `spec` of line 4 (indent it)",
      "error 6:1 `ingress` belongs inside `spec` of line 4 (indent it)",
    ],
  ],
  [
    within("specs:\n- endpointSelector: {}\n  ingress:\n  - fromEndpoints: [{}]\ntoPorts: []"),
    ["error 8:1 `toPorts` belongs inside an item of `ingress` (move it there)"],
  ],
]);

function within(text: string): string {
  return documentOf(`${text}`);
}
