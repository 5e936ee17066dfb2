import { loggedList, loggedValue } from "../../api/logged-list.ts";
import type { Connection, LogFields } from "../../proxylib/connection.ts";
import type { Command } from "./command.ts";

/**
 * The permissions that a request needs: those of one of the `ways`, all of them. Most requests need one.
 */
export interface Needs {
  /** For the log: the commands of the first way. */
  readonly label: string;
  readonly ways: readonly (readonly Command[])[];
  /** The command, where there is one way of one command. */
  readonly only: Command | undefined;
}

export function needs(...ways: readonly (readonly Command[])[]): Needs {
  const first = ways[0] ?? [];
  return { label: first.join(", "), ways, only: ways.length === 1 && first.length === 1 ? first[0] : undefined };
}

/** One key, several, or none: what policy judges besides the command. */
export type Keys = string | readonly string[] | undefined;

/** Whether the client gets a reply: never (`noreply`), always, or only for some outcomes (quiet operations). */
export const Answer = { None: 0, Always: 1, Maybe: 2 } as const;
export type Answer = (typeof Answer)[keyof typeof Answer];

/** For the record of an observed request that would have been held back until the server has shown how it reads. */
export const NOT_INSPECTED = "not inspected: the server has not shown yet that it reads this as weir does";

/** Judges requests by the policy of their connection. Kept per connection, so that a request allocates nothing for it. */
export class Judge {
  private readonly connection: Connection;
  private readonly request: { command: string; key: Keys } = { command: "", key: undefined };

  constructor(connection: Connection) {
    this.connection = connection;
  }

  allows(wanted: Needs, keys: Keys): boolean {
    this.request.key = keys;
    if (wanted.only !== undefined) {
      this.request.command = wanted.only;
      return this.connection.matches(this.request);
    }
    return this.allowsOneOf(wanted.ways);
  }

  /** A way that policy allows outright comes before one that passes only because policy is audited. */
  private allowsOneOf(ways: readonly (readonly Command[])[]): boolean {
    let audited: Command | undefined;
    for (const commands of ways) {
      let passes = true;
      let doubtful: Command | undefined;
      for (const command of commands) {
        passes = this.matches(command);
        if (!passes) break;
        if (this.connection.audited) doubtful ??= command;
      }
      if (!passes) continue;
      if (doubtful === undefined) return true;
      audited ??= doubtful;
    }
    // The record tells of the last question.
    return audited !== undefined && this.matches(audited);
  }

  private matches(command: Command): boolean {
    this.request.command = command;
    return this.connection.matches(this.request);
  }
}

/** Fields of the record of a request; a request with thousands of keys makes no record of a megabyte. */
export function recordFields(wanted: Needs, keys: Keys): LogFields {
  if (keys === undefined) return { command: wanted.label };
  return { command: wanted.label, keys: typeof keys === "string" ? loggedValue(keys) : loggedList(keys) };
}
