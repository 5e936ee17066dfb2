/** The encoded rules of a policy: as much as is delivered in one piece. What does not fit is refused by whoever would send it. */
export const RULES_BYTES_MAX: number = 16 * 1_048_576;
/** One encoded policy without its rules: most of it is names of extensions that read ports. */
export const POLICY_BYTES_MAX: number = 2 * 1_048_576;
/** Name of encoded rules, in UTF-16 code units. */
export const RULES_NAME_LENGTH_MAX = 64;
/** Statements of one policy, over both directions. */
export const ENTRIES_MAX = 1_000_000;
/** Names, paths and labels, in UTF-16 code units. */
export const TEXT_LENGTH_MAX = 4_096;
/** Values of conditions on fields, in UTF-16 code units: as documents may have them. */
export const VALUE_LENGTH_MAX = 4_096;
