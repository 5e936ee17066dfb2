import type { FastifySchemaCompiler, FastifySerializerCompiler } from "fastify";
import type { z } from "zod";
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
