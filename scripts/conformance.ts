// `npm run conformance -- <command…>`: checks an extension host against docs/internals/remote-parser-protocol.md.
import { runChecks } from "../test/conformance/remote-parser/run-checks.ts";
import { startedHost } from "../test/conformance/remote-parser/started-host.ts";

const command = process.argv.slice(2);
if (command.length === 0) {
  console.error(
    "usage: npm run conformance -- <command that runs an extension host, with its stream at file descriptor 3>",
  );
  process.exit(2);
}
let checked = 0;
let failed = 0;
for await (const { name, problem } of runChecks(() => startedHost(command))) {
  checked++;
  if (problem !== undefined) failed++;
  console.log(problem === undefined ? `ok    ${name}` : `WRONG ${name}\n      ${problem.replaceAll("\n", "\n      ")}`);
}
console.log(`${checked} checks, ${failed} wrong`);
process.exitCode = failed === 0 ? 0 : 1;
