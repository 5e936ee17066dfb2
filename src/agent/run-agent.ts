import { endOnCrash } from "../lib/end-on-crash.ts";
import { spareOldSpace } from "../lib/heap-growth.ts";
import { createLogger, type Logger } from "../lib/log.ts";
import { loadConfig } from "./config/load-config.ts";
import { messageOf } from "./message-of.ts";
import { type RunningAgent, startAgent } from "./start-agent.ts";

/**
 * Runs an agent until it is told to end by SIGTERM or SIGINT, or cannot go on. Throws a WeirError where it cannot even
 * start: nothing is left behind then.
 */
export async function runAgent(
  configFile: string,
  { detachHosts = false }: { readonly detachHosts?: boolean } = {},
): Promise<"ended" | "failed"> {
  spareOldSpace();
  const config = await loadConfig(configFile);
  const logger = createLogger({ level: config.logLevel, human: process.stderr.isTTY === true });
  endOnCrash(
    logger,
    (error) => `the agent ends: nobody caught an error of weir or of an extension: ${messageOf(error)}`,
  );
  const end = Promise.withResolvers<"ended" | "failed">();
  // Before the start, which may take a while: a signal must not find the default, which leaves the socket behind.
  let running: RunningAgent | undefined;
  const told = new AbortController();
  const stopListening = endOnSignals(logger, {
    end() {
      told.abort();
      end.resolve("ended");
    },
    force: () => running?.kill(),
  });
  try {
    const onFatal = (error: unknown): void => {
      logger.error({}, messageOf(error));
      end.resolve("failed");
    };
    await using agent = await startAgent(config, logger, onFatal, detachHosts, told.signal);
    running = agent;
    const reopen = (): void => void agent.reopenLogs();
    process.on("SIGHUP", reopen);
    const how = await end.promise;
    process.off("SIGHUP", reopen);
    if (how === "ended") await agent.drain();
    logger.info({}, "the agent ends");
    return how;
  } finally {
    stopListening();
  }
}

/** The first signal asks for an end in good order, the second one forces it. */
function endOnSignals(
  logger: Logger,
  { end, force }: { readonly end: () => void; readonly force: () => void },
): () => void {
  let asked = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (asked) {
      logger.warn({ signal }, "second signal: the agent ends at once");
      force();
      process.exit(1);
    }
    asked = true;
    logger.info({ signal }, "told to end");
    end();
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  return () => {
    process.off("SIGTERM", onSignal);
    process.off("SIGINT", onSignal);
  };
}
