import {
  constants,
  createServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { Code, createConnectRouter, createContextValues } from "@connectrpc/connect";
import type { UniversalServerRequest, UniversalServerResponse } from "@connectrpc/connect/protocol";
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from "@connectrpc/connect-node";
import type { HostIdentity } from "../../api/host-identity.ts";
import { reasonOf } from "../../lib/error.ts";
import { listenOnSocket } from "../listen-on-socket.ts";
import { HostCalls } from "./host-calls.ts";
import { addHostServices, CALLER, type HostHandlers } from "./host-services.ts";
import {
  AUTHENTICATE_MS,
  CALL_WINDOW_BYTES,
  CONNECTION_WINDOW_BYTES,
  CONNECTIONS_MAX,
  HEADERS_BYTES_MAX,
  PING_MS,
  SESSION_MEMORY_MB_MAX,
  STREAMS_MAX,
  TOKEN_LENGTH_MAX,
} from "./limits.ts";
import { type GuardTimes, SessionGuard } from "./session-guard.ts";

export interface HostsServerOptions extends HostHandlers {
  readonly socketPath: string;
  /** Whose token this is, found in constant time; undefined: nobody's. */
  readonly authenticate: (token: string) => HostIdentity | undefined;
  readonly times?: GuardTimes;
}

const BEARER = "Bearer ";
/** Refused calls are told of so often at most. */
const REFUSAL_LOG_MS = 10_000;

/**
 * The agent's side of xds.sock: gRPC for hosts, on a Unix socket. Whoever shows no token of a host is told so, whatever
 * he calls, and nothing of what he sends is read.
 */
export class HostsServer {
  private readonly options: HostsServerOptions;
  private readonly server: Http2Server;
  /** Path → what serves it. */
  private readonly handlers: ReadonlyMap<string, (request: UniversalServerRequest) => Promise<UniversalServerResponse>>;
  /** Calls that were refused and not told yet. */
  private refused = 0;
  private tellAfter = 0;
  private readonly guards = new Map<ServerHttp2Session, SessionGuard>();

  private constructor(options: HostsServerOptions) {
    this.options = options;
    const router = createConnectRouter({ grpc: true, grpcWeb: false, connect: false, acceptCompression: [] });
    addHostServices(router, options, new HostCalls(options.logger));
    this.handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
    this.server = createServer(
      {
        maxSessionMemory: SESSION_MEMORY_MB_MAX,
        settings: {
          maxConcurrentStreams: STREAMS_MAX,
          maxHeaderListSize: HEADERS_BYTES_MAX,
          initialWindowSize: CALL_WINDOW_BYTES,
        },
      },
      (request, response) => void this.receive(request, response),
    );
    this.server.maxConnections = CONNECTIONS_MAX;
    this.server.on("session", (session) => this.guard(session));
  }

  /** Throws WEIR_CONFIG_INVALID where the socket cannot be opened. */
  static async open(options: HostsServerOptions): Promise<HostsServer> {
    const hosts = new HostsServer(options);
    await listenOnSocket({ listen: ({ path }) => hosts.listen(path) }, options.socketPath);
    return hosts;
  }

  /** Ends all connections, and removes the socket. Hosts go on, and attach again to whoever listens there next. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const session of this.guards.keys()) session.destroy();
    await closed;
  }

  private listen(path: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.server.once("error", reject);
    this.server.listen(path, () => {
      this.server.off("error", reject);
      // One connection could not be accepted: the next one can.
      this.server.on("error", (error) => this.options.logger.error({ reason: reasonOf(error) }, "xds.sock has failed"));
      resolve();
    });
    return promise;
  }

  private guard(session: ServerHttp2Session): void {
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    const { times = { authenticateMs: AUTHENTICATE_MS, pingMs: PING_MS } } = this.options;
    this.guards.set(session, new SessionGuard(session, times));
    session.on("close", () => this.guards.delete(session));
    // Whoever does not speak HTTP/2, or breaks off: the connection ends, and that is all.
    session.on("error", () => {});
  }

  private async receive(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
    const { stream } = request;
    const session = stream.session as ServerHttp2Session | undefined;
    const host = this.identify(request.headers.authorization);
    if (host === undefined || session === undefined) {
      this.tellRefusal();
      refuse(stream);
      return;
    }
    this.guards.get(session)?.authenticated();
    const handler = this.handlers.get(request.url);
    if (handler === undefined) {
      respondOnly(stream, Code.Unimplemented, "there is no such call");
      return;
    }
    // A host that was answered to the end may go on to send: nothing of that is read. Trailers leave first.
    stream.on("wantTrailers", () => setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR)));
    const values = createContextValues().set(CALLER, { host, session });
    try {
      const answer = await handler(universalRequestFromNodeRequest(request, response, undefined, values));
      await universalResponseToNodeResponse(answer, response);
    } catch (error) {
      // The host is gone. What it did wrong is told where its messages are read.
      this.options.logger.debug({ host: host.index, reason: reasonOf(error) }, "a call of a host broke off");
    }
  }

  private identify(authorization: string | undefined): HostIdentity | undefined {
    if (authorization?.startsWith(BEARER) !== true || authorization.length > BEARER.length + TOKEN_LENGTH_MAX) {
      return undefined;
    }
    return this.options.authenticate(authorization.slice(BEARER.length));
  }

  /** Somebody who tries again and again must not fill the log. */
  private tellRefusal(): void {
    this.refused += 1;
    const now = performance.now();
    if (now < this.tellAfter) return;
    this.tellAfter = now + REFUSAL_LOG_MS;
    this.options.logger.warn({ count: this.refused }, "refused calls that showed no token of a host");
    this.refused = 0;
  }
}

/** Says that the call is refused, and ends the connection. */
function refuse(stream: ServerHttp2Stream): void {
  const { session } = stream;
  respondOnly(stream, Code.Unauthenticated, "the token of a host is needed");
  session?.close();
}

/** An answer of gRPC that has nothing but a status. */
function respondOnly(stream: ServerHttp2Stream, code: Code, message: string): void {
  stream.on("error", () => {});
  const status = { "grpc-status": String(code), "grpc-message": message };
  stream.respond({ ":status": 200, "content-type": "application/grpc", ...status }, { endStream: true });
  // Nothing of what is still sent is read.
  stream.close(constants.NGHTTP2_NO_ERROR);
}
