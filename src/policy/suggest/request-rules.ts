import { type Conditions, conditionsOn, type FieldCondition } from "./conditions.ts";
import { CONDITIONS_MAX } from "./limits.ts";
import type { RequestKind, RequestLog } from "./request-log.ts";
import type { NamedField, RequestShape } from "./request-shape.ts";

/** One entry of `l7`. */
export interface SuggestedRequestRule {
  /** In the order of the declaration. */
  readonly fields: Readonly<Record<string, string>>;
  /** Sentences without their end. */
  readonly notes: readonly string[];
}

/** The rules for one or more names, before they are multiplied by their conditions. */
interface Draft {
  /** Field → name, or name of a group. */
  readonly names: ReadonlyMap<string, string>;
  /** Each is one rule's conditions on free attributes. */
  readonly conditions: readonly (readonly FieldCondition[])[];
  readonly notes: readonly string[];
}

/** The fewest entries of `l7` that allow what was asked. */
export function requestRules(log: RequestLog): readonly SuggestedRequestRule[] {
  const { shape } = log;
  if (shape === undefined) return [{ fields: {}, notes: ["Its log does not say what was asked: all is allowed"] }];
  let drafts = log.all().map((kind) => draftOf(kind, shape));
  for (const attribute of shape.named) drafts = grouped(drafts, attribute, shape);
  drafts.sort((a, b) => rank(a, shape) - rank(b, shape));
  return drafts.flatMap((draft) =>
    draft.conditions.map((conditions, index) => ({
      fields: fieldsOf(draft.names, conditions, shape),
      notes: index === 0 ? draft.notes : [],
    })),
  );
}

function draftOf(kind: RequestKind, shape: RequestShape): Draft {
  const names = new Map<string, string>();
  for (const [attribute, name] of kind.names) {
    const field = shape.fieldsOf.get(attribute)?.find((each) => "oneOf" in each && each.oneOf.includes(name));
    if (field !== undefined) names.set(field.name, name);
  }
  const notes: string[] = [];
  let conditions: FieldCondition[][] = [[]];
  for (const attribute of shape.named) {
    if (!kind.names.has(attribute))
      notes.push(`Asked without ${attribute}: only a rule that says nothing of it allows that`);
  }
  for (const attribute of shape.free) {
    const made = conditionsOfAttribute(kind, attribute, names, shape);
    notes.push(...made.notes);
    if (made.conditions.length === 0) continue;
    const product = conditions.flatMap((all) => made.conditions.map((one) => [...all, one]));
    if (product.length > CONDITIONS_MAX && conditions.length > 1) {
      notes.push(`Too many combinations with ${attribute}: it has no condition`);
      continue;
    }
    if (conditions.length > 1 && made.conditions.length > 1) {
      notes.push(`Values of ${attribute} are combined with all the others, also where they were not seen together`);
    }
    conditions = product;
  }
  return { names, conditions, notes };
}

function conditionsOfAttribute(
  kind: RequestKind,
  attribute: string,
  names: ReadonlyMap<string, string>,
  shape: RequestShape,
): Conditions {
  const fields = (shape.fieldsOf.get(attribute) ?? []).filter((field) => mayStand(field, names, shape));
  // A command that takes no keys needs no condition on them.
  if (fields.length === 0) return { conditions: [], notes: [] };
  if (kind.without.has(attribute)) {
    const note = `Asked without ${attribute}: only a rule that says nothing of it allows that, and it allows every ${attribute}`;
    return { conditions: [], notes: [note] };
  }
  const values = kind.values.get(attribute);
  return values === undefined ? { conditions: [], notes: [] } : conditionsOn(attribute, values, fields);
}

/** Whether the declaration lets the field stand in a rule with these names. */
function mayStand(field: NamedField, names: ReadonlyMap<string, string>, shape: RequestShape): boolean {
  const { requires, onlyWith } = field;
  if (requires !== undefined) {
    const name = names.get(requires.field);
    if (name === undefined) return false;
    if (requires.values !== undefined && !stands(name, requires.field, requires.values, shape)) return false;
  }
  const name = onlyWith === undefined ? undefined : names.get(onlyWith.field);
  return onlyWith === undefined || name === undefined || stands(name, onlyWith.field, onlyWith.values, shape);
}

function stands(name: string, field: string, values: readonly string[], shape: RequestShape): boolean {
  if (values.includes(name)) return true;
  return (
    groupsOf(shape, field)
      .get(name)
      ?.every((member) => values.includes(member)) ?? false
  );
}

function groupsOf(shape: RequestShape, field: string): ReadonlyMap<string, readonly string[]> {
  const declared = Object.hasOwn(shape.declaration.fields, field) ? shape.declaration.fields[field] : undefined;
  return new Map(declared !== undefined && "oneOf" in declared ? Object.entries(declared.groups ?? {}) : []);
}

/** A group stands for its members where all of them were seen, with the same conditions and the same other names. */
function grouped(drafts: readonly Draft[], attribute: string, shape: RequestShape): Draft[] {
  let rest = [...drafts];
  for (const { name: field } of shape.fieldsOf.get(attribute) ?? []) {
    const groups = [...groupsOf(shape, field)].sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1));
    for (const [group, members] of groups) {
      for (const alike of sortedOut(rest, field)) {
        const found = alike.filter((draft) => members.includes(draft.names.get(field) ?? ""));
        if (members.length < 2 || found.length < members.length) continue;
        const names = new Map([...(found[0] as Draft).names]).set(field, group);
        if (!fits(names, found[0] as Draft, shape)) continue;
        const notes = [...new Set(found.flatMap((draft) => draft.notes))];
        rest = [...rest.filter((draft) => !found.includes(draft)), { ...(found[0] as Draft), names, notes }];
      }
    }
  }
  return rest;
}

/** Drafts that differ in nothing but the name of one field. */
function sortedOut(drafts: readonly Draft[], field: string): Iterable<readonly Draft[]> {
  const alike = new Map<string, Draft[]>();
  for (const draft of drafts) {
    const key = JSON.stringify([[...draft.names].filter(([name]) => name !== field), draft.conditions]);
    const list = alike.get(key) ?? [];
    alike.set(key, list);
    list.push(draft);
  }
  return alike.values();
}

function fits(names: ReadonlyMap<string, string>, draft: Draft, shape: RequestShape): boolean {
  const fields = draft.conditions.flat().map(({ field }) => field);
  return [...shape.fieldsOf.values()]
    .flat()
    .every((field) => !fields.includes(field.name) || mayStand(field, names, shape));
}

/** In the order of the declaration; a group stands where its first member would. */
function rank(draft: Draft, shape: RequestShape): number {
  let place = 0;
  for (const attribute of shape.named) {
    for (const field of shape.fieldsOf.get(attribute) ?? []) {
      if (!("oneOf" in field)) continue;
      const name = draft.names.get(field.name);
      const member = groupsOf(shape, field.name).get(name ?? "")?.[0] ?? name;
      place = place * (field.oneOf.length + 1) + (member === undefined ? 0 : field.oneOf.indexOf(member) + 1);
    }
  }
  return place;
}

function fieldsOf(
  names: ReadonlyMap<string, string>,
  conditions: readonly FieldCondition[],
  shape: RequestShape,
): Readonly<Record<string, string>> {
  const given = new Map([...names, ...conditions.map(({ field, value }) => [field, value] as const)]);
  return Object.fromEntries(
    Object.keys(shape.declaration.fields).flatMap((field) => {
      const value = given.get(field);
      return value === undefined ? [] : [[field, value]];
    }),
  );
}
