import { z } from "zod";
import type {
  EndpointAddition,
  EndpointChange,
  EndpointDetails,
  EndpointLogEntry,
  EndpointSummary,
} from "../api/rest.ts";
import { addresses, endpointName, labels, observe } from "./field-schemas.ts";

const texts = z.array(z.string()).readonly();
const count = z.int().nonnegative();

const directions = z.object({ ingress: z.boolean(), egress: z.boolean() });

const summary = z.object({
  name: z.string(),
  identity: count,
  labels: texts,
  addresses: texts,
  state: z.string(),
  enforcement: directions,
  auditing: directions
    .describe("where something may pass only because what would refuse it is audited")
    .exactOptional(),
  revision: z.object({ wanted: count, realized: count, failed: count.exactOptional() }),
  failure: z.string().describe("why the wanted revision is not in force").exactOptional(),
});

export const endpointsSchema: z.ZodType<readonly EndpointSummary[]> = z.array(summary).readonly();

export const endpointSchema: z.ZodType<EndpointDetails> = summary.extend({
  dataPlanes: z
    .array(
      z.object({
        name: z.string(),
        realized: count.describe("the revision in force; 0: none"),
        failed: count.exactOptional(),
        failure: z.string().exactOptional(),
      }),
    )
    .readonly(),
  informationalLabels: texts,
  audit: z.boolean(),
  observe: z.record(z.string(), z.string()),
  observeEgress: z.record(z.string(), z.string()).exactOptional(),
  warnings: texts.describe("what somebody who has changed it should know").exactOptional(),
});

export const endpointLogSchema: z.ZodType<readonly EndpointLogEntry[]> = z
  .array(z.object({ time: z.string(), state: z.string(), message: z.string() }))
  .readonly();

export interface EndpointParams {
  readonly name: string;
}

export const endpointParams: z.ZodObject<{ name: typeof endpointName }> = z.object({ name: endpointName });

const audit = z.boolean().describe("what policy would refuse passes, and is recorded").meta({ example: false });

export const endpointAddition: z.ZodType<EndpointAddition> = z.strictObject({
  addresses: addresses.default([]),
  labels: labels.default([]),
  audit: audit.default(false),
  observe: observe.default({}),
  observeEgress: observe.exactOptional(),
});

export const endpointChange: z.ZodType<EndpointChange> = z.strictObject({
  addresses: addresses.exactOptional(),
  labels: labels.exactOptional(),
  audit: audit.exactOptional(),
  observe: observe.exactOptional(),
  observeEgress: observe.exactOptional(),
});

/** Labels that come and go; the others stay. */
export interface LabelsChange {
  readonly add: readonly string[];
  readonly delete: readonly string[];
}
export const labelsChange: z.ZodType<LabelsChange> = z.strictObject({
  add: labels.default([]),
  delete: labels.default([]).describe("a label without `=value` takes the one of its key, whatever its value"),
});

export type EndpointOptions = Pick<EndpointChange, "audit" | "observe" | "observeEgress">;
export const endpointOptions: z.ZodType<EndpointOptions> = z.strictObject({
  audit: audit.exactOptional(),
  observe: observe.exactOptional(),
  observeEgress: observe.exactOptional(),
});
