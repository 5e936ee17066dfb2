import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { SOCKET_NAME } from "../api/rest.ts";
import { WeirError } from "../lib/error.ts";

const STATE_DIR = "./run";

export interface SocketOptions {
  readonly socket?: string;
  readonly config?: string;
}

/**
 * Where the agent listens: `--socket`, else in the state directory of `--config`, else `$WEIR_SOCK`, else in the state
 * directory of `./weir.yaml`, else `./run/weir.sock`.
 */
export function findSocket(
  options: SocketOptions,
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): string {
  if (options.socket !== undefined) return resolve(cwd, options.socket);
  if (options.config !== undefined) return ofConfig(resolve(cwd, options.config));
  const fromEnvironment = env["WEIR_SOCK"];
  if (fromEnvironment !== undefined && fromEnvironment !== "") return resolve(cwd, fromEnvironment);
  const here = resolve(cwd, "weir.yaml");
  return existsSync(here) ? ofConfig(here) : resolve(cwd, STATE_DIR, SOCKET_NAME);
}

/** Only `stateDir` is read: the rest is the agent's to judge. */
function ofConfig(file: string): string {
  let stateDir: unknown;
  try {
    stateDir = (parse(readFileSync(file, "utf8")) as { stateDir?: unknown } | null)?.stateDir;
  } catch (error) {
    const reason = (error as Error).message;
    throw new WeirError("WEIR_CONFIG_INVALID", `cannot find the agent by ${file}: ${reason}`, { cause: error });
  }
  return join(resolve(dirname(file), typeof stateDir === "string" ? stateDir : STATE_DIR), SOCKET_NAME);
}
