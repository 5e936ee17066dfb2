import { documentOf, problemTable } from "../../../test/policies/problem-lines.ts";

// Expressions of selectors: each input with all that is said of it.
problemTable([
  [
    within(
      "{matchExpressions: [{key: app, operator: In, values: [a, b]}, {key: 'k8s:x', operator: NotIn, values: ['']}, {key: y, operator: Exists}, {key: z, operator: DoesNotExist, values: []}]}",
    ),
    [],
  ],
  [
    within(
      "{matchExpressions: [{key: app, operator: In}, {key: app, operator: NotIn, values: []}, {key: app, operator: Exists, values: [a]}, {key: app, operator: DoesNotExist, values: [a]}]}",
    ),
    [
      "error 6:50 `In` needs `values` (list at least one, for example `values: [a, b]`)",
      "error 6:104 `NotIn` needs `values` (list at least one, for example `values: [a, b]`)",
      "error 6:146 `Exists` takes no `values` (remove them, or write `In`)",
      "error 6:195 `DoesNotExist` takes no `values` (remove them, or write `NotIn`)",
    ],
  ],
  [
    within(
      "{matchExpressions: [{key: app, operator: in, values: [a]}, {key: app, operator: Equals, values: [a]}, {key: app}, {operator: Exists}, {}, ~, x]}",
    ),
    [
      "error 6:71 unknown operator `in` (did you mean `In`?)",
      "error 6:110 unknown operator `Equals` (known: In, NotIn, Exists, DoesNotExist)",
      "error 6:132 `operator` of the expression is missing (for example `{key: app, operator: In, values: [a, b]}`)",
      "error 6:144 `key` of the expression is missing (for example `{key: app, operator: In, values: [a, b]}`)",
      "error 6:164 `key` of the expression is missing (for example `{key: app, operator: In, values: [a, b]}`)",
      "error 6:164 `operator` of the expression is missing (for example `{key: app, operator: In, values: [a, b]}`)",
      "error 6:168 an item of `matchExpressions` is empty",
      "error 6:171 an item of `matchExpressions` must be a mapping, not text",
    ],
  ],
  [
    within(
      "{matchExpressions: [{key: 'a b', operator: Exists}, {key: app, operator: In, values: [a b, 5, yes, ~]}, {key: app, operator: In, values: a}, {key: 5, operator: Exists}]}",
    ),
    [
      "error 6:56 `a b` is not a label key (at most 63 letters, digits, `-`, `_`, `.`, a letter or digit first and last; before it, if wanted, a domain name and `/`)",
      "error 6:116 `a b` is not a label value (at most 63 letters, digits, `-`, `_`, `.`, a letter or digit first and last)",
      'error 6:121 a value must be text, not the number `5` (quote it: "5")',
      'error 6:124 a value: unquoted `yes` is a truth value to other readers of YAML (write "yes")',
      'error 6:129 a value is empty (write "" for the empty value)',
      "error 6:167 `values` must be a list, not text (write `[]` around them)",
      'error 6:177 `key` must be text, not the number `5` (quote it: "5")',
    ],
  ],
  [
    within(
      "{matchExpressions: [{key: 'reserved:all', operator: Exists}, {key: 'reserved:host', operator: In, values: [x]}, {key: 'reserved:hots', operator: Exists}, {key: 'reserved:cluster', operator: Exists}]}",
    ),
    [
      "error 6:56 `reserved:all` is no label that an expression could ask for (`{}` selects everything)",
      'error 6:137 reserved labels have no value (write "")',
      "error 6:148 unknown reserved label `hots` (did you mean `host`?)",
      "error 6:190 unknown reserved label `cluster` (write `fromEntities: [cluster]` or `toEntities: [cluster]`)",
    ],
  ],
  [
    within(
      "{matchExpressions: [{key: 'cidr:10.0.0.0/8', operator: Exists}, {key: 10.0.0.0/8, operator: DoesNotExist}, {key: 'k9s:a', operator: Exists}]}",
    ),
    [
      "error 6:56 `cidr:10.0.0.0/8` is a network, no label (name networks in `fromCIDR` or `toCIDR`)",
      "error 6:100 `10.0.0.0/8` is a network, no label (name networks in `fromCIDR` or `toCIDR`)",
      "warning 6:143 `k9s` is not one of the usual label sources (did you mean `k8s`?)",
    ],
  ],
  [
    within("{matchLabels: {'reserved:all': ''}, matchExpressions: [{key: a, operator: Exists}]}"),
    ["error 6:31 `reserved:all` selects everything, whatever stands beside it (remove it or the other labels)"],
  ],
  [
    within("{matchExpressions: {key: a, operator: Exists}}"),
    ["error 6:49 `matchExpressions` must be a list, not a mapping (begin each item with `- `)"],
  ],
  [within("{matchExpressions: }"), ["error 6:31 `matchExpressions` is empty (remove it, or list expressions)"]],
  [within("{matchExpressions: []}"), []],
  [
    within("{matchExpressions: [{key: a, operator: In, value: [a]}]}"),
    [
      "error 6:50 `In` needs `values` (list at least one, for example `values: [a, b]`)",
      "error 6:73 unknown key `value` (did you mean `values`?)",
    ],
  ],
  [
    within("{matchExpressions: [{key: a, operator: exists, values: }]}"),
    [
      "error 6:69 unknown operator `exists` (did you mean `Exists`?)",
      "error 6:77 `values` is empty (write `[]` around them)",
    ],
  ],
]);

function within(text: string): string {
  return documentOf(`spec:\n  endpointSelector: {}\n  ingress: [{fromEndpoints: [${text}]}]`);
}
