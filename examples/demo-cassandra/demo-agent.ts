import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { startAgent } from "../../test/support/agent.ts";
import type { Weir } from "../demo/demo-agent.ts";
import type { Headquarters } from "./server.ts";

const POLICY = "policies/cassandra-empire.yaml";
/** In the policy, and in the configuration. */
const POLICY_PORT = "9042";

async function example(path: string): Promise<string> {
  return await readFile(new URL(`../${path}`, import.meta.url), "utf8");
}

/**
 * Starts `weir agent` with examples/weir-cassandra.yaml, in a temporary folder.
 *
 * @param policyFile Default: the policy that goes with it.
 */
export async function startWeir(server: Headquarters, policyFile?: string): Promise<Weir> {
  // The kernel chooses all ports, so that the demo runs beside anything.
  const configuration = (await example("weir-cassandra.yaml"))
    .replace("127.0.0.1:29042", "127.0.0.1:0")
    .replace(`${server.address}:${POLICY_PORT}`, `${server.address}:${server.port}`);
  const text = policyFile === undefined ? await example(POLICY) : await readFile(policyFile, "utf8");
  const policy = text.replaceAll(`"${POLICY_PORT}"`, `"${server.port}"`);
  const agent = await startAgent({ configuration, files: { [POLICY]: policy, "run/.keep": "" } });
  return {
    listen: agent.listenerOf("cass-server"),
    configFile: agent.configFile,
    policyFile: join(agent.folder, POLICY),
    accessLogFile: join(agent.folder, "run/cassandra/access.log"),
    [Symbol.asyncDispose]: () => agent.stop(),
  };
}
