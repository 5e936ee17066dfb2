import { isIP, Socket, type TcpNetConnectOpts } from "node:net";

type Connect = (this: Socket, ...parameters: unknown[]) => Socket;

/** Adds the local address to TCP connection options that have none. */
function withLocalAddress(options: unknown, address: string): unknown {
  if (typeof options !== "object" || options === null || "path" in options || !("port" in options)) return options;
  const { host, localAddress } = options as TcpNetConnectOpts;
  const sameFamily = host === undefined || isIP(host) === 0 || isIP(host) === isIP(address);
  return localAddress === undefined && sameFamily
    ? { ...options, localAddress: address, family: isIP(address) }
    : options;
}

/**
 * From now on, sockets of this process that connect by TCP do so from the address that `choose` gives; undefined leaves
 * the choice to the kernel.
 *
 * @returns Ends it.
 */
export function connectFrom(choose: () => string | undefined): () => void {
  const original = Socket.prototype.connect;
  const connect: Connect = function (...parameters) {
    const address = choose();
    if (address === undefined) return (original as Connect).apply(this, parameters);
    let [first, ...rest] = parameters;
    if (typeof first === "number" || (typeof first === "string" && /^\d+$/.test(first))) {
      // connect(port, [host], [listener])
      const host = typeof rest[0] === "string" ? (rest.shift() as string) : undefined;
      first = host === undefined ? { port: Number(first) } : { port: Number(first), host };
    }
    if (Array.isArray(first)) {
      // net.connect() hands its options on in a marked array: [options, listener].
      first[0] = withLocalAddress(first[0], address);
    } else {
      first = withLocalAddress(first, address);
    }
    return (original as Connect).call(this, first, ...rest);
  };
  Socket.prototype.connect = connect as Socket["connect"];
  return () => {
    Socket.prototype.connect = original;
  };
}
