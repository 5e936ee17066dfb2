// `npm run conformance -- [--role extension-host|owner] <command…>`: checks one side of
// docs/internals/remote-parser-protocol.md, and plays the other.
import { runOwnerChecks } from "../test/conformance/remote-parser/owner/run-owner-checks.ts";
import { startedOwner } from "../test/conformance/remote-parser/owner/started-owner.ts";
import { type CheckResult, runChecks } from "../test/conformance/remote-parser/run-checks.ts";
import { startedHost } from "../test/conformance/remote-parser/started-host.ts";

const ROLES: Readonly<Record<string, (command: readonly string[]) => AsyncGenerator<CheckResult>>> = {
  "extension-host": (command) => runChecks(() => startedHost(command)),
  owner: (command) => runOwnerChecks(startedOwner(command)),
};
const USAGE = `usage: npm run conformance -- [--role extension-host|owner] <command>

  --role extension-host  (default) The command runs an extension host, with its stream at file descriptor 3.
  --role owner           The command runs an owner: it reads from standard input what to proxy, and says on standard
                         output where it listens. The streams to its hosts begin at file descriptor 3.

docs/internals/remote-parser-protocol.md has both, under "Conformance".`;

/** What is to be checked; undefined: that cannot be told. */
function parse(args: readonly string[]): AsyncGenerator<CheckResult> | undefined {
  const [first = "", ...rest] = args;
  const [role, command] =
    first === "--role"
      ? [rest[0] ?? "", rest.slice(1)]
      : first.startsWith("--role=")
        ? [first.slice("--role=".length), rest]
        : ["extension-host", args];
  const isCommand = command.length > 0 && command[0]?.startsWith("-") === false;
  return isCommand && Object.hasOwn(ROLES, role) ? ROLES[role]?.(command) : undefined;
}

const args = process.argv.slice(2);
const results = parse(args);
if (results === undefined) {
  const asked = args[0] === "--help" || args[0] === "-h";
  (asked ? console.log : console.error)(USAGE);
  process.exit(asked ? 0 : 2);
}
let checked = 0;
let failed = 0;
for await (const { name, problem } of results) {
  checked++;
  if (problem !== undefined) failed++;
  console.log(problem === undefined ? `ok    ${name}` : `WRONG ${name}\n      ${problem.replaceAll("\n", "\n      ")}`);
}
console.log(`${checked} checks, ${failed} wrong`);
process.exitCode = failed === 0 ? 0 : 1;
