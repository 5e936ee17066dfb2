import { ListenerSet, type OpenListener } from "../listener-set.ts";
import { formatTarget, type Redirect } from "../redirect.ts";
import { resetSocket } from "../socket-end.ts";

/** Addresses that nobody else can take until hosts listen there. */
export interface ReservedListeners {
  /** In the order of the redirects: where hosts are to listen. */
  readonly listeners: readonly OpenListener[];
  release(): void;
}

/**
 * Finds out where hosts are to listen, before they do. Sharing an address hides that somebody else has it: two agents of
 * one user would share it without a word. So each is tried alone first. Where the kernel is to choose a port, the
 * reservation is kept until it is released, because hosts cannot agree on a port among themselves.
 *
 * Throws a WeirError that names every address where hosts could not listen.
 *
 * @param served Where hosts that outlived another agent listen already, by redirect: they keep their addresses.
 */
export async function reserveListeners(
  redirects: readonly Redirect[],
  served: ReadonlyMap<Redirect, string>,
): Promise<ReservedListeners> {
  const free = redirects.filter((redirect) => !served.has(redirect));
  const trial = new ListenerSet(resetSocket, { earlyMax: 0, reusePort: false });
  await trial.openAll(free.filter(({ listen }) => listen.port !== 0));
  trial.closeAll();
  const kept = new ListenerSet(resetSocket, { earlyMax: 0, reusePort: true });
  await kept.openAll(free.filter(({ listen }) => listen.port === 0));
  const chosen = new Map(kept.listeners.map(({ redirect, listen }) => [redirect, listen]));
  return {
    listeners: redirects.map((redirect) => ({
      redirect,
      listen: served.get(redirect) ?? chosen.get(redirect) ?? formatTarget(redirect.listen),
    })),
    release: () => kept.closeAll(),
  };
}
