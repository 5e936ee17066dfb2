import { type DestinationStream, destination, pino } from "pino";
import { escapeControls } from "./escape.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";
export const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** What a room needs to say something to the operator: fields first, then a sentence. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A logger whose level may change while it is in use. */
export interface AdjustableLogger extends Logger {
  setLevel(level: LogLevel): void;
}

/** For tests and for parts that run without an operator. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
};

export interface LogOptions {
  readonly level: LogLevel;
  /** true: one readable line for a person; false: one JSON object a line. */
  readonly human: boolean;
  /** Where lines go. Default: standard error, written synchronously so that the last words of a crash are not lost. */
  readonly output?: DestinationStream;
  /** In every line. */
  readonly fields?: Readonly<Record<string, string | number>>;
}

export function createLogger(options: LogOptions): AdjustableLogger {
  const output = options.output ?? destination({ fd: 2, sync: true });
  const sink: DestinationStream = options.human ? { write: (line) => output.write(humanLine(line)) } : output;
  const logger = pino(
    {
      level: options.level,
      base: options.fields ?? null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    sink,
  );
  return Object.assign(logger, {
    setLevel(level: LogLevel) {
      logger.level = level;
    },
  });
}

/** `2026-11-01T10:00:00.000Z INFO  message  key=value`: pino's JSON line for a person's eyes. */
function humanLine(line: string): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const rest = Object.entries(fields).map(([key, value]) => `${key}=${humanValue(value)}`);
  return `${[String(time), String(level).toUpperCase().padEnd(5), safe(String(msg)), ...rest].join(" ")}\n`;
}

function humanValue(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[\w.:/@-]+$/.test(text) ? text : safe(JSON.stringify(text));
}

/** A log line must not move the cursor or ring the bell of the terminal that shows it. */
function safe(text: string): string {
  return text
    .split(/([\n\\])/)
    .map((part) => (part === "\n" || part === "\\" ? part : escapeControls(part)))
    .join("");
}
