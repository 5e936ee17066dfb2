import type { EndpointSummary } from "../api/rest.ts";

/** What is known of an endpoint: as the API tells it, and what each data plane makes of its policy. */
export interface EndpointStatus extends EndpointSummary {
  readonly dataPlanes: readonly DataPlaneRealization[];
}

export interface DataPlaneRealization {
  readonly name: string;
  /** The revision in force; 0: none. */
  readonly realized: number;
  /** The revision that it refused, and why. */
  readonly failed?: number;
  readonly failure?: string;
}
