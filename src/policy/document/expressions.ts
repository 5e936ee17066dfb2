import { RESERVED_SOURCE } from "../../labels/label.ts";
import { didYouMean } from "../../lib/suggestion.ts";
import type { SelectorExpression } from "../rule.ts";
import { bounded } from "./bounded.ts";
import type { Check } from "./check.ts";
import { checkLabelValue, type LabelName, readLabelName } from "./label-syntax.ts";
import { asList, asMap, asText, join, type Members, readMembers } from "./members.ts";
import { type MapEntry, quote, type SourceNode } from "./source-node.ts";

const OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist"] as const;

/** The `matchExpressions` of a selector; those with an error are left out. */
export function readExpressions(entry: MapEntry, path: string, check: Check): SelectorExpression[] {
  const { findings, limits } = check;
  const hint = entry.value.kind === "null" ? "remove it, or list expressions" : undefined;
  const list = asList(entry.value, path, "`matchExpressions`", findings, hint);
  const expressions: SelectorExpression[] = [];
  const items = bounded(
    list?.items ?? [],
    limits.labelsMax,
    "expressions in one selector",
    entry.keyAt,
    path,
    findings,
    "list the values of one label in one expression",
  );
  for (const [index, item] of items.entries()) {
    const expression = readExpression(item, `${path}[${index}]`, check);
    if (expression !== undefined) expressions.push(expression);
  }
  return expressions;
}

function readExpression(node: SourceNode, path: string, check: Check): SelectorExpression | undefined {
  const { findings } = check;
  const map = asMap(node, path, "an item of `matchExpressions`", findings);
  if (map === undefined) return undefined;
  const members = readMembers(map, "expression", path, findings);
  for (const name of ["key", "operator"]) {
    if (!members.has(name)) findings.error(map.at, path, `\`${name}\` of the expression is missing`, EXAMPLE);
  }
  const label = readKey(members, path, check);
  const operator = readOperator(members, path, check);
  const values = readValues(members, path, label, check);
  if (operator === undefined || values === undefined) return undefined;
  const given = members.get("values");
  const needed = operator === "In" || operator === "NotIn";
  if (needed && values.length === 0) {
    const hint = "list at least one, for example `values: [a, b]`";
    findings.error(given?.keyAt ?? map.at, join(path, "values"), `\`${operator}\` needs \`values\``, hint);
    return undefined;
  }
  if (!needed && given !== undefined && values.length > 0) {
    const hint = `remove them, or write \`${operator === "Exists" ? "In" : "NotIn"}\``;
    findings.error(given.keyAt, join(path, "values"), `\`${operator}\` takes no \`values\``, hint);
    return undefined;
  }
  return label === undefined ? undefined : { ...label, operator, values };
}

const EXAMPLE = "for example `{key: app, operator: In, values: [a, b]}`";

function readKey(members: Members, path: string, check: Check): LabelName | undefined {
  const entry = members.get("key");
  if (entry === undefined) return undefined;
  const keyPath = join(path, "key");
  const text = asText(entry.value, keyPath, "`key`", check.findings);
  const name = text === undefined ? undefined : readLabelName(text, entry.value.at, keyPath, check);
  if (name === undefined || name.source !== RESERVED_SOURCE || name.key !== "all") return name;
  // Nobody carries the label: asking for it would not select everything, but nobody.
  check.findings.error(
    entry.value.at,
    keyPath,
    "`reserved:all` is no label that an expression could ask for",
    "`{}` selects everything",
  );
  return undefined;
}

function readOperator(members: Members, path: string, check: Check): SelectorExpression["operator"] | undefined {
  const entry = members.get("operator");
  if (entry === undefined) return undefined;
  const operatorPath = join(path, "operator");
  const text = asText(entry.value, operatorPath, "`operator`", check.findings);
  if (text === undefined) return undefined;
  const operator = OPERATORS.find((name) => name === text);
  if (operator === undefined) {
    const hint = didYouMean(text, OPERATORS) ?? `known: ${OPERATORS.join(", ")}`;
    check.findings.error(entry.value.at, operatorPath, `unknown operator ${quote(text)}`, hint);
  }
  return operator;
}

/** Empty where there are none; undefined: an error was told. */
function readValues(
  members: Members,
  path: string,
  label: LabelName | undefined,
  check: Check,
): readonly string[] | undefined {
  const { findings, limits } = check;
  const entry = members.get("values");
  if (entry === undefined) return [];
  const errorsBefore = findings.errorCount;
  const valuesPath = join(path, "values");
  const list = asList(entry.value, valuesPath, "`values`", findings, "write `[]` around them");
  const items = bounded(
    list?.items ?? [],
    limits.expressionValuesMax,
    "values in one expression",
    entry.keyAt,
    valuesPath,
    findings,
    "give what they share a label of its own",
  );
  const values: string[] = [];
  for (const [index, item] of items.entries()) {
    const itemPath = `${valuesPath}[${index}]`;
    const value = asText(item, itemPath, "a value", findings, 'write "" for the empty value');
    if (value !== undefined && checkLabelValue(value, label?.source ?? "", item.at, itemPath, check))
      values.push(value);
  }
  return findings.errorCount > errorsBefore ? undefined : values;
}
