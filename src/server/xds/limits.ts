// Bounds of the agent's side of xds.sock.

/** Connections at one time: each host has one, and a second one while it replaces the first. */
export const CONNECTIONS_MAX = 256;

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

/** Orders and acknowledgements that a host has not read. With more it is disconnected. */
export const UNREAD_MAX = 1024;

/** Within this time a new connection has to show a token. */
export const AUTHENTICATE_MS = 5_000;

/** How often a connection is asked whether somebody is there, and how long the answer may take. */
export const PING_MS = 10_000;
