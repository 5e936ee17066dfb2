/** One encoded policy: as much as is delivered in one piece. What does not fit is refused by whoever would send it. */
export const POLICY_BYTES_MAX: number = 16 * 1_048_576;
/** Statements of one policy, over both directions. */
export const ENTRIES_MAX = 1_000_000;
/** Names, paths and labels, in UTF-16 code units. */
export const TEXT_LENGTH_MAX = 4_096;
/** Values of conditions on fields, in UTF-16 code units: as documents may have them. */
export const VALUE_LENGTH_MAX = 4_096;
