import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import type { HostStream } from "./host-under-test.ts";

const STREAM_FD = 3;

/** A host in a process of its own: the stream is its file descriptor 3. */
export function startedHost(command: readonly string[]): HostStream {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit", "pipe"] });
  const stream = child.stdio[STREAM_FD] as Duplex;
  // A host that ends the stream while the owner still writes is what some checks want.
  stream.on("error", () => undefined);
  const failed = new Promise<never>((_, reject) => child.once("error", reject));
  failed.catch(() => undefined);
  const chunks = incomingOf(stream);
  return {
    write: (bytes) => {
      if (stream.writable) stream.write(bytes);
    },
    end: () => void stream.end(),
    incoming: { next: () => Promise.race([chunks.next(), failed]) },
    dispose: () => ended(child, stream),
  };
}

async function* incomingOf(stream: Duplex): AsyncGenerator<Buffer, undefined> {
  try {
    // Not the stream's own iterator, which destroys it where a reader stops.
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) yield chunk as Buffer;
  } catch {
    // Broken off by the host: the stream has ended.
  }
  return undefined;
}

async function ended(child: ChildProcess, stream: Duplex): Promise<void> {
  stream.destroy();
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}
