import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { HostSupervisor } from "../../src/agent/hosts/host-supervisor.ts";
import type { HostSelfReport } from "../../src/api/host-report.ts";
import type { HostAttachment } from "../../src/server/xds/host-channel.ts";

/** Where the hosts of `fake-host.ts` attach: one line of JSON from them for each report, a line to them to drain. */
export class AttachServer {
  /** Tokens that were shown, the refused ones included. */
  readonly tokens: string[] = [];
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(supervisor: HostSupervisor) {
    this.server = createServer((socket) => this.accept(socket, supervisor));
  }

  static async open(stateDir: string, supervisor: HostSupervisor): Promise<AttachServer> {
    const opened = new AttachServer(supervisor);
    await new Promise<void>((resolve) => opened.server.listen(join(stateDir, "attach.sock"), resolve));
    return opened;
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private accept(socket: Socket, supervisor: HostSupervisor): void {
    this.sockets.add(socket);
    let attachment: HostAttachment | undefined;
    const lines = createInterface({ input: socket });
    lines.on("error", () => {});
    lines.on("line", (line) => {
      const { token, report } = JSON.parse(line) as { readonly token?: string; readonly report?: HostSelfReport };
      if (token !== undefined) {
        this.tokens.push(token);
        const host = supervisor.authenticate(token);
        const drain = (): void => void socket.write("drain\n");
        attachment = host && supervisor.attach(host.instance, { drain, close: () => socket.destroy() });
        if (attachment === undefined) socket.end("refused\n");
      }
      if (report !== undefined) attachment?.report(report);
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.sockets.delete(socket);
      attachment?.detached();
    });
  }
}
