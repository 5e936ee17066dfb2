import { runCommandLine } from "./run.ts";
import { processTerminal } from "./terminal.ts";

const code = await runCommandLine(process.argv.slice(2), processTerminal());
if (code !== undefined) process.exitCode = code;
