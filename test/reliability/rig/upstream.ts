import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Load } from "../load/protocol.ts";
import { type Arrived, readArrivals } from "../upstream/arrivals.ts";
import type { UpstreamBegin, UpstreamListening, UpstreamProblem } from "../upstream/messages.ts";
import { within } from "./until.ts";
import { Worker } from "./worker.ts";

const MAIN = fileURLToPath(new URL("../upstream/main.ts", import.meta.url));

/** The server behind weir. It can be killed and started again on the same port. */
export interface Upstream {
  readonly load: Load;
  readonly port: number;
  readonly pid: number;
  start(): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  ended(): Promise<void>;
  stop(): Promise<void>;
  /** What has arrived by now. undefined: the server does not look. */
  arrivals(): ((connection: number) => Arrived) | undefined;
  problems(): readonly UpstreamProblem[];
}

/** A server that looks at every byte, and remembers what has arrived whatever becomes of its process. */
export class CheckingUpstream implements Upstream {
  readonly load: Load;
  readonly host: string;
  private readonly files: { readonly arrivals: string; readonly problems: string; readonly log: string };
  private worker: Worker | undefined;
  private listening = 0;

  constructor(load: Load, host: string, folder: string) {
    this.load = load;
    this.host = host;
    const file = (name: string): string => join(folder, `${load.protocol}-${name}`);
    this.files = { arrivals: file("arrivals"), problems: file("problems"), log: file("upstream.log") };
    writeFileSync(this.files.arrivals, "");
  }

  get port(): number {
    return this.listening;
  }

  get pid(): number {
    return this.worker?.pid ?? 0;
  }

  async start(): Promise<void> {
    const worker = new Worker(MAIN, this.files.log);
    this.worker = worker;
    const { load, host, listening: port, files } = this;
    const begin: UpstreamBegin = { load, host, port, arrivals: files.arrivals, problems: files.problems };
    worker.send(begin);
    const told = once(worker.process, "message") as Promise<[UpstreamListening]>;
    const failed = worker.ended.then(() => Promise.reject(new Error(`the upstream ended: ${this.log()}`)));
    failed.catch(() => {});
    const [{ port: bound }] = await within("the upstream to listen", Promise.race([told, failed]));
    this.listening = bound;
  }

  kill(signal: NodeJS.Signals): void {
    this.worker?.kill(signal);
  }

  async ended(): Promise<void> {
    await this.worker?.ended;
  }

  async stop(): Promise<void> {
    await this.worker?.stop();
  }

  arrivals(): (connection: number) => Arrived {
    return readArrivals(this.files.arrivals);
  }

  problems(): readonly UpstreamProblem[] {
    if (!existsSync(this.files.problems)) return [];
    const lines = readFileSync(this.files.problems, "utf8").split("\n");
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as UpstreamProblem);
  }

  log(): string {
    return existsSync(this.files.log) ? readFileSync(this.files.log, "utf8") : "";
  }
}
