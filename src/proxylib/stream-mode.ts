/**
 * What policy wants of a connection under an extension. `enforce`: nothing passes that was not understood and allowed.
 * `observe`: everything passes, and what is understood goes on record.
 */
export type StreamMode = "enforce" | "observe";
