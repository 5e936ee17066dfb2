// Bounds of what goes between an agent and a host by delta xDS.

/** Longest value of one resource: the policy of an endpoint with very many rules. */
export const RESOURCE_BYTES_MAX: number = 16 * 1024 * 1024;

/** Longest message, either way: one resource with its name, version and kind. */
export const MESSAGE_BYTES_MAX: number = RESOURCE_BYTES_MAX + 64 * 1024;

/** Longest name of a resource, in bytes. */
export const NAME_BYTES_MAX = 1024;

/** Resources of all kinds together. */
export const RESOURCES_MAX = 1_000_000;

/** Resources that are not refused alone go together, until their response is as long as this. */
export const BATCH_BYTES_MAX: number = 256 * 1024;

/** Responses that a subscriber has not answered. With as many, it gets no more. */
export const RESPONSES_IN_FLIGHT_MAX = 16;

/** The same in bytes; a longer response goes alone. */
export const BYTES_IN_FLIGHT_MAX: number = 32 * 1024 * 1024;

/** A longer reason of a refusal is cut. In characters. */
export const REASON_LENGTH_MAX = 2048;

/** How long a subscriber may take to answer before it counts as one that refuses. */
export const ANSWER_MS = 10_000;

/** What a resource takes in a message besides name and value: version, kind, lengths. */
export const OVERHEAD_BYTES = 128;
