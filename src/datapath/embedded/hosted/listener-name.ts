import { formatTarget, type Redirect } from "../redirect.ts";

/**
 * A name for each redirect: the same for the same redirect, whichever agent asks, so that hosts which outlive an agent keep
 * the listeners that the next one wants, too.
 */
export function listenerNames(redirects: readonly Redirect[]): ReadonlyMap<Redirect, string> {
  const used = new Map<string, number>();
  return new Map(
    redirects.map((redirect) => {
      const { listen, upstream, endpoint, direction } = redirect;
      const base = `${direction} ${formatTarget(listen)} ${formatTarget(upstream)} ${endpoint}`;
      // Several may ask for any free port.
      const count = (used.get(base) ?? 0) + 1;
      used.set(base, count);
      return [redirect, count === 1 ? base : `${base} #${count}`];
    }),
  );
}
