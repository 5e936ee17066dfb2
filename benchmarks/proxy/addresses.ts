/** Loopback addresses stand for workloads: the client's identity comes from the first one. */
export const CLIENT = "127.0.1.1";
export const SERVER = "127.0.2.1";
export const PROXY = "127.0.0.1";
