import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { AccessLogRecord } from "../../src/api/access-log-record.ts";
import type { MonitorItem } from "../../src/api/monitor-event.ts";
import type { StatusReport } from "../../src/api/rest.ts";
import { type Finished, type RunningProcess, runProcess, startProcess } from "./child-process.ts";
import { repositoryRoot } from "./repository.ts";

/** A real `weir agent` in a folder of its own, ready. */
export interface RunningAgent extends AsyncDisposable {
  readonly folder: string;
  /** Path of weir.yaml. */
  readonly configFile: string;
  readonly process: RunningProcess;
  /** Its status when it was ready. */
  readonly status: StatusReport;
  /** Runs the weir command against this agent. */
  weir(...parameters: string[]): Promise<Finished>;
  /** Where the redirect of an endpoint listens, `address:port`. */
  listenerOf(endpoint: string): string;
  /** Records that the access log has now. */
  accessLog(): Promise<AccessLogRecord[]>;
  stop(): Promise<void>;
}

export interface AgentOptions {
  /** Text of weir.yaml. */
  readonly configuration: string;
  /** Further files: path below the folder → text. */
  readonly files?: Readonly<Record<string, string>>;
  /** What runs the agent, put before it, and whom its files belong to. Default: as the tests are run. */
  readonly way?: { readonly command: readonly string[]; readonly owner: number | undefined };
}

// What bin/weir.mjs starts, without the launcher between: signals, SIGKILL included, reach the program itself.
const WEIR = ["--conditions=weir-source", join(repositoryRoot, "src/cli/main.ts")];

/** Runs the `weir` command of this checkout. */
export async function weir(...parameters: string[]): Promise<Finished> {
  return await runProcess(process.execPath, [...WEIR, ...parameters]);
}

/**
 * A configuration that does not say how many hosts it wants gets so many. `WEIR_TEST_HOSTS=2 npm test` has all agents of the
 * tests run with hosts; by default most have none, because three processes take three times as long to start.
 */
const HOSTS_OF_TESTS: string = process.env["WEIR_TEST_HOSTS"] ?? "0";

/** Writes a configuration into a new folder. */
export async function writeConfiguration(options: AgentOptions): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "weir-agent-"));
  // Extensions run as a user of their own, who has to find their files.
  await chmod(folder, 0o755);
  const { configuration } = options;
  const asksForHosts = /^hosts:/m.test(configuration);
  const text = asksForHosts ? configuration : `${configuration}\nhosts: ${HOSTS_OF_TESTS}\n`;
  for (const [path, content] of Object.entries({ ...options.files, "weir.yaml": text })) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

/** Starts an agent and waits until it is ready. Fails with what it said if it does not become so. */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const folder = await writeConfiguration(options);
  const configFile = join(folder, "weir.yaml");
  const { command = [], owner } = options.way ?? {};
  // That of the tests belongs to whoever runs them.
  const environment: Record<string, string> = owner === undefined ? {} : { TMPDIR: folder };
  if (owner !== undefined) await chown(folder, owner, owner);
  const [program = "", ...parameters] = [...command, process.execPath, ...WEIR, "agent", "--config", configFile];
  const agent = await startProcess(program, parameters, { cwd: folder, environment });
  const run = (...parameters: string[]): Promise<Finished> => weir(...parameters, "--config", configFile);
  const stop = async (): Promise<void> => {
    try {
      await agent.stop();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
  try {
    const ended = agent.ended.then(() => undefined);
    const ready = await Promise.race([run("status", "--wait", "-o", "json"), ended]);
    if (ready === undefined || ready.code !== 0) {
      throw new Error(`the agent is not ready: ${ready?.stderr ?? "it ended"}\n${agent.output()}`);
    }
    const status = JSON.parse(ready.stdout) as StatusReport;
    const listeners = status.dataPlanes.flatMap((plane) => plane.listeners);
    return {
      folder,
      configFile,
      process: agent,
      status,
      weir: run,
      listenerOf(endpoint) {
        const listener = listeners.find((candidate) => candidate.endpoint === endpoint);
        if (listener === undefined) throw new Error(`no listener stands in front of ${endpoint}`);
        return listener.listen;
      },
      async accessLog() {
        const text = await readFile(join(folder, "run/access.log"), "utf8");
        const items = text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as MonitorItem]));
        // What becomes of processes is told between the records.
        return items.filter((item): item is AccessLogRecord => "source" in item);
      },
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
