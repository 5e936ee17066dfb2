import { type Command, Option } from "commander";
import type { PolicyText } from "../../api/rest.ts";
import type { TraceQuery, TraceReport, TraceVerdict } from "../../api/trace.ts";
import { clientFor, listingCommand, withExample } from "../agent-command.ts";
import { collected } from "../collected.ts";
import { ExitCode } from "../exit-code.ts";
import { formatOutput, type OutputFormat } from "../output.ts";
import { printable } from "../printable.ts";
import type { SocketOptions } from "../socket-path.ts";
import type { Terminal } from "../terminal.ts";
import { printWarnings } from "../warnings.ts";
import { offlineTracer } from "./agent.ts";
import { readTraceQuery, type TraceArguments } from "./policy-trace-query.ts";
import { traceText } from "./policy-trace-text.ts";

interface TraceOptions extends TraceArguments, SocketOptions {
  readonly policy?: readonly string[];
  readonly output?: OutputFormat;
}

const EXIT_CODES: Readonly<Record<TraceVerdict, ExitCode>> = {
  allowed: ExitCode.Ok,
  audited: ExitCode.Ok,
  denied: ExitCode.Denied,
  depends: ExitCode.Undecided,
};

export function policyTraceCommand(terminal: Terminal): Command {
  const peer = "labels (app=x,k8s:env=y), endpoint:NAME, identity:NUMBER or ip:ADDRESS";
  const command = listingCommand(
    "trace",
    "tell what policy does with a connection or a request, and why; ends with 3 where it denies, with 4 where that depends on the request",
  )
    .option("--src <peer>", `required: who connects: ${peer}; labels may be given several times`, collected, [])
    .option("--dst <peer>", "required: whom it connects to, likewise", collected, [])
    .option("--dport <port>", "required: the port it connects to, for example 11211/tcp")
    .option(
      "--l7 <attributes>",
      "what the request asks for, for example command=get,key=a; an attribute given again has several values",
      collected,
      [],
    )
    .option("--l7proto <name>", "extension whose request it is (default: the one that rules name for the port)")
    .addOption(
      new Option("--direction <direction>", "whose policy is asked: egress is that of --src, ingress that of --dst")
        .choices(["ingress", "egress", "both"])
        .default("both"),
    )
    .option("--policy <file...>", "ask these policies, without an agent; --config adds endpoints and extensions")
    .action(async (options: TraceOptions) => {
      const read = readTraceQuery(options);
      const problems = "problems" in read ? [...read.problems] : [];
      if (options.policy !== undefined && options.socket !== undefined) {
        problems.push("--socket means an agent, and --policy is asked without one: leave out either");
      }
      if ("problems" in read || problems.length > 0) return refuse(command, problems);
      const report = await trace(read.query, options, terminal);
      terminal.out(formatOutput(report, options.output, () => traceText(report)));
      process.exitCode = EXIT_CODES[report.verdict];
    });
  return withExample(
    command,
    "weir policy trace --src endpoint:fleet-monitoring --dst app=memcached --dport 11211/tcp --l7 command=get,key=a",
    "weir policy trace --policy new.yaml --src app=web --dst app=cache --dport 11211 --direction ingress -o json",
  );
}

/** All at once; the exit code is that of a wrong command line. */
function refuse(command: Command, problems: readonly string[]): never {
  return command.error(`error: ${problems.map(printable).join("\n       ")}`);
}

async function trace(query: TraceQuery, options: TraceOptions, terminal: Terminal): Promise<TraceReport> {
  if (options.policy === undefined) return clientFor(options, terminal).tracePolicy(query);
  const texts: PolicyText[] = [];
  for (const file of options.policy) texts.push({ source: file, text: await terminal.read(file) });
  const traceOffline = await offlineTracer();
  const { report, warnings } = await traceOffline(texts, query, options.config);
  printWarnings(warnings, terminal);
  return report;
}
