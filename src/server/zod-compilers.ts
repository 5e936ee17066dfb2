import type { SwaggerTransform } from "@fastify/swagger";
import type { FastifySchemaCompiler, FastifySerializerCompiler } from "fastify";
import { z } from "zod";
import { requestInvalid } from "./request-problems.ts";

/** Routes give zod schemas: this checks what comes in by them … */
export const zodValidator: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  return (data) => {
    const result = schema.safeParse(data);
    return result.success ? { value: result.data } : { error: requestInvalid(httpPart ?? "body", result.error) };
  };
};

/** … and sends answers as they are: their shape is checked by the compiler, and their schemas are for OpenAPI. */
export const plainSerializer: FastifySerializerCompiler<unknown> = () => (data) => JSON.stringify(data);

/** Turns the zod schemas of a route into the JSON schemas of OpenAPI. */
export const openApiTransform: SwaggerTransform = ({ schema, url }) => {
  const converted: Record<string, unknown> = { ...schema };
  for (const part of ["querystring", "params", "body"]) {
    if (converted[part] instanceof z.ZodType) converted[part] = jsonSchema(converted[part], "input");
  }
  const response = converted["response"];
  if (response !== null && typeof response === "object") {
    converted["response"] = Object.fromEntries(
      Object.entries(response).map(([status, value]) => [
        status,
        value instanceof z.ZodType ? jsonSchema(value, "output") : value,
      ]),
    );
  }
  // A wildcard takes a policy's name with the slash behind its namespace; OpenAPI knows named parameters only.
  const params = converted["params"] as { properties?: Record<string, unknown>; required?: string[] } | undefined;
  if (params?.properties?.["*"] !== undefined) {
    converted["params"] = { ...params, properties: { name: params.properties["*"] }, required: ["name"] };
  }
  return { schema: converted, url: url.replace("*", ":name") };
};

function jsonSchema(schema: z.ZodType, io: "input" | "output"): unknown {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, target: "openapi-3.0" });
  return rest;
}
