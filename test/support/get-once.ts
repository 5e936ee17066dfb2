// Sends one `get` by a client library of one's choice: `get-once.ts LIBRARY ADDRESS:PORT`. Any answer will do.
import { createRequire } from "node:module";
import { MemcacheClient } from "memcache-client";

type Get = (key: string, done: () => void) => void;

const require = createRequire(import.meta.url);
const end = (): never => process.exit(0);

const LIBRARIES: Readonly<Record<string, (server: string) => void>> = {
  memcached(server) {
    const Memcached = require("memcached") as new (server: string, options: object) => { get: Get };
    new Memcached(server, { retries: 0 }).get("a", end);
  },
  memjs(server) {
    const { Client } = require("memjs") as { Client: { create(server: string, options: object): { get: Get } } };
    Client.create(server, { retries: 0 }).get("a", end);
  },
  "memcache-client"(server) {
    void new MemcacheClient({ server }).get("a").finally(end);
  },
};

const [library = "", server = ""] = process.argv.slice(2);
LIBRARIES[library]?.(server);
