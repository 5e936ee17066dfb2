import cassandra from "cassandra-driver";
import { parseSocketAddress } from "../../src/lib/ip/address.ts";

const TIMEOUT_MS = 10_000;

/** An ordinary client of npm's cassandra-driver, which knows nothing of weir. @param server `address:port` */
export function createDriver(server: string): cassandra.Client {
  const parsed = parseSocketAddress(server);
  if (parsed === undefined) throw new Error(`${server} is no address with a port`);
  return new cassandra.Client({
    contactPoints: [parsed.address.toString()],
    localDataCenter: "datacenter1",
    protocolOptions: { port: parsed.port },
    pooling: { coreConnectionsPerHost: { [cassandra.types.distance.local]: 1 } },
    socketOptions: { connectTimeout: TIMEOUT_MS, readTimeout: TIMEOUT_MS },
  });
}

/** What an error of the driver is about; where no server could be had, that of the first one. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { innerErrors = {} } = error as Error & { readonly innerErrors?: Readonly<Record<string, unknown>> };
  const [first] = Object.values(innerErrors);
  return first instanceof Error ? first.message : error.message;
}
