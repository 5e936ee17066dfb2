import type { MonitorEncoding } from "../api/monitor-protocol.ts";
import type {
  ConfigChange,
  ConfigOption,
  EndpointAddition,
  EndpointChange,
  EndpointDetails,
  EndpointLogEntry,
  EndpointSummary,
  IdentitySummary,
  MetricSample,
  PolicyChange,
  PolicyListing,
  PolicyText,
  PolicyValidation,
  StatusReport,
} from "../api/rest.ts";
import type { TraceQuery, TraceReport } from "../api/trace.ts";
import type { EventFilter } from "../monitor/event-filter.ts";
import type { HistoryRequest } from "../monitor/history.ts";

/** What the server needs of the agent; the composition root hands it in. Failures are `WeirError`s. */
export interface AgentApi {
  status(): StatusReport;
  endpoints(): readonly EndpointSummary[];
  identities(): readonly IdentitySummary[];
  readonly endpoint: EndpointApi;
  readonly config: ConfigApi;
  readonly policy: PolicyApi;
  /** Asks the policy in force; changes nothing. Throws WEIR_REQUEST_INVALID with all that is wrong with the query. */
  trace(query: TraceQuery): TraceReport;
  readonly metrics: MetricsApi;
  readonly monitor: MonitorSource;
}

/**
 * The endpoints at run time. Texts have the right form when they come here (names, addresses, labels, ports); whether
 * they fit together is checked behind it. Failures: WEIR_ENDPOINT_NOT_FOUND; WEIR_ENDPOINT_CONFLICT where a name or an
 * address is taken; WEIR_REQUEST_INVALID; WEIR_LIMIT_EXCEEDED; WEIR_IDENTITY_EXHAUSTED. All or nothing.
 */
export interface EndpointApi {
  get(name: string): EndpointDetails;
  /** Settles when every data plane has answered to the endpoint's policy. */
  add(name: string, addition: EndpointAddition): Promise<EndpointDetails>;
  update(name: string, change: EndpointChange): Promise<EndpointDetails>;
  /** @param relabelled Makes the new labels of the present ones, after all changes before. Rejects with what it throws. */
  relabel(name: string, relabelled: (present: readonly string[]) => readonly string[]): Promise<EndpointDetails>;
  /** Settles when every data plane denies its traffic. */
  remove(name: string): Promise<void>;
  /** The last events of its life, the oldest first. */
  log(name: string): readonly EndpointLogEntry[];
}

export interface ConfigApi {
  list(): readonly ConfigOption[];
  /** All of them or none. Settles when the change is in force. */
  change(change: ConfigChange): Promise<readonly ConfigOption[]>;
}

export interface PolicyApi {
  /** Of the repository, whether it is in force everywhere or not. */
  revision(): number;
  list(): PolicyListing;
  /** Puts the documents of all texts in force, or none of them. Throws WEIR_POLICY_INVALID with the problems of all. */
  put(texts: readonly PolicyText[]): Promise<PolicyChange>;
  /** Throws WEIR_POLICY_NOT_FOUND, and WEIR_POLICY_CONFLICT for a document that comes from a file. */
  delete(name: string): Promise<PolicyChange>;
  /** Checks without changing anything. Throws WEIR_POLICY_INVALID with the problems. */
  validate(text: string, sourceName: string): PolicyValidation;
}

export interface MetricsApi {
  /** The Prometheus text format. */
  text(): Promise<string>;
  readonly contentType: string;
  list(): Promise<readonly MetricSample[]>;
}

/** Where the monitor's events come from: bounded, and a reader that is too slow loses events and is told how many. */
export interface MonitorSource {
  open(request: MonitorRequest): MonitorReader;
}

export interface MonitorRequest extends HistoryRequest {
  readonly encoding: MonitorEncoding;
  readonly filter: EventFilter;
  /** Whether to go on with what comes after the request. */
  readonly follow: boolean;
}

export interface MonitorReader {
  /**
   * What came since the last call, encoded, some of it; empty where nothing did. undefined once the reader is closed, or
   * everything that was asked for has been given.
   */
  read(): Buffer | undefined;
  /** Settles as soon as `read` may have something to give. */
  ready(): Promise<void>;
  /** What has come until now is still given, and nothing after it. */
  finish(): void;
  close(): void;
}
