/** A security identity: the number that stands for a set of labels. 0 is "unknown", 1–255 are reserved. */
export type NumericIdentity = number & { readonly __brand: "NumericIdentity" };

/** A TCP port, 1–65535. */
export type Port = number & { readonly __brand: "Port" };

/** Counts the changes of the policy repository, from 1. */
export type PolicyRevision = number & { readonly __brand: "PolicyRevision" };
