import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/** A TCP port that was free on the address a moment ago, from the kernel: for programs that cannot tell which one they took. */
export async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
