import { createServer, type Server, type Socket } from "node:net";
import { WeirError } from "../../lib/error.ts";
import { formatSocketAddress, parseAddress } from "../../lib/ip/address.ts";
import { formatTarget, type Redirect } from "./redirect.ts";
import { SOCKET_OPTIONS } from "./socket-options.ts";

/** One open listener: the redirect as configured, and where it really listens (`a.b.c.d:port`). */
export interface OpenListener {
  readonly redirect: Redirect;
  readonly listen: string;
}

/** Connections that the kernel may have accepted before we take them. */
const BACKLOG = 511;

const CAUSES: Readonly<Record<string, string>> = {
  EADDRINUSE: "the address is in use; end the program that has it (`ss -ltnp` shows it), or listen on another port",
  EADDRNOTAVAIL: "no interface of this machine has the address; add it to one, or listen on another address",
  EACCES: "not permitted; ports below 1024 need the capability CAP_NET_BIND_SERVICE, or listen on a higher one",
  EAFNOSUPPORT: "the machine does not support this kind of address; listen on another one",
};

/** Opens the listeners of all redirects, or none. */
export class ListenerSet {
  private readonly servers: Server[] = [];
  private readonly accept: (socket: Socket, redirect: Redirect) => void;
  /** Connections that came before all listeners were open. undefined: they are open. */
  private early: { socket: Socket; redirect: Redirect }[] | undefined = [];
  private readonly earlyMax: number;

  listeners: readonly OpenListener[] = [];

  /** @param accept Gets paused sockets. @param earlyMax Connections that may wait until all listeners are open. */
  constructor(accept: (socket: Socket, redirect: Redirect) => void, earlyMax: number) {
    this.accept = accept;
    this.earlyMax = earlyMax;
  }

  /** Throws a WeirError that names every listener that cannot be opened, and then none is open. */
  async open(redirects: readonly Redirect[]): Promise<void> {
    const results = await Promise.allSettled(redirects.map((redirect) => this.listen(redirect)));
    const problems = results.flatMap((result) => (result.status === "rejected" ? [String(result.reason)] : []));
    const early = this.early ?? [];
    this.early = undefined;
    if (problems.length > 0) {
      for (const { socket } of early) socket.resetAndDestroy();
      await this.close();
      throw new WeirError("WEIR_CONFIG_INVALID", `cannot listen:\n${problems.join("\n")}`);
    }
    this.listeners = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    for (const { socket, redirect } of early) this.accept(socket, redirect);
  }

  /** Stops accepting; connections that were accepted go on. */
  async close(): Promise<void> {
    this.listeners = [];
    // `close` also waits for the connections; that listening has ended is known at once.
    for (const server of this.servers.splice(0)) server.close();
  }

  private listen(redirect: Redirect): Promise<OpenListener> {
    const server = createServer({ ...SOCKET_OPTIONS, pauseOnConnect: true }, (socket) => this.take(socket, redirect));
    const { address, port } = redirect.listen;
    const { promise, resolve, reject } = Promise.withResolvers<OpenListener>();
    // Stays: a listener that fails later must not end the process.
    server.on("error", (error: NodeJS.ErrnoException) => {
      const cause = CAUSES[error.code ?? ""] ?? error.message;
      reject(`  ${formatTarget(redirect.listen)} (endpoint "${redirect.endpoint}"): ${cause}`);
    });
    server.listen({ host: address.toString(), port, backlog: BACKLOG }, () => {
      this.servers.push(server);
      resolve({ redirect, listen: boundAddress(server, redirect) });
    });
    return promise;
  }

  private take(socket: Socket, redirect: Redirect): void {
    if (this.early === undefined) this.accept(socket, redirect);
    else if (this.early.length < this.earlyMax) this.early.push({ socket, redirect });
    else socket.resetAndDestroy();
  }
}

function boundAddress(server: Server, redirect: Redirect): string {
  const bound = server.address();
  if (bound === null || typeof bound === "string") return formatTarget(redirect.listen);
  return formatSocketAddress(parseAddress(bound.address) ?? redirect.listen.address, bound.port);
}
