import { type Memcached, startMemcached } from "../../support/memcached.ts";
import type { Load } from "../load/protocol.ts";
import type { Upstream } from "./upstream.ts";

/** The real server. It cannot say what has arrived; that it gives back every byte is seen by the clients. */
export class RealMemcached implements Upstream {
  readonly load: Load;
  private readonly host: string;
  private server: Memcached | undefined;

  constructor(load: Load, host: string) {
    this.load = load;
    this.host = host;
  }

  get port(): number {
    return this.server?.port ?? 0;
  }

  get pid(): number {
    return this.server?.process.pid ?? 0;
  }

  async start(): Promise<void> {
    // Room for the largest value, and for everything that is asked again soon.
    const options = ["-m", "512", "-I", "2m"];
    const port = this.server === undefined ? {} : { port: this.server.port };
    this.server = await startMemcached({ address: this.host, options, ...port });
  }

  kill(signal: NodeJS.Signals): void {
    this.server?.process.kill(signal);
  }

  async ended(): Promise<void> {
    await this.server?.process.ended;
  }

  async stop(): Promise<void> {
    await this.server?.stop();
  }

  arrivals(): undefined {
    return undefined;
  }

  problems(): readonly [] {
    return [];
  }
}
