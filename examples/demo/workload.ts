import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const PRELOAD = new URL("../../test/support/source-address.ts", import.meta.url).href;

/** A running workload: a process whose connections come from its address. It answers each attempt with a result. */
export class Workload<Attempt extends object, Result> implements AsyncDisposable {
  private readonly child: ChildProcess;

  /** @param client The program's file. @param server What the workload believes to be its server: `address:port`. */
  constructor(client: URL, address: string, server: string) {
    this.child = fork(fileURLToPath(client), [server], {
      execArgv: [...process.execArgv, "--import", PRELOAD],
      env: { ...process.env, WEIR_SOURCE_ADDRESS: address },
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
  }

  async attempt(attempt: Attempt): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const failed = (): void => reject(new Error("the client process ended"));
    this.child.once("message", resolve).once("exit", failed);
    this.child.send(attempt);
    return await promise.finally(() => this.child.off("exit", failed));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, "exit");
    this.child.disconnect();
    await exit;
  }
}
