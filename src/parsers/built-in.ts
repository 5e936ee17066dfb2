import type { Extension } from "../proxylib/parser.ts";
import { cassandra } from "./cassandra/parser.ts";
import { memcache } from "./memcached/parser.ts";
import { r2d2 } from "./r2d2/parser.ts";

/** The extensions that ship with weir. What their connections share belongs to what is returned. */
export function builtInExtensions(): readonly Extension[] {
  return [cassandra(), memcache, r2d2];
}
