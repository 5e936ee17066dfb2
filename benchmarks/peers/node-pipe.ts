// The simplest correct TCP proxy on node:net: back-pressure and half-close, no policy, no log. What weir adds to the cost
// of doing the job in Node at all is measured against it.
//   node node-pipe.ts LISTEN-HOST:PORT UPSTREAM-HOST:PORT
import { connect, createServer, type Socket } from "node:net";

const [listen, upstream] = process.argv.slice(2).map((text) => {
  const [host, port] = text.split(":");
  return { host: host as string, port: Number(port) };
});
if (listen === undefined || upstream === undefined) throw new Error("usage: node-pipe.ts LISTEN UPSTREAM");

function forward(from: Socket, to: Socket): void {
  from.on("data", (chunk) => {
    if (!to.write(chunk)) from.pause();
  });
  to.on("drain", () => from.resume());
  from.on("end", () => to.end());
  from.on("error", () => to.destroy());
  from.on("close", () => to.destroySoon());
}

createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
  const server = connect({ ...upstream, noDelay: true, allowHalfOpen: true });
  forward(client, server);
  forward(server, client);
}).listen(listen.port, listen.host);
