import { join } from "node:path";
import { formatApiProblem } from "../api/problems-error.ts";
import { SOCKET_NAME } from "../api/rest.ts";
import { RegenerationTimer } from "../endpoint/regeneration-observer.ts";
import { tallyFile } from "../host/host-files.ts";
import { reasonOf } from "../lib/error.ts";
import type { AdjustableLogger } from "../lib/log.ts";
import { SubsystemLog } from "../lib/subsystem-log.ts";
import { packageVersion } from "../lib/version.ts";
import { ApiRequestCounter } from "../metrics/api-request-counter.ts";
import { Metrics } from "../metrics/metrics.ts";
import { RecordCounter } from "../metrics/record-counter.ts";
import { EventRing } from "../monitor/event-ring.ts";
import { listenOnSocket } from "../server/listen-on-socket.ts";
import { PrometheusServer } from "../server/prometheus-server.ts";
import { createServer } from "../server/server.ts";
import { checkExtensionNames } from "./check-extension-names.ts";
import { openAccessLog } from "./compose-access-log.ts";
import { composeApi } from "./compose-api.ts";
import { composeDataPlane } from "./compose-data-plane.ts";
import { composeIdentities } from "./compose-identities.ts";
import { metricSources } from "./compose-metrics.ts";
import type { AgentConfig } from "./config/config.ts";
import { createRegistry, declareRegistry } from "./create-registry.ts";
import { EndpointRegistry } from "./endpoint-registry.ts";
import { endpointStore } from "./endpoint-store.ts";
import { announceHosts } from "./hosts/announce-hosts.ts";
import { hostedDataPlane } from "./hosts/compose-hosts.ts";
import { takeHosts } from "./hosts/take-hosts.ts";
import { LoadGate } from "./load-gate.ts";
import { EndpointAnnouncer } from "./monitor-endpoints.ts";
import { RingMonitor } from "./monitor-source.ts";
import { openListeners } from "./open-listeners.ts";
import { takePidLock } from "./pid-lock.ts";
import { composePolicy } from "./policy/policy-core.ts";
import { PolicySources } from "./policy/policy-sources.ts";
import { takeTallyFile } from "./records/read-tally-file.ts";
import { RecordReceiver } from "./records/record-receiver.ts";
import { RuntimeConfig, type RuntimeConfigListener } from "./runtime-config.ts";
import { prepareStateDir } from "./state-dir.ts";

/** What records of connections without an extension have as protocol. */
const TCP = "tcp";

/** An agent that runs. Disposing ends it at once. */
export interface RunningAgent extends AsyncDisposable {
  /** Stops accepting and lets live connections end, for as long as the configuration says. */
  drain(): Promise<void>;
  /** After a rotation. */
  reopenLogs(): Promise<void>;
  /** Ends the processes that would outlive this one, within the call. */
  kill(): void;
}

/**
 * Joins all rooms and starts them in an order that fails closed: state directory, extensions, endpoints, API, policy, and
 * the listeners last. Throws a WeirError where that cannot be, and gives back what it had taken.
 *
 * @param onFatal The agent cannot go on: its listeners cannot be opened.
 * @param detachHosts At the end, hosts are left to go on, for the next agent.
 * @param told Whoever aborts it wants the agent to end: then nothing that may take long is waited for.
 */
