// Bounds of the agent's side of xds.sock.

/** Connections at one time: each of at most 256 hosts has one, its successor, too, and each a second one while it replaces the first. */
export const CONNECTIONS_MAX = 1024;

/** Calls at one time on one connection: each host makes three. */
export const STREAMS_MAX = 8;

/** Headers of one call. */
export const HEADERS_BYTES_MAX: number = 16 * 1024;

/** Longest text that is looked up as a token. */
export const TOKEN_LENGTH_MAX = 256;

/** Longest message of a host besides those of delta xDS: a report, or a batch of records. */
export const HOST_MESSAGE_BYTES_MAX: number = 1024 * 1024 + 64 * 1024;

/** Memory for what is to be sent on one connection, in megabytes: more than may be in flight to a host. */
export const SESSION_MEMORY_MB_MAX = 64;

/**
 * What a host may send before the agent has read it, in bytes: of one call, and of all. HTTP/2 begins with 64 KiB, so that
 * a batch of records would wait for the agent in its middle.
 */
export const CALL_WINDOW_BYTES: number = 1024 * 1024;
export const CONNECTION_WINDOW_BYTES: number = 2 * 1024 * 1024;

/** Orders and acknowledgements that a host has not read. With more it is disconnected. */
export const UNREAD_MAX = 1024;

/** Within this time a new connection has to show a token. */
export const AUTHENTICATE_MS = 5_000;

/** How often a connection is asked whether somebody is there, and how long the answer may take. */
export const PING_MS = 10_000;
