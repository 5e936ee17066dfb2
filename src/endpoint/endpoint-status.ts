import type { EndpointSummary } from "../api/rest.ts";
import type { ObservedPort } from "./endpoint-spec.ts";

/** What is known of an endpoint: as the API tells it, and what each data plane makes of its policy. */
export interface EndpointStatus extends EndpointSummary {
  readonly dataPlanes: readonly DataPlaneRealization[];
  /** Labels that say something of the endpoint and are not part of its identity. */
  readonly informationalLabels: readonly string[];
  readonly audit: boolean;
  readonly observe: readonly ObservedPort[];
}

export interface DataPlaneRealization {
  readonly name: string;
  /** The revision in force; 0: none. */
  readonly realized: number;
  /** The revision that it refused, and why. */
  readonly failed?: number;
  readonly failure?: string;
}
