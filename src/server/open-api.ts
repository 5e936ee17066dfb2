import type { SwaggerTransform } from "@fastify/swagger";
import { z } from "zod";
import { errorSchema } from "./schemas.ts";

/** What a status means, where the route does not say it better. */
const MEANINGS: Readonly<Record<string, string>> = {
  "200": "done",
  "201": "added",
  "400": "the request is wrong, and nothing was changed",
  "404": "there is nothing of this name or number",
  "406": "none of the accepted types can be given",
  "409": "it is in the way of what is there already, and nothing was changed",
  "413": "the body is too long",
  "415": "the body is of another type",
  "429": "too many ask for the same at a time",
  "504": "it did not happen in time",
  default: "any other failure",
};

/** The one shape that nearly every operation can answer with. */
const ERROR_REFERENCE = { $ref: "#/components/schemas/Error" };

type JsonSchema = Readonly<Record<string, unknown>>;
type Responses = Readonly<Record<string, unknown>>;

/** Turns a route with its zod schemas into an operation of OpenAPI, with the answers that every route can give. */
export const openApiTransform: SwaggerTransform = ({ schema, url }) => {
  const { produces, ...converted }: Record<string, unknown> = { ...schema };
  const parts = ["querystring", "params", "body"].filter((part) => converted[part] instanceof z.ZodType);
  for (const part of parts) converted[part] = jsonSchema(converted[part] as z.ZodType, "input");
  const responses: Responses = {
    ...(parts.length > 0 ? { 400: errorSchema } : {}),
    ...(parts.includes("body") ? { 413: errorSchema, 415: errorSchema } : {}),
    ...(converted["response"] as Responses | undefined),
    default: errorSchema,
  };
  const types = (produces as readonly string[] | undefined) ?? ["application/json"];
  converted["response"] = Object.fromEntries(
    Object.entries(responses).map(([status, answer]) => [status, response(status, answer, types)]),
  );
  // A wildcard takes a policy's name with the slash behind its namespace; OpenAPI knows named parameters only.
  const params = converted["params"] as { properties?: Record<string, unknown>; required?: string[] } | undefined;
  if (params?.properties?.["*"] !== undefined) {
    converted["params"] = { ...params, properties: { name: params.properties["*"] }, required: ["name"] };
  }
  return { schema: converted, url: url.replace("*", ":name") };
};

/** Failures are JSON, whatever the route gives when it succeeds. */
function response(status: string, answer: unknown, types: readonly string[]): unknown {
  const schema = answer === errorSchema ? ERROR_REFERENCE : jsonSchema(answer as z.ZodType, "output");
  const media = status.startsWith("2") ? types : ["application/json"];
  const description = MEANINGS[status] ?? "";
  return { description, content: Object.fromEntries(media.map((type) => [type, { schema }])) };
}

function jsonSchema(schema: z.ZodType, io: "input" | "output"): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    target: "openapi-3.0",
    // That is how TypeScript may use a list; in OpenAPI it would mean that no request may have it.
    override: ({ jsonSchema: made }) => void delete made.readOnly,
  });
  return rest;
}

/** What operations refer to. */
export const openApiComponents: { readonly schemas: { readonly Error: JsonSchema } } = {
  schemas: { Error: jsonSchema(errorSchema, "output") },
};
