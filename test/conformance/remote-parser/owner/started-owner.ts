import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Duplex, Writable } from "node:stream";
import type { StartOwner } from "./owner-process.ts";

const STREAM_FD = 3;

/** An owner in a process of its own: its configuration comes by standard input, its streams begin at file descriptor 3. */
export function startedOwner(command: readonly string[]): StartOwner {
  const [program = "", ...args] = command;
  return (configuration) => {
    const pipes = Array.from({ length: configuration.hosts }, () => "pipe" as const);
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit", ...pipes] });
    const input = child.stdin as Writable;
    // It may end at any moment.
    input.on("error", () => undefined);
    const tell = (line: unknown): void => void input.write(`${JSON.stringify(line)}\n`);
    tell(configuration);
    const { promise: port, resolve, reject } = Promise.withResolvers<number>();
    port.catch(() => undefined);
    child.once("error", reject);
    child.once("exit", (code, signal) => reject(new Error(`the owner ended with ${signal ?? code}`)));
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    lines.once("line", (line) => {
      try {
        resolve(portIn(line));
      } catch (error) {
        reject(error);
      }
    });
    return {
      streams: child.stdio.slice(STREAM_FD) as unknown as readonly Duplex[],
      port,
      change: tell,
      async dispose() {
        lines.close();
        for (const stream of child.stdio) (stream as Duplex | null)?.destroy();
        if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
        const exit = once(child, "exit");
        child.kill("SIGKILL");
        await exit;
      },
    };
  };
}

function portIn(line: string): number {
  const { port } = JSON.parse(line) as { readonly port?: unknown };
  if (typeof port !== "number" || !Number.isInteger(port)) throw new Error(`the owner says ${line}, and no port`);
  return port;
}
