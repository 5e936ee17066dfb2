import { readFile } from "node:fs/promises";
import { WeirError } from "../lib/error.ts";

/** Where a command writes and reads; handed in, so that tests see it. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** A file's text, or standard input for `-`. Throws WEIR_FILE_UNREADABLE where it cannot be read. */
  read(file: string): Promise<string>;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** From now on Ctrl-C aborts this signal instead of ending the process. */
  interruption(): AbortSignal;
}

export function processTerminal(): Terminal {
  // `weir monitor | head`: whoever reads has enough, which is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    read: readText,
    cwd: process.cwd(),
    env: process.env,
    interruption,
  };
}

function interruption(): AbortSignal {
  const interrupt = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupt.abort());
  return interrupt.signal;
}

async function readText(file: string): Promise<string> {
  try {
    return file === "-" ? await readStandardInput() : await readFile(file, "utf8");
  } catch (error) {
    throw new WeirError("WEIR_FILE_UNREADABLE", `cannot read ${file}: ${(error as Error).message}`, { cause: error });
  }
}

async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
