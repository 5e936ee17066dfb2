import type { ExtensionDeclaration, FieldDeclaration } from "../../api/extension.ts";
import type { RuleOrigin } from "../../api/rule-origin.ts";
import { WeirError } from "../../lib/error.ts";
import { compileRegex } from "../../lib/regex/regex.ts";
import { anyOf, byCost, type Condition } from "./condition.ts";

/** One `l7` rule, with where it comes from. */
export interface RequestRule {
  /** Field → value, checked against the extension's declaration. An empty value puts no condition. */
  readonly fields: Readonly<Record<string, string>>;
  readonly origin: RuleOrigin;
  /** A request that fits is refused, whatever else allows it. Absent: it allows. */
  readonly deny?: boolean;
}

/** The attributes that an extension's fields judge, in the order of the fields, each once. Numbers of attributes are places in it. */
export function attributesOf(declaration: ExtensionDeclaration): readonly string[] {
  return [...new Set(Object.entries(declaration.fields).map(([name, field]) => field.of ?? name))];
}

/**
 * The conditions of one rule, cheapest first.
 *
 * Throws WEIR_POLICY_INVALID for a field, a value or an expression that the declaration does not allow: the importer has
 * refused those before, and a condition that were left out here would allow too much.
 */
export function conditionsOf(declaration: ExtensionDeclaration, rule: RequestRule): readonly Condition[] {
  return compiled(declaration, rule).conditions;
}

/** The fields that the conditions come from, in the same order. Throws like `conditionsOf`. */
export function conditionFieldsOf(declaration: ExtensionDeclaration, rule: RequestRule): readonly string[] {
  return compiled(declaration, rule).fields;
}

interface CompiledFields {
  readonly declaration: ExtensionDeclaration;
  readonly conditions: readonly Condition[];
  readonly fields: readonly string[];
}

/** Compiled once for all endpoints and revisions in which the same rule object occurs; dropped along with it. */
const compiledFields = new WeakMap<RequestRule["fields"], CompiledFields>();

function compiled(declaration: ExtensionDeclaration, rule: RequestRule): CompiledFields {
  const known = compiledFields.get(rule.fields);
  if (known?.declaration === declaration) return known;
  const attributes = attributesOf(declaration);
  const found: (readonly [name: string, condition: Condition])[] = [];
  for (const [name, value] of Object.entries(rule.fields)) {
    const field = Object.hasOwn(declaration.fields, name) ? declaration.fields[name] : undefined;
    if (field === undefined) throw invalid(declaration, rule, `has no field "${name}"`);
    if (value === "") continue;
    found.push([name, conditionOf(declaration, rule, name, field, value, attributes.indexOf(field.of ?? name))]);
  }
  found.sort(([, a], [, b]) => byCost(a, b));
  const conditions = found.map(([, condition]) => condition);
  const next = { declaration, conditions, fields: found.map(([name]) => name) };
  compiledFields.set(rule.fields, next);
  return next;
}

function conditionOf(
  declaration: ExtensionDeclaration,
  rule: RequestRule,
  name: string,
  field: FieldDeclaration,
  value: string,
  attribute: number,
): Condition {
  if ("oneOf" in field) {
    const group = field.groups !== undefined && Object.hasOwn(field.groups, value) ? field.groups[value] : undefined;
    if (group !== undefined) return anyOf(attribute, group);
    if (field.oneOf.includes(value)) return anyOf(attribute, [value]);
    throw invalid(declaration, rule, `does not know "${value}" as a value of "${name}"`);
  }
  if ("exact" in field) return anyOf(attribute, [value]);
  if ("prefix" in field) return { kind: "prefix", attribute, prefix: value };
  const compiled = compileRegex(value);
  if ("error" in compiled) throw invalid(declaration, rule, `cannot use the value of "${name}": ${compiled.error}`);
  return { kind: "regex", attribute, regex: compiled.regex };
}

function invalid(declaration: ExtensionDeclaration, rule: RequestRule, what: string): WeirError {
  const { policy, rule: path } = rule.origin;
  return new WeirError("WEIR_POLICY_INVALID", `policy "${policy}", ${path}: extension "${declaration.name}" ${what}`);
}
