import { ACTION_FIELD, type ExtensionDeclaration, type FieldDeclaration } from "../../api/extension.ts";
import { didYouMean } from "../../lib/suggestion.ts";
import type { L7Rule } from "../rule.ts";
import type { Check } from "./check.ts";
import { looseness } from "./loose-regex.ts";
import { asMap, asText, join } from "./members.ts";
import { type MapEntry, quote, type SourceNode } from "./source-node.ts";

interface Condition {
  readonly entry: MapEntry;
  readonly value: string;
  readonly field: FieldDeclaration;
}

const ACTIONS = ["allow", "deny"];

/** One entry of `l7`, checked against what the extension declares. undefined: an error was told. */
export function readL7Rule(
  node: SourceNode,
  path: string,
  declaration: ExtensionDeclaration,
  check: Check,
): Pick<L7Rule, "deny" | "fields"> | undefined {
  const { findings } = check;
  const map = asMap(node, path, "an item of `l7`", findings, "write `{}` to allow every request");
  if (map === undefined) return undefined;
  const errorsBefore = findings.errorCount;
  const conditions = new Map<string, Condition>();
  let deny = false;
  for (const entry of map.entries) {
    if (entry.key === ACTION_FIELD) {
      deny = readAction(entry, path, check) === "deny";
      continue;
    }
    const condition = readCondition(entry, path, declaration, check);
    if (condition !== undefined) conditions.set(entry.key, condition);
  }
  // Conditions on one another are only judged where each is right in itself: one mistake, one error.
  if (findings.errorCount === errorsBefore) checkTogether(conditions, path, check);
  if (findings.errorCount > errorsBefore) return undefined;
  return { deny, fields: Object.fromEntries([...conditions].map(([name, condition]) => [name, condition.value])) };
}

function readAction(entry: MapEntry, path: string, { findings }: Check): string | undefined {
  const actionPath = join(path, ACTION_FIELD);
  const hint = `write ${ACTIONS.join(" or ")}`;
  const text = asText(entry.value, actionPath, quote(ACTION_FIELD), findings, hint);
  if (text !== undefined && !ACTIONS.includes(text)) {
    findings.error(entry.value.at, actionPath, `unknown action ${quote(text)}`, didYouMean(text, ACTIONS) ?? hint);
  }
  return text;
}

function readCondition(
  entry: MapEntry,
  path: string,
  declaration: ExtensionDeclaration,
  check: Check,
): Condition | undefined {
  const { findings } = check;
  const { key } = entry;
  const fieldPath = join(path, key);
  const field = Object.hasOwn(declaration.fields, key) ? declaration.fields[key] : undefined;
  if (field === undefined) {
    const names = Object.keys(declaration.fields);
    const known = names.length === 0 ? "it takes no fields; write `{}`" : `known: ${names.join(", ")}`;
    const message = `${quote(declaration.name)} has no field ${quote(key)}`;
    findings.error(entry.keyAt, fieldPath, message, didYouMean(key, [...names, ACTION_FIELD]) ?? known);
    return undefined;
  }
  const value = entry.value.kind === "null" ? "" : asText(entry.value, fieldPath, quote(key), findings);
  if (value === undefined) return undefined;
  if (value === "") {
    // Left out of the rule's fields. An empty name is how policies say "any command"; an empty key looks like one that was forgotten.
    if (!("oneOf" in field)) {
      const message = `${quote(key)} is empty and puts no condition: it matches everything`;
      findings.warn(entry.keyAt, fieldPath, message, "remove it if that is meant");
    }
    return undefined;
  }
  if (value.length > check.limits.l7ValueLengthMax) {
    const message = `${quote(key)} has ${value.length} characters, more than the limit of ${check.limits.l7ValueLengthMax}`;
    findings.error(entry.value.at, fieldPath, message);
    return undefined;
  }
  return checkValue(entry, value, field, fieldPath, check) ? { entry, value, field } : undefined;
}

function checkValue(entry: MapEntry, value: string, field: FieldDeclaration, path: string, check: Check): boolean {
  const { findings } = check;
  const { at } = entry.value;
  if ("oneOf" in field) {
    const groups = field.groups ?? {};
    if (field.oneOf.includes(value) || Object.hasOwn(groups, value)) return true;
    const names = [...field.oneOf, ...Object.keys(groups)];
    const hint = didYouMean(value, names) ?? `known: ${names.join(", ")}`;
    findings.error(at, path, `${quote(value)} is no ${quote(entry.key)}`, hint);
    return false;
  }
  if ("regex" in field) {
    const checked = check.expressions.check(value);
    if ("exceeded" in checked) {
      const message = `the expressions of this text are larger than the limit of ${check.limits.expressionSizeMax}`;
      if (checked.first) findings.error(at, path, `${message} instructions`, "split the text, or use smaller ones");
      return false;
    }
    if (checked.error !== undefined) {
      findings.error(at, path, `${quote(entry.key)}: ${checked.error}`);
      return false;
    }
    const loose = looseness(value);
    if (loose !== undefined) findings.warn(at, path, `${quote(value)} ${loose.message}`, loose.hint);
  }
  return true;
}

function checkTogether(conditions: ReadonlyMap<string, Condition>, path: string, check: Check): void {
  const byAttribute = new Map<string, string>();
  for (const [name, { entry, field }] of conditions) {
    const at = entry.keyAt;
    const error = (message: string, hint?: string): void =>
      check.findings.error(at, join(path, name), `${quote(name)} ${message}`, hint);
    const attribute = field.of ?? name;
    const first = byAttribute.get(attribute);
    if (first !== undefined) error(`and ${quote(first)} put a condition on the same thing`, "write a rule for each");
    byAttribute.set(attribute, name);

    const { requires, onlyWith } = field;
    if (requires !== undefined) {
      const other = conditions.get(requires.field);
      const wanted = requires.values === undefined ? "" : `, one of ${requires.values.join(", ")}`;
      if (other === undefined) error(`needs ${quote(requires.field)}${wanted}`, `add ${quote(requires.field)}`);
      else if (requires.values !== undefined && !stands(other, requires.values)) {
        error(
          `does not go with ${quote(`${requires.field}: ${other.value}`)}`,
          `use one of ${requires.values.join(", ")}`,
        );
      }
    }
    const other = onlyWith === undefined ? undefined : conditions.get(onlyWith.field);
    if (onlyWith !== undefined && other !== undefined && !stands(other, onlyWith.values)) {
      const allowed = `use one of ${onlyWith.values.join(", ")}`;
      error(`does not go with ${quote(`${onlyWith.field}: ${other.value}`)}`, allowed);
    }
  }
}

/** Whether the condition's value is listed: by its name or, for a group, by all that the group stands for. */
function stands(condition: Condition, values: readonly string[]): boolean {
  if (values.includes(condition.value)) return true;
  const groups = "oneOf" in condition.field ? (condition.field.groups ?? {}) : {};
  const group = Object.hasOwn(groups, condition.value) ? groups[condition.value] : undefined;
  return group?.every((name) => values.includes(name)) ?? false;
}
