/** A name as Kubernetes has it for pods. */
export const ENDPOINT_NAME: RegExp = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/;
export const ENDPOINT_NAME_RULE = "a name has 1 to 253 letters, digits, `.`, `_` and `-`";

/** Of one endpoint. */
export const ENDPOINT_ADDRESSES_MAX = 64;
/** Ports of one endpoint that are observed. */
export const ENDPOINT_OBSERVED_MAX = 64;
