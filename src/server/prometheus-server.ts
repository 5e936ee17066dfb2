import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { WeirError } from "../lib/error.ts";
import { formatSocketAddress, parseAddress, type SocketAddress } from "../lib/ip/address.ts";
import type { Logger } from "../lib/log.ts";
import type { MetricsApi } from "./agent-api.ts";
import { PacedText } from "./paced-text.ts";

/** A few scrapers, each with a connection or two that it keeps. Further ones are closed at once. */
const CONNECTIONS_MAX = 16;
const HEADER_BYTES_MAX = 8_192;
const REQUEST_MS = 10_000;
/** Longer than the usual pause between two scrapes, so that they need no new connection. */
const KEEP_ALIVE_MS = 75_000;
/** How often connections are looked at that take too long. */
const LOOK_MS = 1_000;
/** Between two collections, whoever asks: they run on the thread that carries the traffic. */
const COLLECT_PACE_MS = 100;

const METRICS_PATH = "/metrics";

export interface PrometheusServerOptions {
  readonly listen: SocketAddress;
  readonly metrics: Pick<MetricsApi, "text" | "contentType">;
  readonly logger: Logger;
}

/**
 * The metrics for Prometheus, which cannot ask a Unix socket: `GET /metrics` on a TCP address and nothing else. Whoever
 * reaches the address can read them, so there is none unless it is configured.
 */
export class PrometheusServer implements AsyncDisposable {
  /** Where it listens, `address:port`. */
  readonly listen: string;
  private readonly server: Server;

  /** Throws WEIR_CONFIG_INVALID where the address cannot be had. */
  static async open(options: PrometheusServerOptions): Promise<PrometheusServer> {
    const { address, port } = options.listen;
    const answerer = new Answerer(options);
    const server = createServer(
      {
        maxHeaderSize: HEADER_BYTES_MAX,
        requestTimeout: REQUEST_MS,
        headersTimeout: REQUEST_MS,
        connectionsCheckingInterval: LOOK_MS,
      },
      (request, response) => answerer.take(request, response),
    );
    server.maxConnections = CONNECTIONS_MAX;
    // Whoever only keeps connections must not keep others out: one that is refused here finds room the next time.
    server.on("drop", () => server.closeIdleConnections());
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Stays: a server that fails later must not end the process.
    server.on("error", (error: NodeJS.ErrnoException) => {
      const where = formatSocketAddress(address, port);
      reject(new WeirError("WEIR_CONFIG_INVALID", `prometheusListen ${where} cannot be had: ${causeOf(error)}`));
    });
    server.listen({ host: address.toString(), port }, resolve);
    await promise;
    return new PrometheusServer(server, options.listen);
  }

  private constructor(server: Server, wanted: SocketAddress) {
    this.server = server;
    const bound = server.address();
    const port = bound === null || typeof bound === "string" ? wanted.port : bound.port;
    const address = bound === null || typeof bound === "string" ? undefined : parseAddress(bound.address);
    this.listen = formatSocketAddress(address ?? wanted.address, port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }
}

/** Answers one request of a connection at a time. */
class Answerer {
  private readonly options: PrometheusServerOptions;
  private readonly metrics: PacedText;
  /** Connections with a request that is not answered. */
  private readonly busy = new WeakSet<Socket>();

  constructor(options: PrometheusServerOptions) {
    this.options = options;
    this.metrics = new PacedText(() => options.metrics.text(), COLLECT_PACE_MS);
  }

  take(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    if (socket.destroyed) return;
    // No scraper sends requests behind each other without reading; thousands of answers would wait in memory.
    if (this.busy.has(socket)) {
      socket.destroy();
      return;
    }
    this.busy.add(socket);
    response.on("close", () => this.busy.delete(socket));
    void this.answer(request, response);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { metrics, logger } = this.options;
    // Nothing is read of a body: the connection ends with the answer then.
    const headers = { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" };
    if (request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined) {
      response.shouldKeepAlive = false;
    }
    if (request.url?.split("?", 1)[0] !== METRICS_PATH) {
      response.writeHead(404, headers).end(`there is only ${METRICS_PATH}\n`);
      return;
    }
    if (request.method !== "GET") {
      response.writeHead(405, { ...headers, allow: "GET" }).end("only GET is answered\n");
      return;
    }
    try {
      const text = await this.metrics.text();
      response.writeHead(200, { ...headers, "content-type": metrics.contentType }).end(text);
    } catch (error) {
      logger.error({ error: error instanceof Error ? error.stack : String(error) }, "the metrics cannot be collected");
      response.writeHead(500, headers).end("the agent failed to answer; its log says why\n");
    }
  }
}

function causeOf(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case "EADDRINUSE":
      return "the address is in use; end the program that has it (`ss -ltnp` shows it), or give another port";
    case "EADDRNOTAVAIL":
      return "no interface of this machine has the address; give one that it has";
    case "EACCES":
      return "not permitted; ports below 1024 need the capability CAP_NET_BIND_SERVICE: give a higher one";
    default:
      return error.message;
  }
}
