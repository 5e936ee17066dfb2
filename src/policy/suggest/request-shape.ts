import type { ExtensionDeclaration, FieldDeclaration, LoggedField } from "../../api/extension.ts";
import { type LoggedValues, parseLoggedList } from "../../api/logged-list.ts";

/** A field that a rule may have, with its name. */
export type NamedField = FieldDeclaration & { readonly name: string };

/** One request as its record shows it: attribute → values. An attribute that is absent had none. */
export type ShownRequest = ReadonlyMap<string, readonly string[]>;

/** What the records of one extension tell of its requests. */
export interface RequestShape {
  readonly declaration: ExtensionDeclaration;
  /** Attributes whose values are names that the declaration lists. */
  readonly named: readonly string[];
  /** The others that records show: values are free. */
  readonly free: readonly string[];
  /** Attributes that rules judge and records do not show. */
  readonly hidden: readonly string[];
  /** Attribute → the fields that judge it. */
  readonly fieldsOf: ReadonlyMap<string, readonly NamedField[]>;
}

/** undefined: its records do not say what was asked. */
export function requestShape(declaration: ExtensionDeclaration): RequestShape | undefined {
  if (declaration.logged === undefined) return undefined;
  const fieldsOf = new Map<string, NamedField[]>();
  for (const [name, field] of Object.entries(declaration.fields)) {
    const attribute = field.of ?? name;
    const fields = fieldsOf.get(attribute) ?? [];
    fieldsOf.set(attribute, fields);
    fields.push({ ...field, name });
  }
  const shown = new Set(Object.values(declaration.logged).map(({ attribute }) => attribute));
  const named: string[] = [];
  const free: string[] = [];
  const hidden: string[] = [];
  for (const [attribute, fields] of fieldsOf) {
    if (!shown.has(attribute)) hidden.push(attribute);
    else (fields.some((field) => "oneOf" in field) ? named : free).push(attribute);
  }
  return { declaration, named, free, hidden, fieldsOf };
}

export interface ShownRequests {
  /** Each needed a rule of its own. */
  readonly requests: readonly ShownRequest[];
  /** Values that the record does not name. */
  readonly more: number;
}

/**
 * What a record says was asked; undefined: it does not say it exactly.
 *
 * @param valueLengthMax Longer values are not kept.
 */
export function shownRequests(
  shape: RequestShape,
  fields: Readonly<Record<string, string>>,
  valueLengthMax: number,
): ShownRequests | undefined {
  let requests: Map<string, readonly string[]>[] = [new Map()];
  let more = 0;
  for (const [field, logged] of Object.entries(shape.declaration.logged ?? {})) {
    const text = fields[field] ?? "";
    const shown = text === "" ? { values: [], more: 0 } : valuesOf(logged, text);
    if (shown === undefined || shown.values.some((value) => value.length > valueLengthMax)) return undefined;
    more += shown.more;
    const { values } = shown;
    if (values.length === 0) continue;
    const { attribute } = logged;
    if (logged.list === "each") {
      requests = values.flatMap((value) => requests.map((request) => new Map(request).set(attribute, [value])));
      // Two such lists of full length would make thousands.
      if (requests.length > REQUESTS_PER_RECORD_MAX) return undefined;
    } else {
      for (const request of requests) request.set(attribute, values);
    }
  }
  return { requests, more };
}

const REQUESTS_PER_RECORD_MAX = 64;

function valuesOf(logged: LoggedField, text: string): LoggedValues | undefined {
  return logged.list === undefined ? { values: [text], more: 0 } : parseLoggedList(text);
}
