import type {
  EndpointSummary,
  IdentitySummary,
  MetricSample,
  PolicyChange,
  PolicyListing,
  PolicyText,
  PolicyValidation,
  StatusReport,
} from "../api/rest.ts";

/** What the server needs of the agent; the composition root hands it in. Failures are `WeirError`s. */
export interface AgentApi {
  status(): StatusReport;
  endpoints(): readonly EndpointSummary[];
  identities(): readonly IdentitySummary[];
  readonly policy: PolicyApi;
  readonly metrics: MetricsApi;
  readonly monitor: MonitorSource;
}

export interface PolicyApi {
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

/** Where the monitor's records come from: bounded, and a reader that is too slow loses records and is told how many. */
export interface MonitorSource {
  /** Begins with the next record. */
  open(): MonitorReader;
}

export interface MonitorReader {
  /**
   * What came since the last call, up to `max` records, each as a line of JSON with its `\n`; undefined once the reader
   * is closed. `lost`: how many were overwritten before they were read.
   */
  read(max: number): { readonly lines: readonly string[]; readonly lost: number } | undefined;
  /** Settles as soon as `read` has something to give, or the reader is closed. */
  ready(): Promise<void>;
  close(): void;
}
