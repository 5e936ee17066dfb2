/** How often the kernel asks a silent peer whether it still lives: dead ones must not hold connections for ever. */
const KEEP_ALIVE_DELAY_MS = 60_000;

/** Of every socket, both sides: half-close is kept, nothing waits for Nagle. */
export const SOCKET_OPTIONS: Readonly<{
  allowHalfOpen: true;
  noDelay: true;
  keepAlive: true;
  keepAliveInitialDelay: number;
}> = {
  allowHalfOpen: true,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS,
};
