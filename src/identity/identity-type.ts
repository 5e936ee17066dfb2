import type { NumericIdentity } from "../api/identity.ts";

/** Numbers up to 255 are reserved, well known, or fixed by users. */
export const WORKLOAD_FIRST = 256;
/** Networks are known to this agent alone: their numbers lie where no cluster-wide number does. */
export const NETWORK_FIRST: number = 2 ** 24;

/** What a number stands for: something fixed, the labels of workloads, or a network that a rule names. */
export type IdentityType = "reserved" | "workload" | "network";

export function identityType(id: NumericIdentity): IdentityType {
  if (id < WORKLOAD_FIRST) return "reserved";
  return id < NETWORK_FIRST ? "workload" : "network";
}
