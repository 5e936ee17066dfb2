/** Of every socket, both sides: half-close is kept, nothing waits for Nagle. */
export const SOCKET_OPTIONS = { allowHalfOpen: true, noDelay: true } as const;
