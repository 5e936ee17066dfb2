import { documentOf, problemTable } from "../../../test/policies/problem-lines.ts";

// Annotations: each input with all that is said of it.
problemTable([
  [within("annotations: {weir.dev/mode: audit}"), []],
  [within("annotations: {weir.dev/mode: enforce, other: 5, weir.device/mode: x}"), []],
  [
    within("annotations: {weir.dev/mode: Audit}"),
    ["error 3:50 `Audit` is no mode of a policy (did you mean `audit`?)"],
  ],
  [within("annotations: {weir.dev/mode: adit}"), ["error 3:50 `adit` is no mode of a policy (did you mean `audit`?)"]],
  [
    within("annotations: {weir.dev/mode: dry-run}"),
    ["error 3:50 `dry-run` is no mode of a policy (write enforce or audit)"],
  ],
  [within("annotations: {weir.dev/mode: }"), ["error 3:35 `weir.dev/mode` is empty (write enforce or audit)"]],
  [
    within("annotations: {weir.dev/mode: on}"),
    ['error 3:50 `weir.dev/mode`: unquoted `on` is a truth value to other readers of YAML (write "on")'],
  ],
  [within("annotations: {weir.dev/mode: [audit]}"), ["error 3:50 `weir.dev/mode` must be text, not a list"]],
  [
    within("annotations: {weir.dev/mod: audit, weir.dev/foo: x, Weir.dev/mode: audit}"),
    [
      "error 3:35 unknown annotation `weir.dev/mod` (did you mean `weir.dev/mode`?)",
      "error 3:56 unknown annotation `weir.dev/foo` (did you mean `weir.dev/mode`?)",
      "error 3:73 unknown annotation `Weir.dev/mode` (did you mean `weir.dev/mode`?)",
    ],
  ],
  [within("annotations: 5"), ["error 3:34 `annotations` must be a mapping, not the number `5`"]],
  [within("annotations: "), []],
  [
    within("labels: {weir.dev/mode: audit}"),
    ["error 3:30 `weir.dev/mode` belongs inside `annotations`; as a label it has no effect (move it there)"],
  ],
  [
    within("weir.dev/mode: audit"),
    [
      "error 3:21 unknown key `weir.dev/mode` (known here: name, namespace, labels, annotations, uid, resourceVersion, generation, creationTimestamp, managedFields, ownerReferences, finalizers, selfLink)",
    ],
  ],
]);

function within(text: string): string {
  return documentOf("spec: {endpointSelector: {}, ingress: [{}]}").replace("{name: p}", `{name: p, ${text}}`);
}
