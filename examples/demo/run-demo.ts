import { failure, print } from "./screen.ts";

/** Aborts on Ctrl-C and the like, so that everything that was started is ended in order; the second one is not waited for. */
function wishToEnd(): AbortSignal {
  const wish = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => wish.abort());
  return wish.signal;
}

/** Settles when the user wants to end. */
export async function untilEnd(end: AbortSignal): Promise<void> {
  if (!end.aborted) await new Promise((resolve) => end.addEventListener("abort", resolve));
}

/** Runs a demo, which gives the exit code of the process: 0 only if all went as the policy says. */
export async function runDemo(demo: (end: AbortSignal) => Promise<number>): Promise<void> {
  const end = wishToEnd();
  try {
    process.exitCode = await demo(end);
  } catch (error) {
    failure(end.aborted ? "ended before the story was told" : error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
  print();
}
