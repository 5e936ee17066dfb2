import { compileRegex } from "../../lib/regex/regex.ts";
import { type Atom, endsAtDelimiter, sharedNamespace, sharedPrefix } from "./fold.ts";
import { PREFIX_LENGTH_MIN } from "./limits.ts";
import type { NamedField } from "./request-shape.ts";
import type { ValueSet } from "./value-set.ts";

/** One condition of a rule. */
export interface FieldCondition {
  readonly field: string;
  readonly value: string;
}

export interface Conditions {
  /** A rule is needed for each. Empty: no condition can be put. */
  readonly conditions: readonly FieldCondition[];
  /** What the reader must know: sentences without their end. */
  readonly notes: readonly string[];
}

/**
 * Conditions on one attribute that allow all its values: on single values by `exact`, else by an expression; on prefixes by
 * `prefix`, else by an expression; on values of one request, which one rule must allow, by an expression.
 *
 * @param fields That judge the attribute and may stand in the rule.
 */
export function conditionsOn(attribute: string, values: ValueSet, fields: readonly NamedField[]): Conditions {
  const writer = new ConditionWriter(fields);
  if (writer.takesPrefixes) values.fold();
  const groups = values.groups();
  if (values.everything || groups.length > values.conditionsMax) {
    return none(`Values of ${attribute} have nothing in common that a rule could say: all are allowed`);
  }
  const together = `Values of ${attribute} that were asked for together have nothing in common that a rule could say`;
  const conditions: FieldCondition[] = [];
  /** Prefixes that stand for a whole group, because no expression could. */
  const wide: string[] = [];
  for (const group of groups) {
    if (writer.forGroup(group) !== undefined) continue;
    const prefix = commonPrefix(group);
    const condition = writer.forPrefix(prefix);
    if (condition === undefined) return none(`${together}: all are allowed`);
    wide.push(prefix);
    conditions.push(condition);
  }
  const notes: string[] = [];
  for (const group of groups) {
    const condition = writer.forGroup(group);
    if (condition === undefined || group.every(({ text }) => wide.some((prefix) => text.startsWith(prefix)))) continue;
    conditions.push(condition);
  }
  for (const { text, prefix } of [...groups.flat(), ...wide.map((text) => ({ text, prefix: true }))]) {
    if (!prefix) continue;
    if (!endsAtDelimiter(text)) notes.push(`${JSON.stringify(text)} ends within a word`);
    else if (text.length < PREFIX_LENGTH_MIN) notes.push(`${JSON.stringify(text)} is a short prefix`);
  }
  return { conditions, notes };
}

function none(note: string): Conditions {
  return { conditions: [], notes: [note] };
}

/** What all values of a group begin with: a namespace, else, if it is long enough, any beginning. */
function commonPrefix(group: readonly Atom[]): string {
  const namespace = sharedNamespace(group);
  if (namespace.length >= PREFIX_LENGTH_MIN) return namespace;
  const shared = sharedPrefix(group.map(({ text }) => text));
  return shared.length >= PREFIX_LENGTH_MIN ? shared : namespace;
}

class ConditionWriter {
  private readonly exact: string | undefined;
  private readonly prefix: string | undefined;
  private readonly regex: string | undefined;

  constructor(fields: readonly NamedField[]) {
    this.exact = fields.find((field) => "exact" in field)?.name;
    this.prefix = fields.find((field) => "prefix" in field)?.name;
    this.regex = fields.find((field) => "regex" in field)?.name;
  }

  get takesPrefixes(): boolean {
    return this.prefix !== undefined || this.regex !== undefined;
  }

  /** One condition that allows all of them and little else; undefined: there is none. */
  forGroup(group: readonly Atom[]): FieldCondition | undefined {
    const [only, second] = group;
    if (only === undefined) return undefined;
    if (second !== undefined) return this.forExpression(group);
    if (only.prefix) return this.forPrefix(only.text);
    if (this.exact !== undefined) return { field: this.exact, value: only.text };
    return this.forExpression(group) ?? this.forPrefix(only.text);
  }

  forPrefix(text: string): FieldCondition | undefined {
    if (text === "") return undefined;
    if (this.prefix !== undefined) return { field: this.prefix, value: text };
    return this.forExpression([{ text, prefix: true }]);
  }

  private forExpression(group: readonly Atom[]): FieldCondition | undefined {
    if (this.regex === undefined) return undefined;
    const value = expressionFor(group);
    return "regex" in compileRegex(value) ? { field: this.regex, value } : undefined;
  }
}

/** `^(a/|b$)`: an expression of RE2 that these alone match. */
function expressionFor(group: readonly Atom[]): string {
  const [only] = group;
  if (group.length === 1 && only !== undefined) return `^${escapeLiteral(only.text)}${only.prefix ? "" : "$"}`;
  const allWhole = group.every(({ prefix }) => !prefix);
  const branches = group.map(({ text, prefix }) => escapeLiteral(text) + (prefix || allWhole ? "" : "$"));
  return `^(${branches.join("|")})${allWhole ? "$" : ""}`;
}

const SPECIAL = /[\\^[\].+*?()|{}$]|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** What is special in RE2, made literal: in classes where that is possible, since YAML doubles every backslash. */
function escapeLiteral(text: string): string {
  return text.replace(SPECIAL, (character) => {
    if (".+*?()|{}$".includes(character)) return `[${character}]`;
    if ("\\^[]".includes(character)) return `\\${character}`;
    return `\\x{${character.codePointAt(0)?.toString(16)}}`;
  });
}
