import type { Logger } from "./log.ts";

/**
 * Ends the process when nobody has caught an error: one in an unknown state must not go on deciding who may do what.
 *
 * @param describe What the log says of the error.
 */
export function endOnCrash(logger: Logger, describe: (error: unknown) => string): void {
  const crash = (error: unknown): void => {
    const stack = error instanceof Error ? error.stack : undefined;
    logger.error({ stack }, describe(error));
    process.exit(1);
  };
  process.on("uncaughtException", crash);
  process.on("unhandledRejection", crash);
}
