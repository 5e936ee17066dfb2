/** Longest key of memcached, as it stands in the request (base64 keys: encoded). */
export const KEY_BYTES_MAX = 250;
/** No memcached stores items above 1 GiB (`-I`), and its own readers of lengths are exact below 2 GiB. */
export const VALUE_BYTES_MAX: number = 2 ** 30;
/** A value that no memcached finds too large: the smallest limit of an item (`-I`) is 1 KiB, with its key and header. */
export const SMALL_VALUE_BYTES_MAX = 512;
/** memcached closes a connection that has sent more than this without a line's end, `get` and `gets` excepted. */
export const LINE_BYTES_MAX = 2_048;
/** Bound of ours for `get` and `gets`. */
export const RETRIEVAL_LINE_BYTES_MAX = 262_144;
/** Bound of ours for the keys of one request. */
export const KEYS_MAX = 16_384;
/** memcached takes 20 tokens of a meta command, its end mark included. */
export const META_TOKENS_MAX = 19;
/** An opaque flag of a meta command, with its letter. */
export const OPAQUE_FLAG_BYTES_MAX = 32;
/** Longest name of a SASL mechanism. */
export const SASL_MECHANISM_BYTES_MAX = 32;
/** Lines of replies are shorter than this, watch and dump lines included. */
export const REPLY_LINE_BYTES_MAX = 65_536;
/** Requests whose replies may be outstanding. Above, requests wait until replies have come. */
export const OUTSTANDING_MAX = 65_536;
