import { z } from "zod";
import type { ExtensionHostLimits, ExtensionSpec } from "../../host/bootstrap.ts";

/** Paths of one kind that one extension may be granted. */
const PATHS_MAX = 64;
const MIB = 1_048_576;
const DAY_MS = 86_400_000;
/** Below, Node itself would not fit. */
const MEMORY_MIB_MIN = 64;
/** With the time that it takes to notice, an extension that is stuck is ended within two seconds. */
const CALL_MS_MAX = 1_900;

/** Groups have no colon, so that no group is called like a process of its own. */
const OWN_PROCESS = "module:";

const text = z.string().min(1, "is empty").max(4096, "is longer than 4096 characters");
const paths = z.array(text).max(PATHS_MAX).default([]);

const grants = z.strictObject({
  read: paths,
  write: paths,
  network: z.boolean().default(false),
  childProcess: z.boolean().default(false),
  nativeAddons: z.boolean().default(false),
  worker: z.boolean().default(false),
});

const written = z.strictObject({
  module: text,
  host: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, "a name has 1 to 63 letters, digits, `.`, `_` and `-`")
    .optional(),
  allow: grants.prefault({}),
});

/** One item of `extensions`: a text, or a mapping that says more. Paths are as written. */
export const extensionItem: z.ZodType<ExtensionSpec> = z
  .preprocess((item) => (typeof item === "string" ? { module: item } : item), written)
  .transform(({ module, host, allow }) => ({ module, group: host ?? `${OWN_PROCESS}${module}`, allow }));

const limits = z.strictObject({
  memoryMiB: z.int().min(MEMORY_MIB_MIN).max(65_536).default(256),
  bufferedMiB: z.int().min(1).max(1024).default(16),
  connectionsMax: z.int().min(1).max(1_000_000).default(10_000),
  callMs: z.int().min(1).max(CALL_MS_MAX).default(1_500),
  answerMs: z.int().min(1).max(DAY_MS).default(30_000),
});

/** `extensionHosts`, as written. */
export interface RawExtensionLimits {
  readonly memoryMiB: number;
  readonly bufferedMiB: number;
  readonly connectionsMax: number;
  readonly callMs: number;
  readonly answerMs: number;
}

export const extensionHosts: z.ZodType<
  RawExtensionLimits,
  { readonly [Key in keyof RawExtensionLimits]?: number | undefined }
> = limits;

export function toExtensionLimits(raw: RawExtensionLimits): ExtensionHostLimits {
  const { memoryMiB, bufferedMiB, connectionsMax, callMs, answerMs } = raw;
  return { memoryBytesMax: memoryMiB * MIB, bufferedBytesMax: bufferedMiB * MIB, connectionsMax, callMs, answerMs };
}

/** `memoryMiB=256` and so on, as the configuration has them. */
export function describeExtensionLimits(limits: ExtensionHostLimits): readonly string[] {
  const { memoryBytesMax, bufferedBytesMax, connectionsMax, callMs, answerMs } = limits;
  const raw: RawExtensionLimits = {
    memoryMiB: memoryBytesMax / MIB,
    bufferedMiB: bufferedBytesMax / MIB,
    connectionsMax,
    callMs,
    answerMs,
  };
  return Object.entries(raw).map(([name, value]) => `${name}=${value}`);
}

/** The keys of `extensions[]`, of its `allow`, and of `extensionHosts`. */
export function extensionKeysAt(path: readonly PropertyKey[]): readonly string[] {
  if (path[0] === "extensionHosts") return Object.keys(limits.shape);
  return Object.keys((path.includes("allow") ? grants : written).shape);
}
