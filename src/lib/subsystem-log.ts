import type { Logger } from "./log.ts";

/** The parts of the agent that log. */
export const SUBSYSTEMS = ["access-log", "agent", "api", "datapath", "endpoint", "monitor", "policy"] as const;
export type Subsystem = (typeof SUBSYSTEMS)[number];

/** How many lines of one level a part has logged. */
export interface LogCount {
  readonly level: "warning" | "error";
  readonly subsystem: Subsystem;
  readonly count: number;
}

/**
 * Gives each part of the agent its own logger, which says in `subsys` who speaks, and counts errors and warnings, those
 * included that the configured level keeps out of the log.
 */
export class SubsystemLog {
  private readonly logger: Logger;
  private readonly errors = new Map<Subsystem, number>();
  private readonly warnings = new Map<Subsystem, number>();

  constructor(logger: Logger) {
    this.logger = logger;
  }

  of(subsystem: Subsystem): Logger {
    const { logger, errors, warnings } = this;
    return {
      debug: (fields, message) => logger.debug({ subsys: subsystem, ...fields }, message),
      info: (fields, message) => logger.info({ subsys: subsystem, ...fields }, message),
      warn(fields, message) {
        count(warnings, subsystem);
        logger.warn({ subsys: subsystem, ...fields }, message);
      },
      error(fields, message) {
        count(errors, subsystem);
        logger.error({ subsys: subsystem, ...fields }, message);
      },
    };
  }

  counts(): readonly LogCount[] {
    return SUBSYSTEMS.flatMap((subsystem) => [
      { level: "warning", subsystem, count: this.warnings.get(subsystem) ?? 0 },
      { level: "error", subsystem, count: this.errors.get(subsystem) ?? 0 },
    ]);
  }
}

function count(counts: Map<Subsystem, number>, subsystem: Subsystem): void {
  counts.set(subsystem, (counts.get(subsystem) ?? 0) + 1);
}
