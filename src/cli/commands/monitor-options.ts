import { type Command, InvalidArgumentError, Option } from "commander";
import { EVENT_TYPES } from "../../api/monitor-event.ts";
import {
  HISTORY_EVENTS_MAX,
  MONITOR_FILTERS,
  type MonitorFilterName,
  type MonitorQuery,
} from "../../api/monitor-protocol.ts";

const VERDICTS = ["Forwarded", "Denied", "Error", "Audit"];

type Filter = NonNullable<MonitorQuery["filters"]>[number];

export interface HistoryOptions {
  readonly since?: string;
  readonly last?: number;
  readonly follow?: boolean;
}

/** Adds the options that say which events to show. @returns Their query, once the command line is parsed. */
export function addQueryOptions(command: Command): (options: HistoryOptions) => MonitorQuery {
  const filters: Filter[] = [];
  let not = false;
  const add = (name: MonitorFilterName, value: string): void => {
    filters.push({ name, not, value });
    not = false;
  };
  for (const option of filterOptions()) {
    const choices = option.argChoices;
    const name = option.attributeName().replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`) as MonitorFilterName;
    option.argParser((value) => {
      if (choices !== undefined && !choices.includes(value)) {
        throw new InvalidArgumentError(`Allowed choices are ${choices.join(", ")}.`);
      }
      add(name, value);
      return value;
    });
    command.addOption(option);
  }
  command
    .option("--not", "leave out what the next filter fits")
    .option("--since <when>", "begin with events of the past: a duration (5m) or a time (RFC 3339); ends after them")
    .option("--last <count>", "begin with so many of the last events; ends after them", parseCount)
    .option("-f, --follow", "go on with what comes after --since or --last");
  command.on("option:not", () => {
    if (not) command.error("error: `--not` twice: it belongs to the next filter alone", { exitCode: 2 });
    not = true;
  });
  return ({ since, last, follow }) => {
    if (not) command.error(`error: \`--not\` needs a filter behind it: --${MONITOR_FILTERS.join(", --")}`);
    return { filters, since, last, follow };
  };
}

function filterOptions(): readonly Option[] {
  const peer = "name, identity, label, address, network or address:port";
  return [
    new Option("-t, --type <type>", "kind of events").choices([...EVENT_TYPES]),
    new Option("--from <peer>", `events whose source is this: ${peer}`),
    new Option("--to <peer>", "events whose destination is this"),
    new Option("--related-to <peer>", "events of which either side is this"),
    new Option("--verdict <verdict>", "what became of it").choices(VERDICTS),
    new Option("--proto <name>", "the extension that read it, or tcp"),
    new Option("--policy <name>", "the policy whose rule decided"),
  ];
}

function parseCount(text: string): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= HISTORY_EVENTS_MAX) return count;
  throw new InvalidArgumentError(`It is no number from 1 to ${HISTORY_EVENTS_MAX}.`);
}
