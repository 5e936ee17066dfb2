import { watch } from "node:fs";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { findMemcached } from "../../scripts/ensure-memcached.ts";
import { type RunningProcess, startProcess } from "./child-process.ts";

/** A real memcached, listening. */
export interface Memcached extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  readonly process: RunningProcess;
  stop(): Promise<void>;
}

export interface MemcachedOptions {
  /** Default: 127.0.0.1. */
  readonly address?: string;
  /** Default: one that the kernel chooses. */
  readonly port?: number;
  /** Further command line options. */
  readonly options?: readonly string[];
}

/** The port that memcached writes into its file as soon as it listens; fails if it ends before. */
async function listeningPort(folder: string, memcached: RunningProcess): Promise<number> {
  const file = join(folder, "port");
  return await new Promise<number>((resolve, reject) => {
    const watcher = watch(folder, () => void look());
    const look = async (): Promise<void> => {
      // It is written under another name and renamed: once it is there, it is whole.
      const port = /TCP INET6?: (\d+)/.exec(await readFile(file, "utf8").catch(() => ""))?.[1];
      if (port === undefined) return;
      watcher.close();
      resolve(Number(port));
    };
    void memcached.ended.then(() => {
      watcher.close();
      reject(new Error(`memcached did not start: ${memcached.output().trim()}`));
    });
    void look();
  });
}

/** Starts a real memcached and waits until it listens. Fails if none is installed, or the given port is taken. */
export async function startMemcached(options: MemcachedOptions = {}): Promise<Memcached> {
  const program = findMemcached();
  if (program === undefined) throw new Error("memcached is not installed");
  const address = options.address ?? "127.0.0.1";
  const folder = await mkdtemp(join(tmpdir(), "weir-memcached-"));
  try {
    // memcached has given up root when it writes the port's file.
    await chmod(folder, 0o777);
    const memcached = await startProcess(
      program,
      [
        ...(process.getuid?.() === 0 ? ["-u", "nobody"] : []),
        ...["-l", address, "-p", String(options.port ?? -1), "-U", "0", "-t", "1", "-m", "64"],
        ...(options.options ?? []),
      ],
      { environment: { MEMCACHED_PORT_FILENAME: join(folder, "port") } },
    );
    const port = await listeningPort(folder, memcached);
    // It would take up to a second to notice SIGTERM, and has nothing to save.
    const stop = async (): Promise<void> => {
      memcached.kill("SIGKILL");
      await memcached.ended;
    };
    return { address, port, process: memcached, stop, [Symbol.asyncDispose]: stop };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * A real memcached for the length of one test. Where none is installed the test is skipped (the caller returns on
 * `undefined`); with CI=true it fails.
 */
export async function memcachedOrSkip(t: TestContext, options: MemcachedOptions = {}): Promise<Memcached | undefined> {
  if (findMemcached() === undefined && process.env["CI"] !== "true") {
    t.skip("needs a real memcached, which is not installed");
    return undefined;
  }
  const memcached = await startMemcached(options);
  t.after(() => memcached.stop());
  return memcached;
}
