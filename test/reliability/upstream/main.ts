// A server that checks: it knows every byte that it may get, and writes down which requests have come.
// SIGTERM: it answers what has come whole, closes its connections, and ends.
import { createServer, type Socket } from "node:net";
import { Bodies } from "../load/bodies.ts";
import { ArrivalsWriter } from "./arrivals.ts";
import type { UpstreamBegin, UpstreamListening } from "./messages.ts";
import { UpstreamConnection } from "./upstream-connection.ts";

function serve({ load, host, port, arrivals: path, problems }: UpstreamBegin): void {
  const bodies = new Bodies(load.shape.seed);
  const arrivals = new ArrivalsWriter(path, problems);
  const connections = new Map<Socket, UpstreamConnection>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connections.set(socket, new UpstreamConnection(load, bodies, arrivals, socket));
    socket.once("close", () => connections.delete(socket));
  });
  server.listen(port, host, () => {
    const address = server.address();
    const listening: UpstreamListening = { port: typeof address === "object" ? (address?.port ?? 0) : 0 };
    process.send?.(listening);
  });
  process.once("SIGTERM", () => {
    server.close(() => process.exit());
    for (const connection of connections.values()) connection.close();
    // Whoever does not close in return is left.
    setTimeout(() => process.exit(), 1_000).unref();
  });
}

process.once("message", (begin: UpstreamBegin) => serve(begin));
process.once("disconnect", () => process.exit());
