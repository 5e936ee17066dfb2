/**
 * `resolve`: the policy of one identity is computed. `apply`: the data planes put the policy of one endpoint in force.
 * `total`: one change of policy, from its beginning until every data plane has answered for every endpoint.
 */
export type RegenerationPhase = "resolve" | "apply" | "total";

/** Whoever wants to know how often endpoints get new policy, and how long that takes. Must not throw. */
export interface RegenerationObserver {
  took(phase: RegenerationPhase, seconds: number): void;
  /** One endpoint: `success` where its newest policy is in force now. */
  regenerated(outcome: "success" | "fail"): void;
}
