import { AccessLog } from "../accesslog/access-log.ts";
import { LoggedTail } from "../accesslog/logged-tail.ts";
import { LossWatch } from "../accesslog/loss-watch.ts";
import { WeirError } from "../lib/error.ts";
import type { Logger } from "../lib/log.ts";
import type { EventRing } from "../monitor/event-ring.ts";
import type { KeptRecords } from "./records/record-receiver.ts";

/** Between two looks whether records were lost. */
const LOOK_MS = 1_000;

/** The access log as far as the agent cares, whether there is one or not. */
export interface AgentAccessLog extends AsyncDisposable {
  /** Records that never reached the file. */
  readonly lost: number;
  /** Lines of the file whose end was missing, because whoever wrote them was killed or had no room. */
  readonly torn: number;
  /** Why it cannot be written at present. */
  readonly failure: string | undefined;
  /** What agents before this one have written last. */
  readonly tail: KeptRecords;
  /** Resolves when all records until now are in the file, or lost; rejects when they can no longer be written. */
  logged(): Promise<void>;
  /** After a rotation. */
  reopen(): Promise<void>;
}

const NONE: AgentAccessLog = {
  lost: 0,
  torn: 0,
  failure: undefined,
  tail: { load: async () => {}, take: () => false },
  logged: async () => {},
  reopen: async () => {},
  [Symbol.asyncDispose]: async () => {},
};

/** Throws WEIR_CONFIG_INVALID where the file cannot be opened. */
export async function openAccessLog(
  path: string | undefined,
  ring: EventRing,
  logger: Logger,
): Promise<AgentAccessLog> {
  if (path === undefined) return NONE;
  let failure: string | undefined;
  let log: AccessLog;
  try {
    log = await AccessLog.open(ring, {
      path,
      onFailure: (message) => {
        failure = message;
        logger.error({ path }, message);
      },
      onRecovered: (lost) => {
        failure = undefined;
        logger.warn({ path, lost }, "the access log can be written again");
      },
      onTorn: () =>
        logger.warn(
          { path },
          "the last line of the access log was cut off: whoever wrote it was killed, or had no room",
        ),
    });
  } catch (error) {
    const reason = (error as Error).message;
    throw new WeirError("WEIR_CONFIG_INVALID", `accessLog ${path} cannot be opened: ${reason}`, { cause: error });
  }
  // Before anything is added.
  const tail = await LoggedTail.open(path);
  const losses = new LossWatch({
    lost: () => log.lost,
    onLoss: (lost) =>
      logger.warn({ path, lost }, "the access log loses records: they come faster than the disk takes them"),
  });
  const looking = setInterval(() => losses.look(performance.now()), LOOK_MS).unref();
  return {
    get lost() {
      return log.lost;
    },
    get torn() {
      return log.torn;
    },
    get failure() {
      return failure;
    },
    tail,
    logged: () => log.logged(),
    reopen: () => log.reopen(),
    async [Symbol.asyncDispose]() {
      await tail[Symbol.asyncDispose]();
      await log.close();
      // With what the disk did not take at the very end.
      clearInterval(looking);
      losses.close();
    },
  };
}
