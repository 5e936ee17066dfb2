import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { memcache } from "../../src/parsers/memcached/parser.ts";
import { ScriptedConnection, type ScriptedRules } from "../../src/proxylib/testing/index.ts";

/** A plain connection that collects what the server says. */
export class DirectConnection {
  private readonly socket: Socket;
  private received = "";
  private closed = false;
  private look: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (bytes) => {
      this.received += bytes.toString("latin1");
      this.look();
    });
    socket.on("close", () => {
      this.closed = true;
      this.look();
    });
  }

  static async open(port: number): Promise<DirectConnection> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new DirectConnection(socket);
  }

  /** Sends bytes (latin1) and gives what comes up to `end` and including it. */
  async ask(bytes: string, end: string): Promise<string> {
    this.received = "";
    this.socket.write(bytes, "latin1");
    await this.until(() => this.received.endsWith(end));
    return this.received;
  }

  private until(condition: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.look = () => {
        if (condition()) resolve();
        else if (this.closed)
          reject(new Error(`memcached closed the connection behind ${JSON.stringify(this.received)}`));
      };
      this.look();
    });
  }

  close(): void {
    this.socket.destroy();
  }
}

/** What came of a stream of bytes that went through the parser to a real memcached. */
export interface Outcome {
  /** All that the client got, as latin1. */
  readonly toClient: string;
  /** Why the engine closed the connection. */
  readonly closeReason: string | undefined;
}

/**
 * Sends pieces through the parser to a real memcached, until the client has got `end` (undefined: until the client's end
 * of the stream has passed), or the connection is closed. Then all that was forwarded has been carried out.
 */
export async function throughParser(
  port: number,
  l7: ScriptedRules,
  pieces: readonly Buffer[],
  end: string | undefined,
): Promise<Outcome> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.setNoDelay(true);
  const connection = new ScriptedConnection(memcache, { l7 });
  let toClient = "";
  const flush = (): void => {
    toClient += connection.takeToClient();
    const toServer = connection.takeToServer();
    if (toServer.length > 0) socket.write(toServer, "latin1");
  };
  const finished = new Promise<void>((resolve) => {
    const look = (): void => {
      const ended = end === undefined ? connection.endSent.original : toClient.endsWith(end);
      if (ended || connection.closeReason !== undefined) resolve();
    };
    socket.on("data", (bytes) => {
      connection.fromServer(bytes);
      flush();
      look();
    });
    socket.on("close", () => resolve());
    for (const piece of pieces) {
      connection.fromClient(piece);
      flush();
    }
    if (end === undefined) connection.fromClient("", true);
    flush();
    look();
  });
  await finished;
  // memcached reads all that it has got before it sees the end: when it closes, everything is done.
  socket.end();
  if (!socket.closed) await once(socket, "close");
  return { toClient, closeReason: connection.closeReason?.message };
}
