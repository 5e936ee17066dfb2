import { documentOf, problemTable } from "../../../test/policies/problem-lines.ts";

// Labels of selectors: each input with all that is said of it.
problemTable([
  [
    within("app: yes"),
    ['error 4:61 label `app`: unquoted `yes` is a truth value to other readers of YAML (write "yes")'],
  ],
  [within("app: 5"), ['error 4:61 label `app` must be text, not the number `5` (quote it: "5")']],
  [within("app: true"), ['error 4:61 label `app` must be text, not the truth value `true` (quote it: "true")']],
  [within("app: "), ['error 4:56 label `app` is empty (write "" for the empty value)']],
  [within("app: ~"), ['error 4:61 label `app` is empty (write "" for the empty value)']],
  [
    within("'a b': c"),
    [
      "error 4:56 `a b` is not a label key (at most 63 letters, digits, `-`, `_`, `.`, a letter or digit first and last; before it, if wanted, a domain name and `/`)",
    ],
  ],
  [
    within("app: 'a b'"),
    [
      "error 4:61 `a b` is not a label value (at most 63 letters, digits, `-`, `_`, `.`, a letter or digit first and last)",
    ],
  ],
  [within("'k8s:app': x, 'any:app': x, app: y"), ["error 4:84 `app` is the same label as `any:app` (remove one)"]],
  [within("'k9s:app': x"), ["warning 4:56 `k9s` is not one of the usual label sources (did you mean `k8s`?)"]],
  [
    within("'K8S:a': b"),
    ["error 4:56 `K8S` is not a label source (known: any, k8s, container, mesos, reserved, unspec)"],
  ],
  [
    within("'cidr:10.0.0.0/8': ''"),
    ["error 4:56 `cidr:10.0.0.0/8` is a network, no label (name networks in `fromCIDR` or `toCIDR`)"],
  ],
  [
    within("10.0.0.0/8: '', 2001-db8-0-0-0-0-0-1/128: '', 'any:10.0.0.0/9': '', 'k8s:10.0.0.0/8': '', 10.0.0.0: ''"),
    [
      "error 4:56 `10.0.0.0/8` is a network, no label (name networks in `fromCIDR` or `toCIDR`)",
      "error 4:72 `2001-db8-0-0-0-0-0-1/128` is a network, no label (name networks in `fromCIDR` or `toCIDR`)",
      "error 4:102 `any:10.0.0.0/9` is a network, no label (name networks in `fromCIDR` or `toCIDR`)",
    ],
  ],
  [within("'reserved:hots': ''"), ["error 4:56 unknown reserved label `hots` (did you mean `host`?)"]],
  [
    within("'reserved:cluster': ''"),
    ["error 4:56 unknown reserved label `cluster` (write `fromEntities: [cluster]` or `toEntities: [cluster]`)"],
  ],
  [within("'reserved:host': x"), ['error 4:73 reserved labels have no value (write "")']],
  [
    within("'reserved:all': '', a: b"),
    ["error 4:42 `reserved:all` selects everything, whatever stands beside it (remove it or the other labels)"],
  ],
  [
    within("'a/b/c': d"),
    [
      "error 4:56 `a/b/c` is not a label key (at most 63 letters, digits, `-`, `_`, `.`, a letter or digit first and last; before it, if wanted, a domain name and `/`)",
    ],
  ],
  [within("toPorts: []"), ["error 4:65 label `toPorts` must be text, not a list"]],
  [within("5: a"), ["error 4:56 key `5` is not text (write it in quotes)"]],
]);

function within(text: string): string {
  return documentOf(`spec: {ingress: [{}], endpointSelector: {matchLabels: {${text}}}}`);
}
