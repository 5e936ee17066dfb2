import type { Weir } from "./demo-agent.ts";
import { faint, print, title } from "./screen.ts";

/** What to try while the demo stays. @param more Besides what shows any agent. */
export function tellCommands(weir: Weir, more: readonly string[]): void {
  const config = `--config ${weir.configFile}`;
  title("It stays until you press Ctrl-C. In another terminal, in this folder, try:");
  for (const command of [
    `node bin/weir.mjs status ${config}`,
    `node bin/weir.mjs monitor -t l7 ${config}`,
    `node bin/weir.mjs policy get ${config}`,
    `node bin/weir.mjs endpoint list ${config}`,
    ...more,
  ]) {
    print(command);
  }
  print();
  faint(`Change ${weir.policyFile} and see what happens: it is read again at once.`);
  print();
}
