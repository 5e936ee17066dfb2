// The process of a built-in host: started by an agent, which tells it through a file descriptor what it must know.
import { readBootstrap } from "./read-bootstrap.ts";
import { runHost } from "./run-host.ts";

const bootstrap = await readBootstrap();
await runHost(bootstrap);
