import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { startAgent } from "../../test/support/agent.ts";
import { type Cache, POLICY_PORT } from "./cache.ts";

/** The running agent, as the story needs it. */
export interface Weir extends AsyncDisposable {
  /** Where clients connect to, `address:port`. */
  readonly listen: string;
  readonly configFile: string;
  readonly policyFile: string;
  readonly accessLogFile: string;
}

const POLICY = "policies/memcached-rebels.yaml";

async function example(path: string): Promise<string> {
  return await readFile(new URL(`../${path}`, import.meta.url), "utf8");
}

/**
 * Starts `weir agent` with examples/weir.yaml, in a temporary folder.
 *
 * @param policyFile Default: the policy that goes with it.
 */
export async function startWeir(cache: Cache, policyFile?: string): Promise<Weir> {
  // The kernel chooses the port to listen on, so that the demo runs beside anything; memcached's address is as it came.
  const configuration = (await example("weir.yaml"))
    .replace("127.0.0.1:21211", "127.0.0.1:0")
    .replace("127.0.2.1:11211", `${cache.address}:${cache.port}`)
    .replace("[127.0.2.1]", `[${cache.address}]`);
  const text = policyFile === undefined ? await example(POLICY) : await readFile(policyFile, "utf8");
  const policy = text.replaceAll(`"${POLICY_PORT}"`, `"${cache.port}"`);
  const agent = await startAgent({ configuration, files: { [POLICY]: policy } });
  return {
    listen: agent.listenerOf("memcached"),
    configFile: agent.configFile,
    policyFile: join(agent.folder, POLICY),
    accessLogFile: join(agent.folder, "run/access.log"),
    [Symbol.asyncDispose]: () => agent.stop(),
  };
}
