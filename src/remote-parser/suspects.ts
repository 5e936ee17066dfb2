import type { RemoteConnection } from "./remote-connection.ts";

/**
 * Finds the connection whose bytes end the host. Those that it was working on when it ended go first the next time, one
 * at a time: if it ends again, there is no doubt which one it was.
 */
export class Suspects {
  /** In the order in which they are tried. */
  private readonly list = new Set<RemoteConnection>();

  /** Whether the host may be given something of this connection now. */
  mayWork(connection: RemoteConnection): boolean {
    if (this.list.size === 0) return true;
    const [first] = this.list;
    return connection === first;
  }

  /** The host has answered all that it was given of this connection, or the connection is over. @returns Whether others may go on by that. */
  cleared(connection: RemoteConnection): boolean {
    return this.list.delete(connection);
  }

  /** The host has ended. @param busy Connections that it was working on. @returns The one that ended it twice. */
  died(busy: readonly RemoteConnection[]): RemoteConnection | undefined {
    const [tried] = this.list;
    const guilty = tried !== undefined && busy.includes(tried) ? tried : undefined;
    if (guilty !== undefined) this.list.delete(guilty);
    for (const connection of busy) if (connection !== guilty) this.list.add(connection);
    return guilty;
  }
}
