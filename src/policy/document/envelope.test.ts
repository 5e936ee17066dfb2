import { documentOf, problemTable } from "../../../test/policies/problem-lines.ts";

// The envelope of a document: each input with all that is said of it.
problemTable([
  [
    "[]",
    [
      "error 1:1 a list of bare rules has no name by which it could be replaced or deleted (wrap it: `apiVersion: cilium.io/v2`, `kind: CiliumNetworkPolicy`, `metadata: {name: …}`, `specs: [the list]`)",
    ],
  ],
  [
    "- endpointSelector: {}",
    [
      "error 1:1 a list of bare rules has no name by which it could be replaced or deleted (wrap it: `apiVersion: cilium.io/v2`, `kind: CiliumNetworkPolicy`, `metadata: {name: …}`, `specs: [the list]`)",
    ],
  ],
  ["just text", ["error 1:1 a policy document must be a mapping, not text"]],
  [
    "kind: NetworkPolicy\napiVersion: networking.k8s.io/v1",
    ["error 1:7 kind `NetworkPolicy` is not enforced yet (write it as a CiliumNetworkPolicy)"],
  ],
  [
    "kind: List\nitems: []",
    ["error 1:7 `List` is not read (write its items as documents of their own, with `---` between them)"],
  ],
  [
    "kind: CiliumNetworkPolici\napiVersion: cilium.io/v1\nmetadata: {name: p}\nspec: {endpointSelector: {}, ingress: [{}]}",
    [
      "error 1:7 unknown kind `CiliumNetworkPolici` (did you mean `CiliumNetworkPolicy`?)",
      "error 2:13 unknown apiVersion `cilium.io/v1` (write cilium.io/v2)",
    ],
  ],
  [
    "metadata: {name: p}\nspec: {endpointSelector: {}, ingress: [{}]}",
    [
      "error 1:1 `kind` is missing (write `kind: CiliumNetworkPolicy`)",
      "error 1:1 `apiVersion` is missing (write `apiVersion: cilium.io/v2`)",
    ],
  ],
  [within("spec:"), ["error 4:1 `spec` is empty"]],
  [within("specs: []"), ["error 4:1 `specs` has no rule (list at least one)"]],
  [within("specs: {}"), ["error 4:8 `specs` must be a list, not a mapping (begin each item with `- `)"]],
  [
    "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p}",
    ["error 1:1 there is neither `spec` nor `specs` (`spec` is one rule, `specs` a list of rules)"],
  ],
  [
    within("spec: {endpointSelector: {}}"),
    ["warning 4:7 a rule without `ingress` and `egress` has no effect (write `ingress: [{}]` to deny all)"],
  ],
  [
    within("description: 5\nspec: {endpointSelector: {}, egress: [{}]}"),
    ['error 4:14 `description` must be text, not the number `5` (quote it: "5")'],
  ],
  [
    within("spec: {endpointSelector: {}, egress: [{}]}\nstatus: {a: b}\nextra: 1"),
    ["error 6:1 unknown key `extra` (known here: apiVersion, kind, metadata, description, spec, specs, status)"],
  ],
  [
    "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: P_q, namespace: a.b, labels: {a: b}, annotations: {}, uid: x, clusterName: c}\nspec: {endpointSelector: {}, egress: [{}]}",
    [
      "error 3:18 `P_q` is not a valid `metadata.name` (at most 253 lower-case letters, digits, `-` and `.`, a letter or digit first and last)",
      "error 3:34 `a.b` is not a valid `metadata.namespace` (at most 63 lower-case letters, digits and `-`, a letter or digit first and last)",
      "error 3:80 unknown key `clusterName` (known here: name, namespace, labels, annotations, uid, resourceVersion, generation, creationTimestamp, managedFields, ownerReferences, finalizers, selfLink)",
    ],
  ],
  [
    "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: 12}\nspec: {endpointSelector: {}, egress: [{}]}",
    ['error 3:18 `metadata.name` must be text, not the number `12` (quote it: "12")'],
  ],
  [
    "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {}\nspec: {endpointSelector: {}, egress: [{}]}",
    ["error 3:11 `metadata.name` is missing (write `metadata: {name: …}`; a document replaces the one of its name)"],
  ],
  [
    "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nname: p\nspec: {endpointSelector: {}, egress: [{}]}",
    ["error 3:1 `name` belongs inside `metadata` (write `metadata:` above it and indent it)"],
  ],
  [
    within(
      "spec: {endpointSelector: {}, egress: [{}]}\n---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p}\nspec: {endpointSelector: {}, egress: [{}]}",
    ),
    ["error 8:18 policy `p` is given twice, first in line 3 (rename one, or write their rules into one document)"],
  ],
]);

function within(text: string): string {
  return documentOf(`${text}`);
}
