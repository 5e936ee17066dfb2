// Bounds of the host's side of xds.sock.

/** The first pause before a host tries to reach its agent again; each is twice as long as the one before. */
export const PAUSE_FIRST_MS = 50;
export const PAUSE_MS_MAX = 2_000;

/** After a connection that lasted so long, pauses begin anew. */
export const LASTING_MS = 2_000;

/** Within this time an agent that is reached has to say that it knows the host. */
export const ATTACH_MS = 5_000;

/** How often a connection is asked whether somebody is there, and how long the answer may take. */
export const PING_MS = 10_000;

/** What has happened to extension hosts while no agent was there: with more, the oldest go. */
export const ENDS_MAX = 256;

/** Batches of records that wait to be written. Who makes them keeps to a window in bytes. */
export const BATCHES_MAX = 1024;

/** Memory for what is to be sent on one connection, in megabytes: the versions of very many resources. */
export const SESSION_MEMORY_MB_MAX = 64;

/**
 * A host that agents do not know for so long will never be told a policy again: it has to end. Long enough for whoever
 * puts `hosts.json` back.
 */
export const UNKNOWN_MS_MAX = 10_000;
