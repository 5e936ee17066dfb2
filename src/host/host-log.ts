import { closeSync, constants, openSync, writeSync } from "node:fs";
import { type AdjustableLogger, createLogger, type LogLevel } from "../lib/log.ts";

const { O_WRONLY, O_APPEND, O_NONBLOCK } = constants;
const STDERR = 2;

/**
 * A log on standard error that never stops a host: it has that from an agent which may be gone, and nobody may read it any
 * more. Lines that cannot be written at once are left out; how many is said with the next one that can.
 */
export function createHostLog(level: LogLevel, host: number): AdjustableLogger {
  const file = openWithoutWaiting();
  let leftOut = 0;
  const write = (line: string): void => {
    try {
      if (leftOut > 0)
        writeSync(file, `${JSON.stringify({ level: "warn", host, leftOut, msg: "lines were left out" })}\n`);
      leftOut = 0;
      writeSync(file, line);
    } catch {
      leftOut++;
    }
  };
  return createLogger({ level, human: false, output: { write }, fields: { host } });
}

/** A file description of its own, so that nobody else's writes begin to fail. A socket has none; it waits. */
function openWithoutWaiting(): number {
  try {
    const file = openSync(`/proc/self/fd/${STDERR}`, O_WRONLY | O_APPEND | O_NONBLOCK);
    process.once("exit", () => closeSync(file));
    return file;
  } catch {
    return STDERR;
  }
}
