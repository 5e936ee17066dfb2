// The process of a built-in host: started by an agent, which tells it through a file descriptor what it must know.
import { spareOldSpace } from "../lib/heap-growth.ts";
import { readBootstrap } from "./read-bootstrap.ts";
import { runHost } from "./run-host.ts";

spareOldSpace();
const bootstrap = await readBootstrap();
await runHost(bootstrap);
