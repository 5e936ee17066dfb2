import { z } from "zod";

/** As much of OpenAPI 3.0 as weir's document uses. */
export interface OpenApi {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

export interface Schema {
  readonly example?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly [keyword: string]: unknown;
}

export interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<
    Record<
      string,
      { readonly description: string; readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }
    >
  >;
}

export interface Parameter {
  readonly in: "path" | "query";
  readonly name: string;
  readonly required?: boolean;
  readonly schema: Schema;
  readonly example?: unknown;
}

/** An operation with its place. */
export interface PlacedOperation extends Operation {
  readonly id: string;
  /** `GET`. */
  readonly method: string;
  /** With `{name}`. */
  readonly path: string;
}

export function operations(document: OpenApi): readonly PlacedOperation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      id: operation.operationId ?? `${method} ${path}`,
      method: method.toUpperCase(),
      path,
    })),
  );
}

/** What is wrong with a value by a schema of the document; undefined: nothing. */
export function schemaProblem(document: OpenApi, schema: Schema, value: unknown): string | undefined {
  const resolved = resolve(document, schema);
  const result = z.fromJSONSchema(resolved as never, { defaultTarget: "openapi-3.0" }).safeParse(value);
  return result.success ? undefined : z.prettifyError(result.error);
}

function resolve(document: OpenApi, schema: Schema): Schema {
  const [, name] = /^#\/components\/schemas\/(\w+)$/.exec(String(schema["$ref"] ?? "")) ?? [];
  return name === undefined ? schema : (document.components.schemas[name] as Schema);
}

/** A value made of the schema's examples: its own, or those of its properties. */
export function exampleOf(schema: Schema): unknown {
  if (schema.example !== undefined) return schema.example;
  const properties = Object.entries(schema.properties ?? {});
  const given = properties.map(([name, property]): [string, unknown] => [name, exampleOf(property)]);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined && !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}
