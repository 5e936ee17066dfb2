import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { XDS_SOCKET_NAME } from "../api/rest.ts";
import { endOnCrash } from "../lib/end-on-crash.ts";
import { namedReasonOf } from "../lib/error.ts";
import type { Logger } from "../lib/log.ts";
import { timeoutSchedule } from "../lib/schedule.ts";
import type { ResourceConsumer } from "../xds/resource.ts";
import { AgentFirst } from "./agent-first.ts";
import type { HostBootstrap } from "./bootstrap.ts";
import { composeHost, type HostParts } from "./compose-host.ts";
import { lastGoodFile } from "./host-files.ts";
import { createHostLog } from "./host-log.ts";
import { HostReporter, type HostSnapshot } from "./host-reporter.ts";
import { LastGoodKeeper, replay } from "./policy/last-good.ts";
import { readLastGood, removeDrafts } from "./policy/last-good-file.ts";
import { ResourceRouter } from "./resource-router.ts";
import { AgentLink } from "./xds/agent-link.ts";

/** At its end, a host waits so long for an agent to take the last records. */
const LAST_RECORDS_MS = 1_000;

/**
 * Runs a built-in host until it is told to end, by its agent or by SIGTERM: listeners, connections and the parsers that
 * ship with weir. It needs an agent to begin, and none to go on.
 */
export async function runHost(bootstrap: HostBootstrap): Promise<void> {
  const { index, instance, configKey, version, stateDir, token } = bootstrap;
  const logger = createHostLog(bootstrap.logLevel, index);
  endOnCrash(logger, (error) => `the host ends: nobody caught ${namedReasonOf(error)}`);
  const ended = Promise.withResolvers<number>();
  // Whoever told it to start may tell it to end before there is anything to be drained.
  let composed: HostParts | undefined;
  process.on("SIGTERM", () => ended.resolve(composed?.settings.drainMs ?? 0));

  let state: HostSnapshot["state"] = "starting";
  const startedAt = new Date().toISOString();
  const reporter: HostReporter = new HostReporter({
    who: { instance, index, pid: process.pid, startedAt, version, configKey },
    snapshot: () => composed && { state, ...snapshotOf(composed) },
    send(report) {
      if (link.connected) link.report(report);
      return link.connected;
    },
    now: () => performance.now(),
  });
  const parts = composeHost(bootstrap, logger, {
    onListeners: () => reporter.reportNow(),
    onExtensionHost: (event) => reporter.add(event),
  });
  const lastGoodPath = lastGoodFile(stateDir, index);
  await removeDrafts(lastGoodPath);
  const router = new ResourceRouter(parts.consumers, () => {
    if (state === "starting") state = "running";
    reporter.reportNow();
  });
  const lastGood = new LastGoodKeeper({
    path: lastGoodPath,
    consumer: router,
    schedule: timeoutSchedule,
    onProblem: (problem) => logger.error({}, problem),
  });
  const agentFirst = new AgentFirst(lastGood, timeoutSchedule);
  const newLink = (): AgentLink =>
    new AgentLink({
      socketPath: join(stateDir, XDS_SOCKET_NAME),
      token,
      instance,
      consumer: agentFirst,
      records: parts.records,
      onOrder: ({ graceMs }) => ended.resolve(graceMs),
      onUnknown() {
        logger.error({}, "no agent knows this host any more, and none can tell it what is in force: it ends");
        ended.resolve(parts.settings.drainMs);
      },
      onConnected: (connected) => connected && reporter.reportNow(),
      logger,
      schedule: timeoutSchedule,
      monotonicMs: () => performance.now(),
      random: Math.random,
    });
  let link = newLink();
  composed = parts;
  await parts.plane.start();
  link.start();
  reporter.start();
  const toEnd = ended.promise.then(() => true);
  if (bootstrap.resume && !(await Promise.race([agentFirst.delivers(), toEnd]))) {
    // What it has delivered so far comes again.
    await link.close();
    await link.consumerIdle();
    await resumeFrom(lastGoodPath, lastGood, logger);
    link = newLink();
    link.start();
  }

  const graceMs = await ended.promise;
  logger.info({ graceMs }, "told to end");
  state = "draining";
  reporter.reportNow();
  // From now on the file is its successor's.
  await lastGood.close();
  await parts.plane.stop(graceMs);
  if (link.connected) await Promise.race([parts.records.settled(), delay(LAST_RECORDS_MS)]);
  reporter.stop();
  await link.close();
  await parts.extensionHosts.stop();
  logger.info({ recordsNotTaken: parts.records.counts.spooled }, "the host ends");
}

/** Goes on with what the host before this one had in force: its agent is away, or has not read all policy yet. */
async function resumeFrom(path: string, consumer: ResourceConsumer, logger: Logger): Promise<void> {
  const read = await readLastGood(path);
  if (read === undefined) return;
  if ("error" in read) {
    logger.error({ path }, `nothing to go on with until there is an agent: ${read.error}`);
    return;
  }
  const refused = await replay(read.lastGood, consumer);
  logger.warn({ path, refused }, "no agent delivers: going on with the last good policy");
}

function snapshotOf({ plane, listeners, records, extensionHosts }: HostParts): Omit<HostSnapshot, "state"> {
  return {
    connections: plane.counters.active,
    counters: { ...plane.counters },
    listeners: listeners.reports(),
    records: records.counts,
    extensionHosts: extensionHosts.reports(),
  };
}