export async function startAgent(
  config: AgentConfig,
  logger: AdjustableLogger,
  onFatal: (error: unknown) => void,
  detachHosts = false,
  told: AbortSignal = new AbortController().signal,
): Promise<RunningAgent> {
  const log = new SubsystemLog(logger);
  const agentLog = log.of("agent");
  // What has been taken so far, given back in reverse order.
  await using taken = new AsyncDisposableStack();
  await prepareStateDir(config.stateDir);
  taken.use(await takePidLock(config.stateDir));
  const { registry, extensions } =
    config.hosts > 0 ? await declareRegistry(config) : { registry: await createRegistry(config), extensions: [] };
  checkExtensionNames(config, [...registry.declarations().keys()]);

  const version = packageVersion();
  const startedAtMs = Date.now();
  const metrics = taken.use(new Metrics({ version, startedAtMs }));
  const ring = new EventRing();
  const accessLog = taken.use(await openAccessLog(config.accessLog, ring, log.of("access-log")));
  const records = new RecordCounter(ring, [TCP, ...registry.declarations().keys()]);

  const parts = composeIdentities(config);
  const { identities, identityLabels, ipCache, peers } = parts;
  const receiver = new RecordReceiver({
    sink: records,
    logged: () => accessLog.logged(),
    tail: accessLog.tail,
    tallyOf: (host) => takeTallyFile(tallyFile(config.stateDir, host)),
    logger: log.of("access-log"),
  });
  // Hosts of an agent before this one may have to drain before anything can be changed.
  let drainMs = (): number => config.drainMs;
  const hosts = await takeHosts({
    config: { ...config, extensions },
    identities: parts,
    events: announceHosts(ring, receiver, log.of("datapath")),
    onRecords: (host, batch) => receiver.receive(host, batch),
    onRecordsEnd: (host) => receiver.closed(host),
    detach: detachHosts,
    drainMs: () => drainMs(),
    logger: log.of("datapath"),
  });
  if (hosts !== undefined) taken.use(hosts);
  // Those that are left to be ended are no data plane.
  const serving = config.hosts > 0 ? hosts : undefined;
  const dataPlane =
    serving === undefined ? composeDataPlane(config, registry, peers, records) : hostedDataPlane(config, serving);
  // Where it ends without having been told to, connections of hosts that had served before go on.
  taken.defer(async () => {
    if (serving === undefined) await dataPlane.stop(0);
    await hosts?.supervisor.abandon();
  });
  await unlessTold(told, async () => hosts?.supervisor.start());

  const enforcement = config.policyEnforcement;
  const policy = composePolicy({
    identities,
    identityLabels,
    ipCache,
    registry,
    enforcement,
    dataPlanes: [dataPlane],
    listener: new EndpointAnnouncer(serving?.listener ?? peers, ring, log.of("endpoint")),
    notifier: ring,
    timer: new RegenerationTimer(metrics.regenerations, () => performance.now()),
  });
  const { importer, repository } = policy;
  const onChange = (): void => void gate.look();
  const policyProblems = (): ReadonlyMap<string, readonly string[]> => policy.endpoints.policyProblems();
  const sources = taken.use(
    new PolicySources({ config, registry, importer, repository, policyProblems, logger: log.of("policy"), onChange }),
  );
  const listener: RuntimeConfigListener = {
    onEnforcement: (mode) => policy.setEnforcement(mode),
    onLogLevel(level) {
      logger.setLevel(level);
      if ("changeLogLevel" in dataPlane) dataPlane.changeLogLevel(level);
    },
    onLimits: (limits) => dataPlane.changeLimits(limits),
    onChanged: (change) => ring.notify({ subtype: "Configuration changed", message: { settings: textsOf(change) } }),
  };
  const runtime = new RuntimeConfig(config, listener, agentLog);
  drainMs = () => runtime.values.drainMs;
  const endpoints = new EndpointRegistry({
    config,
    endpoints: policy.endpoints,
    store: endpointStore(join(config.stateDir, "endpoints.json")),
    rules: { labels: identityLabels, extensions: () => registry.declarations().keys() },
    onChange,
  });
  const gate = new LoadGate(
    () => [...endpoints.problems, ...sources.problems],
    () => openListeners(policy, dataPlane, ring, log.of("datapath")),
    (error) => {
      ring.notify({ subtype: "Listeners failed", message: { error: reasonOf(error) } });
      onFatal(error);
    },
  );

  await endpoints.start();
  for (const problem of endpoints.problems) agentLog.error({}, formatApiProblem(problem));
  const monitor = new RingMonitor(ring);
  const api = composeApi({
    config,
    runtime,
    registry,
    identities,
    policy,
    endpoints,
    sources,
    dataPlane,
    metrics,
    monitor,
    accessLog,
    gate,
    startedAtMs,
  });
  const apiRequests = new ApiRequestCounter();
  metrics.readFrom(
    metricSources({
      identities,
      ipCache,
      policy,
      sources,
      dataPlane,
      records,
      receiver,
      ring,
      monitor,
      accessLog,
      log,
      apiRequests,
    }),
  );
  const server = await createServer(api, version, log.of("api"), apiRequests);
  taken.defer(() => server.close());
  const socket = join(config.stateDir, SOCKET_NAME);
  await listenOnSocket(server, socket);
  agentLog.info({ socket, version }, "the agent answers");
  ring.notify({ subtype: "Agent started", message: { version } });
  if (config.prometheusListen !== undefined) {
    const logger = log.of("api");
    const prometheus = taken.use(await PrometheusServer.open({ listen: config.prometheusListen, metrics, logger }));
    logger.info({ listen: prometheus.listen }, "metrics are served for Prometheus");
  }

  await unlessTold(told, async () => {
    await sources.load();
    await gate.loaded();
  });
  const problems = endpoints.problems.length + sources.problems.length;
  if (gate.state === "blocked" && problems > 0) {
    const what = sources.problems.length > 0 ? "the policy is mended" : "the saved endpoints are mended";
    agentLog.error({ problems }, `no listener opens until ${what}`);
  }
  const held = taken.move();
  return {
    async drain() {
      gate.drain();
      ring.notify({ subtype: "Agent draining", message: {} });
      await sources[Symbol.asyncDispose]();
      await dataPlane.stop(runtime.values.drainMs);
    },
    kill: () => hosts?.supervisor.kill(),
    async reopenLogs() {
      await accessLog.reopen();
      log.of("access-log").info({ path: config.accessLog }, "the access log was opened anew");
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Hosts that cannot start, or do not answer, are waited for; an agent that is told to end has no reason to. */
async function unlessTold(told: AbortSignal, work: () => Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const onAbort = (): void => resolve();
  told.addEventListener("abort", onAbort);
  if (told.aborted) onAbort();
  await Promise.race([work(), promise]).finally(() => told.removeEventListener("abort", onAbort));
}

function textsOf(values: object): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}
