import { z } from "zod";
import type { HostSelfReport } from "../../api/host-report.ts";
import { reasonOf } from "../../lib/error.ts";

const LIST_MAX = 1_024;
const TEXT_MAX = 8_192;

const text = z.string().max(TEXT_MAX);
const texts = z.array(text).max(LIST_MAX);
const count = z.number().nonnegative();

const processEnd = z.object({ time: text, pid: count, reason: text });

const extensionHost = z.object({
  extensions: texts,
  pid: count,
  state: z.enum(["starting", "running", "down"]),
  confined: z.boolean(),
  unconfined: texts,
  // Hosts that were started by an agent of another version do not tell them.
  problems: texts.default([]),
  changed: z.boolean().default(false),
  recordsDropped: count.default(0),
  connections: count,
  memoryBytes: count,
  restarts: count,
  lastEnd: processEnd.optional(),
});

const extensionHostEvent = z.discriminatedUnion("event", [
  z.object({ event: z.literal("started"), time: text, extensions: texts, pid: count }),
  z.object({ event: z.literal("ended"), extensions: texts, end: processEnd }),
]);

const hostReport = z.object({
  instance: text,
  index: count,
  pid: count,
  startedAt: text,
  version: z.number(),
  configKey: text,
  state: z.enum(["starting", "running", "draining"]),
  connections: count,
  counters: z.record(text, z.number()),
  listeners: z.array(z.object({ name: text, listen: text, error: text.optional() })).max(LIST_MAX),
  records: z.object({ made: count, lost: count, spooled: count }),
  extensionHosts: z.array(extensionHost).max(LIST_MAX),
  ends: z.array(extensionHostEvent).max(LIST_MAX),
});

type Outcome = { readonly malformed: string } | { readonly malformed?: undefined; readonly report: HostSelfReport };

/** Reads a report. @param instance Of the host that it has to be of. */
export function readReport(bytes: Uint8Array, instance: string): Outcome {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    return { malformed: `a report that is no JSON text: ${reasonOf(error)}` };
  }
  const read = hostReport.safeParse(value);
  if (!read.success) {
    const [issue] = read.error.issues;
    return { malformed: `a report that is none: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}` };
  }
  if (read.data.instance !== instance) return { malformed: "a report of another host" };
  return { report: read.data as HostSelfReport };
}
