import type { EndpointPolicy } from "../../policy/endpoint-policy.ts";

/** What enforces the policies of a host: its embedded data plane. Whatever is called holds at once for new look-ups. */
export interface PolicyTarget {
  /** Settles when live connections are under the policy. */
  apply(policy: EndpointPolicy): Promise<unknown>;
  /** There is no such endpoint any more. */
  forget(endpoint: string): Promise<unknown>;
  /** Settles when live connections are under the identities of now. */
  identitiesChanged(): Promise<unknown>;
  /**
   * These policies and no others, and other identities, all at once: numbers may mean others than before. When it
   * returns, no live connection is judged by the former world any more.
   */
  replaceAll(policies: readonly EndpointPolicy[]): Promise<unknown>;
}
