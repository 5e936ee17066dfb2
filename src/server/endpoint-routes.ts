import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { API_BASE, type EndpointAddition, type EndpointChange } from "../api/rest.ts";
import type { AgentApi, EndpointApi } from "./agent-api.ts";
import { changedLabels } from "./changed-labels.ts";
import {
  type EndpointOptions,
  type EndpointParams,
  endpointAddition,
  endpointChange,
  endpointLogSchema,
  endpointOptions,
  endpointParams,
  endpointSchema,
  endpointsSchema,
  type LabelsChange,
  labelsChange,
} from "./endpoint-schemas.ts";
import { JSON_ONLY, withJsonBodies } from "./json-body.ts";
import { errorSchema } from "./schemas.ts";

const PATH = `${API_BASE}/endpoint/:name`;
const refused = { 400: errorSchema, 404: errorSchema } as const;

/** Endpoints: what is there, and how they come, change and go at run time. */
export function endpointRoutes(app: FastifyInstance, agent: AgentApi): void {
  app.get(
    `${API_BASE}/endpoint`,
    {
      schema: {
        operationId: "listEndpoints",
        summary: "Endpoints with their identities and revisions",
        response: { 200: endpointsSchema },
      },
    },
    () => agent.endpoints(),
  );
  oneEndpointRoutes(app, agent.endpoint);
}

function oneEndpointRoutes(app: FastifyInstance, endpoints: EndpointApi): void {
  app.get<{ Params: EndpointParams }>(
    PATH,
    {
      schema: {
        operationId: "getEndpoint",
        summary: "One endpoint, with what each data plane made of its policy",
        params: endpointParams,
        response: { 200: endpointSchema, ...refused },
      },
    },
    (request) => endpoints.get(request.params.name),
  );
  app.get<{ Params: EndpointParams }>(
    `${PATH}/log`,
    {
      schema: {
        operationId: "getEndpointLog",
        summary: "What happened to the endpoint lately, the oldest first",
        params: endpointParams,
        response: { 200: endpointLogSchema, ...refused },
      },
    },
    (request) => endpoints.log(request.params.name),
  );
  app.delete<{ Params: EndpointParams }>(
    PATH,
    {
      schema: {
        operationId: "deleteEndpoint",
        summary: "Take the endpoint away; answers when every data plane denies its traffic",
        params: endpointParams,
        response: { 200: z.object({ name: z.string() }), ...refused, 409: errorSchema },
      },
    },
    async (request) => {
      await endpoints.remove(request.params.name);
      return { name: request.params.name };
    },
  );
  withJsonBodies(app, (scope) => changes(scope, endpoints));
}

function changes(app: FastifyInstance, endpoints: EndpointApi): void {
  const answers = { 200: endpointSchema, ...refused, 413: errorSchema, 415: errorSchema } as const;
  app.put<{ Params: EndpointParams; Body: EndpointAddition }>(
    PATH,
    {
      schema: {
        operationId: "addEndpoint",
        summary: "Add an endpoint; answers when its policy is in force",
        consumes: JSON_ONLY,
        params: endpointParams,
        body: endpointAddition,
        response: { 201: endpointSchema, 400: errorSchema, 409: errorSchema, 413: errorSchema, 415: errorSchema },
      },
    },
    async (request, reply) => {
      const added = await endpoints.add(request.params.name, request.body);
      return reply.code(201).send(added);
    },
  );
  app.patch<{ Params: EndpointParams; Body: EndpointChange }>(
    PATH,
    {
      schema: {
        operationId: "changeEndpoint",
        summary: "Change an endpoint; what is left out stays, other labels mean another identity",
        consumes: JSON_ONLY,
        params: endpointParams,
        body: endpointChange,
        response: { ...answers, 409: errorSchema },
      },
    },
    (request) => endpoints.update(request.params.name, request.body),
  );
  app.patch<{ Params: EndpointParams; Body: LabelsChange }>(
    `${PATH}/labels`,
    {
      schema: {
        operationId: "changeEndpointLabels",
        summary: "Add and delete single labels; the others stay",
        consumes: JSON_ONLY,
        params: endpointParams,
        body: labelsChange,
        response: answers,
      },
    },
    ({ params, body }) => endpoints.relabel(params.name, (present) => changedLabels(present, body)),
  );
  app.patch<{ Params: EndpointParams; Body: EndpointOptions }>(
    `${PATH}/config`,
    {
      schema: {
        operationId: "configureEndpoint",
        summary: "Switch the endpoint's audit mode, or say which of its ports are observed",
        consumes: JSON_ONLY,
        params: endpointParams,
        body: endpointOptions,
        response: answers,
      },
    },
    (request) => endpoints.update(request.params.name, request.body),
  );
}
