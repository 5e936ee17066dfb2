import type { ExtensionDeclaration } from "../../api/extension.ts";
import type { Request } from "../../api/request.ts";
import type { TraceQuery } from "../../api/trace.ts";
import { didYouMean } from "../../lib/suggestion.ts";
import { attributesOf } from "../request/rule-conditions.ts";

/** A request as its extension would describe it, or all that is wrong with it. */
export interface TracedRequest {
  readonly request: Request;
  /** Attribute → values, with the fields of policies replaced. */
  readonly attributes: Readonly<Record<string, readonly string[]>>;
  readonly problems: readonly TracedRequestProblem[];
  /** What may not be meant. */
  readonly notes: readonly string[];
}

export interface TracedRequestProblem {
  /** Which attribute it is about. */
  readonly attribute: string;
  readonly message: string;
  readonly hint: string;
}

/** Reads the attributes of a request by the declaration of its extension. A field stands for the attribute it judges. */
export function tracedRequest(declaration: ExtensionDeclaration, given: NonNullable<TraceQuery["l7"]>): TracedRequest {
  const known = attributesOf(declaration);
  const values = new Map<string, string[]>();
  const problems: TracedRequestProblem[] = [];
  for (const [name, texts] of Object.entries(given)) {
    const field = Object.hasOwn(declaration.fields, name) ? declaration.fields[name] : undefined;
    const attribute = known.includes(name) ? name : field?.of;
    if (attribute === undefined) {
      const message = `requests of extension ${declaration.name} have no \`${name}\` that policies judge`;
      const hint = didYouMean(name, [...known, ...Object.keys(declaration.fields)]);
      problems.push({ attribute: name, message, hint: hint ?? `they have: ${known.join(", ")}` });
      continue;
    }
    values.set(attribute, [...(values.get(attribute) ?? []), ...texts]);
  }
  const attributes = Object.fromEntries(values);
  const request: Request = Object.fromEntries(
    Array.from(values, ([attribute, list]) => [attribute, list.length === 1 ? list[0] : list]),
  );
  return { request, attributes, problems, notes: [...values].flatMap((entry) => unknownValues(declaration, ...entry)) };
}

/** A value that no rule can name is most likely misspelt. */
function unknownValues(declaration: ExtensionDeclaration, attribute: string, values: readonly string[]): string[] {
  const fields = Object.entries(declaration.fields).filter(([name, field]) => (field.of ?? name) === attribute);
  const listing = fields.flatMap(([, field]) => ("oneOf" in field ? [field] : []));
  // Any other kind of field can name every value.
  if (listing.length < fields.length) return [];
  const names = new Set(listing.flatMap((field) => [...field.oneOf, ...Object.values(field.groups ?? {}).flat()]));
  return values
    .filter((value) => !names.has(value))
    .map((value) => {
      const group = listing.map(({ groups }) => groups?.[value]).find((members) => members !== undefined);
      const about = `${JSON.stringify(value)} is no ${attribute} that a rule of ${declaration.name} can name`;
      if (group !== undefined) return `${about}: it is a group of ${group.join(", ")}`;
      const hint = didYouMean(value, names);
      return hint === undefined ? about : `${about}; ${hint}`;
    });
}
