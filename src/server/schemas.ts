// The shapes of src/api/rest.ts for OpenAPI. `satisfies`-like typing by `z.ZodType<…>` keeps the two from drifting apart.
import { z } from "zod";
import type {
  ApiError,
  ApiProblem,
  HostReport,
  IdentitySummary,
  MetricSample,
  PolicyChange,
  PolicyListing,
  PolicyRealization,
  PolicyValidation,
  PolicyView,
  StatusReport,
} from "../api/rest.ts";

const texts = z.array(z.string()).readonly();
const count = z.int().nonnegative();

const problem: z.ZodType<ApiProblem> = z.object({
  source: z.string().describe("file or `api`; of a request: `body`, `query`, `path`"),
  line: count.describe("from 1; 0 where there is only a path"),
  column: count,
  path: z.string(),
  message: z.string(),
  hint: z.string().exactOptional(),
});
const problems = z.array(problem).readonly();

const revision = z.object({ wanted: count, realized: count, failed: count.exactOptional() });

export const errorSchema: z.ZodType<ApiError> = z
  .object({
    code: z.string().describe("stable code, explained in docs/errors.md"),
    message: z.string(),
    problems: problems.exactOptional(),
  })
  .describe("what is wrong");

const processEnd = z.object({ time: z.string(), pid: count, reason: z.string() });

const extensionHostSchema = z.object({
  extensions: texts,
  pid: count.describe("0: none runs at present"),
  state: z.enum(["starting", "running", "down"]),
  confined: z.boolean(),
  unconfined: texts.describe("why it is not confined"),
  problems: texts.describe("why connections under its extensions are refused, although it runs"),
  changed: z.boolean().describe("it runs other files of its extensions than those that the agent has read"),
  connections: count,
  memoryBytes: count,
  restarts: count,
  recordsDropped: count.describe("records that were left out because the extensions logged more than they may"),
  lastEnd: processEnd.exactOptional(),
});

const hostSchema: z.ZodType<HostReport> = z.object({
  index: count,
  pid: count.describe("0: none runs at present"),
  state: z.enum(["starting", "running", "silent", "draining", "down"]),
  adopted: z.boolean().describe("it was started by an agent before this one"),
  startedAt: z.string(),
  connections: count,
  revision,
  failures: texts.describe("why a policy is not in force there"),
  restarts: count,
  lastEnd: processEnd.exactOptional(),
  recordsLost: count,
  extensionHosts: z.array(extensionHostSchema).readonly(),
});

export const statusSchema: z.ZodType<StatusReport> = z.object({
  agent: z.object({
    state: z.enum(["ready", "starting", "blocked", "degraded", "draining"]),
    version: z.string(),
    pid: count,
    startedAt: z.string(),
    config: z.string(),
    stateDir: z.string(),
    policyEnforcement: z.string(),
  }),
  dataPlanes: z
    .array(
      z.object({
        name: z.string(),
        state: z.string(),
        connections: count,
        listeners: z
          .array(z.object({ listen: z.string(), upstream: z.string(), endpoint: z.string(), direction: z.string() }))
          .readonly(),
        revision,
        hosts: z.array(hostSchema).readonly().exactOptional(),
      }),
    )
    .readonly(),
  policy: z.object({
    revision: count,
    documents: count,
    files: z.array(z.object({ file: z.string(), documents: texts, problems, warnings: problems })).readonly(),
  }),
  problems: texts,
  warnings: texts,
  counts: z.object({ endpoints: count, identities: count, extensions: count }),
});

const policyView: z.ZodType<PolicyView> = z.object({
  name: z.string(),
  source: z.object({ kind: z.enum(["file", "api"]), name: z.string() }),
  mode: z.enum(["enforce", "audit"]),
  rules: count,
  problems: texts.describe("why it is not in force somewhere"),
  document: z.record(z.string(), z.unknown()).describe("CiliumNetworkPolicy"),
});
export const policySchema: z.ZodType<PolicyView> = policyView;

export const policyListingSchema: z.ZodType<PolicyListing> = z.object({
  revision: count,
  policies: z.array(policyView).readonly(),
});

export const policyChangeSchema: z.ZodType<PolicyChange> = z.object({
  revision: count,
  policies: texts,
  warnings: problems,
});

export const policyValidationSchema: z.ZodType<PolicyValidation> = z.object({ policies: texts, warnings: problems });

export const realizationSchema: z.ZodType<PolicyRealization> = z.object({ revision: count });

const identity = z.object({ id: count, labels: texts });
export const identitySchema: z.ZodType<IdentitySummary> = identity;

export const identitiesSchema: z.ZodType<readonly IdentitySummary[]> = z.array(identity).readonly();

export const metricsSchema: z.ZodType<readonly MetricSample[]> = z
  .array(z.object({ name: z.string(), labels: z.record(z.string(), z.string()), value: z.number() }))
  .readonly();
