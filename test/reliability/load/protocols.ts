import { framedLoad } from "./framed.ts";
import { memcachedLoad } from "./memcached.ts";
import type { LoadProtocol, ProtocolName } from "./protocol.ts";

export const PROTOCOLS: Readonly<Record<ProtocolName, LoadProtocol>> = { memcached: memcachedLoad, framed: framedLoad };
