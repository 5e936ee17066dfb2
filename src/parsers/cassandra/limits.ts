/** Bytes of a frame that may have to be read before it is decided: a statement's text, or a whole batch. */
export const JUDGED_BYTES_MAX = 786_432;
/** Keyspaces of which one is in force, and nobody knows which. */
export const KEYSPACES_MAX = 8;
/** Bytes of warnings and payload before a reply's message that are read to get at it. */
export const REPLY_PREFIX_BYTES_MAX = 65_536;
/** Bytes of the server's SUPPORTED. */
export const SUPPORTED_BYTES_MAX = 65_536;
/** Bytes of the options of a STARTUP. */
export const STARTUP_BYTES_MAX = 65_536;
/** Statements of one batch. Each is judged and has a record of its own, while other connections wait. */
export const BATCH_STATEMENTS_MAX = 4_096;
/** Statements of one batch that may be prepared. */
export const PREPARED_NEEDS_MAX = 1_024;
/** What the prepared statements of one server may need, all together; the least recently used ones go. */
export const PREPARED_WEIGHT_MAX = 16_384;
/** Bytes of an id that is kept. Cassandra's have 16. */
export const PREPARED_ID_BYTES_MAX = 512;
/** Servers whose prepared statements are kept. */
export const UPSTREAMS_MAX = 256;
/** Statements with their names in one set of keyspaces that are kept, so that those that come again make nothing. */
export const RESOLVED_MAX = 16_384;
