import { z } from "zod";
import {
  ENDPOINT_ADDRESSES_MAX,
  ENDPOINT_NAME,
  ENDPOINT_NAME_RULE,
  ENDPOINT_OBSERVED_MAX,
} from "../../api/endpoint-bounds.ts";
import type { Port } from "../../api/identity.ts";
import type { ObservedPort } from "../../endpoint/endpoint-spec.ts";
import { LABEL_EXPRESSIONS_MAX, type LabelExpression, parseLabelExpression } from "../../labels/label-filter.ts";
import { type LabelSet, parseLabels } from "../../labels/label-set.ts";
import { type IpAddress, parseAddress, parseSocketAddress, type SocketAddress } from "../../lib/ip/address.ts";
import { LOG_LEVELS } from "../../lib/log.ts";
import type { AgentConfig } from "./config.ts";
import { defaultHosts, HOSTS_MAX } from "./default-hosts.ts";
import { extensionHosts, extensionItem, extensionKeysAt, type RawExtensionLimits } from "./extension-schema.ts";

/** Far above what one machine uses, low enough that a runaway generator is noticed. */
const ENDPOINTS_MAX = 4096;
const REDIRECTS_MAX = 1024;
const LIST_MAX = 256;
const DAY_MS = 86_400_000;

export const endpointName: z.ZodString = z.string().regex(ENDPOINT_NAME, ENDPOINT_NAME_RULE);
const nonEmpty = z.string().min(1, "is empty").max(4096, "is longer than 4096 characters");

const address = z.string().transform((text, context): IpAddress => {
  const parsed = parseAddress(text);
  if (parsed !== undefined) return parsed;
  context.addIssue(`\`${text}\` is not an IPv4 or IPv6 address (names are not looked up)`);
  return z.NEVER;
});

const socketAddress = z.string().transform((text, context): SocketAddress => {
  const parsed = parseSocketAddress(text);
  if (parsed !== undefined) return parsed;
  context.addIssue(`\`${text}\` is not an address with a port, like 127.0.0.1:11211 or [::1]:11211`);
  return z.NEVER;
});

const labels = z
  .array(z.string())
  .transform((texts, context): LabelSet => {
    const parsed = parseLabels(texts);
    if ("labels" in parsed) return parsed.labels;
    for (const { index, message } of parsed.errors) {
      context.addIssue({ code: "custom", message, path: index === undefined ? [] : [index] });
    }
    return z.NEVER;
  })
  .prefault([]);

const observedPort = z.strictObject({
  port: z.int().min(1).max(65_535),
  l7proto: nonEmpty,
  direction: z.enum(["ingress", "egress"]).default("ingress"),
});
const toObservedPort = observedPort.transform(
  ({ port, l7proto, direction }): ObservedPort => ({ port: port as Port, extension: l7proto, direction }),
);

const endpoint = z.strictObject({
  name: endpointName,
  addresses: z.array(address).max(ENDPOINT_ADDRESSES_MAX).default([]),
  labels,
  audit: z.boolean().default(false),
  observe: z.array(toObservedPort).max(ENDPOINT_OBSERVED_MAX).default([]),
});

const labelExpression = z.string().transform((text, context): LabelExpression => {
  const parsed = parseLabelExpression(text);
  if ("expression" in parsed) return parsed.expression;
  context.addIssue(parsed.error);
  return z.NEVER;
});

const redirect = z.strictObject({
  listen: socketAddress,
  upstream: socketAddress,
  endpoint: endpointName,
  direction: z.enum(["ingress", "egress"]).default("ingress"),
});

const config = z.strictObject({
  stateDir: nonEmpty.default("./run"),
  policyEnforcement: z.enum(["default", "always", "never"]).default("default"),
  endpoints: z.array(endpoint).max(ENDPOINTS_MAX).default([]),
  redirects: z.array(redirect).max(REDIRECTS_MAX).default([]),
  policies: z.array(nonEmpty).max(LIST_MAX).default([]),
  accessLog: nonEmpty.optional(),
  prometheusListen: socketAddress.optional(),
  extensions: z.array(extensionItem).max(LIST_MAX).default([]),
  extensionConfig: z.record(z.string(), z.record(z.string(), z.string())).default({}),
  hosts: z
    .int()
    .refine((count) => count >= 0 && count <= HOSTS_MAX, {
      error: () => `must be between 0 and ${HOSTS_MAX}; one per core is usual, here ${defaultHosts()}`,
    })
    .default(defaultHosts),
  extensionHosts: extensionHosts.prefault({}),
  connectionsMax: z.int().min(1).max(1_000_000).default(10_000),
  connectTimeoutMs: z.int().min(1).max(DAY_MS).default(5_000),
  drainMs: z.int().min(0).max(DAY_MS).default(10_000),
  logLevel: z.enum(LOG_LEVELS).default("info"),
  clusterName: z
    .string()
    .regex(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/, "a name has 1 to 63 letters, digits, `.`, `_` and `-`")
    .default("default"),
  identityLabels: z.array(labelExpression).max(LABEL_EXPRESSIONS_MAX).default([]),
  identityLabelsFile: nonEmpty.optional(),
  fixedIdentities: z.record(z.string(), z.string()).default({}),
});

/** The file's content, with defaults; paths are as written. */
export type RawConfig = Omit<
  AgentConfig,
  | "file"
  | "directory"
  | "accessLog"
  | "prometheusListen"
  | "labelFilter"
  | "fixedIdentities"
  | "extensionMentions"
  | "extensionLimits"
> & {
  readonly extensionHosts: RawExtensionLimits;
  readonly identityLabels: readonly LabelExpression[];
  readonly identityLabelsFile?: string | undefined;
  /** Number → name. */
  readonly fixedIdentities: Readonly<Record<string, string>>;
  readonly accessLog?: string | undefined;
  readonly prometheusListen?: SocketAddress | undefined;
};

export const configSchema: z.ZodType<RawConfig> = config;

/** The keys of an object at a path of the document, for suggestions; none where there is no object. */
export function keysAt(path: readonly PropertyKey[]): readonly string[] {
  if (path.length === 0) return Object.keys(config.shape);
  if (path[0] === "endpoints") return Object.keys((path.includes("observe") ? observedPort : endpoint).shape);
  if (path[0] === "redirects") return Object.keys(redirect.shape);
  if (path[0] === "extensions" || path[0] === "extensionHosts") return extensionKeysAt(path);
  return [];
}
