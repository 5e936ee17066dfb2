import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ClientResult } from "./client.ts";
import type { Attempt } from "./story.ts";

const CLIENT = fileURLToPath(new URL("client.ts", import.meta.url));
const PRELOAD = new URL("../../test/support/source-address.ts", import.meta.url).href;

/** A running workload: a process whose connections come from its address. */
export class Workload implements AsyncDisposable {
  private readonly child: ChildProcess;

  /** @param server What the workload believes to be its memcached: `address:port`. */
  constructor(address: string, server: string) {
    this.child = fork(CLIENT, [server], {
      execArgv: [...process.execArgv, "--import", PRELOAD],
      env: { ...process.env, WEIR_SOURCE_ADDRESS: address },
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
  }

  async attempt(attempt: Attempt): Promise<ClientResult> {
    const answer = new Promise<ClientResult>((resolve, reject) => {
      this.child.once("message", resolve);
      this.child.once("exit", () => reject(new Error("the client process ended")));
    });
    this.child.send(attempt);
    return await answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, "exit");
    this.child.disconnect();
    await exit;
  }
}
