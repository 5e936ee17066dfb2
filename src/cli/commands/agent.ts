import { Command } from "commander";
import type { SuggestedPolicy, SuggestPolicyOptions } from "../../agent/policy/suggest-policy.ts";
import type { traceOffline } from "../../agent/policy/trace-offline.ts";
import type { OfflineValidation } from "../../agent/validate-offline.ts";
import { pathOption, withExample } from "../agent-command.ts";
import { ExitCode } from "../exit-code.ts";

/** `weir agent`. This file alone reaches the rest of weir, and only when it must: other commands start without it. */
export function agentCommands(): Command {
  const command = new Command("agent")
    .description("run the agent: load the policy, open the listeners, serve the API")
    .requiredOption("--config <file>", "configuration file, see docs/configuration.md", pathOption)
    .option("--detach-hosts", "end without the host processes: they serve on, and the next agent takes them over")
    .action(async (options: { config: string; detachHosts?: true }) => {
      const { runAgent } = await import("../../agent/run-agent.ts");
      const how = await runAgent(options.config, { detachHosts: options.detachHosts === true });
      process.exitCode = how === "failed" ? ExitCode.Failure : ExitCode.Ok;
    });
  return withExample(command, "weir agent --config weir.yaml");
}

/** Checks policy texts without an agent, with the built-in extensions and those of a configuration. */
export async function offlineValidator(
  configFile: string | undefined,
): Promise<(text: string, source: string) => OfflineValidation> {
  const { createOfflineValidator } = await import("../../agent/validate-offline.ts");
  return createOfflineValidator(configFile);
}

/** Traces with given policies, in this process. */
export async function offlineTracer(): Promise<typeof traceOffline> {
  return (await import("../../agent/policy/trace-offline.ts")).traceOffline;
}

/** Makes policy from access logs, in this process: it costs the agent nothing. */
export async function policySuggester(): Promise<(options: SuggestPolicyOptions) => Promise<SuggestedPolicy>> {
  const { suggestPolicy } = await import("../../agent/policy/suggest-policy.ts");
  return suggestPolicy;
}
