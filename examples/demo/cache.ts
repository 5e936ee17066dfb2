import { once } from "node:events";
import { ensureMemcached } from "../../scripts/ensure-memcached.ts";
import { runProcess } from "../../test/support/child-process.ts";
import { startMemcached } from "../../test/support/memcached.ts";
import { note } from "./screen.ts";
import { createTinyMemcached } from "./tiny-memcached.ts";

/** The port in the policy. */
export const POLICY_PORT = 11_211;
/** The address of examples/weir.yaml, then others, should the port be taken there. */
const ADDRESSES = ["127.0.2.1", "127.0.2.2", "127.0.2.3", "127.0.2.4"];

/** What the Rebels keep their positions in. */
export interface Cache extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  readonly real: boolean;
  readonly description: string;
}

/** Calls `start` with one address after the other, on the policy's port, then on any. */
async function onFreeAddress<T>(start: (address: string, port: number | undefined) => Promise<T>): Promise<T> {
  for (const address of ADDRESSES) {
    try {
      return await start(address, POLICY_PORT);
    } catch (error) {
      if (!/in use|EADDRINUSE/i.test(String(error))) throw error;
    }
  }
  return await start(ADDRESSES[0] as string, undefined);
}

async function startReal(program: string): Promise<Cache> {
  const version = (await runProcess(program, ["-V"])).stdout.trim();
  const memcached = await onFreeAddress((address, port) =>
    startMemcached({ address, ...(port === undefined ? {} : { port }) }),
  );
  const { address, port } = memcached;
  const description = `${version}, a real one, on ${address}:${port}`;
  return { address, port, real: true, description, [Symbol.asyncDispose]: () => memcached.stop() };
}

async function startTiny(): Promise<Cache> {
  return await onFreeAddress(async (address, port = 0) => {
    const server = createTinyMemcached().listen(port, address);
    await once(server, "listening");
    const bound = server.address();
    if (bound === null || typeof bound === "string") throw new Error("a TCP server has an address");
    return {
      address,
      port: bound.port,
      real: false,
      description: `no real memcached: a small one inside the demo stands in for it, on ${address}:${bound.port}`,
      [Symbol.asyncDispose]: async () => void server.close(),
    };
  });
}

/** A real memcached, installed first if need be and possible; else (or on request) the small one. */
export async function startCache(tiny: boolean): Promise<Cache> {
  const program = tiny ? undefined : ensureMemcached(note);
  return program === undefined ? await startTiny() : await startReal(program);
}
