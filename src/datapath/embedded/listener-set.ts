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

/** The open listeners, by name. */
export class ListenerSet {
  private readonly servers = new Map<string, { readonly server: Server; readonly open: OpenListener }>();
  private readonly accept: (socket: Socket, redirect: Redirect) => void;
  private readonly reusePort: boolean;
  /** Connections that came before all listeners were open. undefined: nobody waits for others. */
  private early: { socket: Socket; redirect: Redirect }[] | undefined;
  private readonly earlyMax: number;
  private ended = false;

  /**
   * @param accept Gets paused sockets.
   * @param options.earlyMax Connections that may wait in `openAll` until all listeners are open.
   * @param options.reusePort Other processes of the same user listen on the same addresses; the kernel spreads connections.
   */
  constructor(
    accept: (socket: Socket, redirect: Redirect) => void,
    options: { readonly earlyMax: number; readonly reusePort: boolean },
  ) {
    this.accept = accept;
    this.earlyMax = options.earlyMax;
    this.reusePort = options.reusePort;
  }

  get listeners(): readonly OpenListener[] {
    return [...this.servers.values()].map(({ open }) => open);
  }

  /** Opens all or none. Throws a WeirError that names every listener that cannot be opened. */
  async openAll(redirects: readonly Redirect[]): Promise<void> {
    this.ended = false;
    this.early = [];
    const results = await Promise.allSettled(redirects.map((one, index) => this.open(String(index), one)));
    const problems = results.flatMap((result) => (result.status === "rejected" ? [result.reason as Error] : []));
    const { early } = this;
    this.early = undefined;
    if (problems.length > 0) {
      for (const { socket } of early) socket.resetAndDestroy();
      this.closeAll();
      throw new WeirError(
        "WEIR_CONFIG_INVALID",
        `cannot listen:\n${problems.map(({ message }) => `  ${message}`).join("\n")}`,
      );
    }
    for (const { socket, redirect } of early) this.accept(socket, redirect);
  }

  /** Throws a WeirError that says why not. */
  open(name: string, redirect: Redirect): Promise<OpenListener> {
    const server = createServer({ ...SOCKET_OPTIONS, pauseOnConnect: true }, (socket) => this.take(socket, redirect));
    const { address, port } = redirect.listen;
    const { promise, resolve, reject } = Promise.withResolvers<OpenListener>();
    // Stays: a listener that fails later must not end the process.
    server.on("error", (error: NodeJS.ErrnoException) => {
      const cause = CAUSES[error.code ?? ""] ?? error.message;
      const message = `${formatTarget(redirect.listen)} (endpoint "${redirect.endpoint}"): ${cause}`;
      reject(new WeirError("WEIR_CONFIG_INVALID", message));
    });
    const { reusePort } = this;
    server.listen({ host: address.toString(), port, backlog: BACKLOG, reusePort }, () => {
      if (this.ended) {
        server.close();
        reject(new WeirError("WEIR_CONFIG_INVALID", `${formatTarget(redirect.listen)}: weir stops`));
        return;
      }
      const open = { redirect, listen: boundAddress(server, redirect) };
      this.close(name);
      this.servers.set(name, { server, open });
      resolve(open);
    });
    return promise;
  }

  /** Stops accepting there; connections that were accepted go on. @returns What was open. */
  close(name: string): Redirect | undefined {
    const listener = this.servers.get(name);
    this.servers.delete(name);
    // `close` also waits for the connections; that listening has ended is known at once.
    listener?.server.close();
    return listener?.open.redirect;
  }

  /** What is still being opened is not opened any more. */
  closeAll(): void {
    this.ended = true;
    for (const name of [...this.servers.keys()]) this.close(name);
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
