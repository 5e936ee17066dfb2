// `npm run soak [-- --minutes N] [--seed N] [--connections N] [--only kills] [--update-docs]`: extensions that attack the
// process that they run in, then weir under load while its processes are killed, frozen and stopped, for as long as one
// likes. The same seed draws the same events and bytes. With --update-docs the figures go into docs/reliability.md.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { replaceSections } from "../benchmarks/document.ts";
import { describeMachine, machineRows } from "../benchmarks/machine.ts";
import { formatTable } from "../benchmarks/table.ts";
import { type SoakOptions, soak } from "../test/reliability/soak/soak.ts";
import { formatSoak } from "../test/reliability/soak/soak-report.ts";
import { ensureMemcached } from "./ensure-memcached.ts";

const DOCUMENT = "docs/reliability.md";

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  console.error(`--${name} ${text}: give a number above 0`);
  process.exit(2);
}

/** The tests of isolation, as `npm test` runs them. */
async function isIsolated(): Promise<boolean> {
  const tests = fileURLToPath(new URL("../test/isolation/*.test.ts", import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, "--test", "--test-timeout=120000", tests], {
    stdio: "inherit",
  });
  const [code] = (await once(child, "exit")) as [number | null];
  return code === 0;
}

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    connections: { type: "string", default: "50" },
    only: { type: "string" },
    "update-docs": { type: "boolean", default: false },
  },
});
const options: SoakOptions = {
  minutes: positive("minutes", values.minutes),
  seed: positive("seed", values.seed),
  connections: positive("connections", values.connections),
  say: (line) => console.log(line),
};

if (ensureMemcached((line) => console.error(line)) === undefined) {
  console.error("memcached is needed: see CONTRIBUTING.md");
  process.exit(1);
}
const machine = describeMachine();
if (values.only !== undefined && values.only !== "kills") {
  console.error(`--only ${values.only}: give kills, or leave it out`);
  process.exit(2);
}
if (values.only === undefined && !(await isIsolated())) {
  console.error("✖ extensions are not isolated, see above");
  process.exit(1);
}
const outcomes = await soak(options);
const report = formatSoak(outcomes);
console.log(`\n${report}\n`);
for (const problem of outcomes.flatMap(({ problems }) => problems)) console.error(`✖ ${problem}`);

const passed = outcomes.every(({ problems }) => problems.length === 0);
if (passed && values["update-docs"]) {
  const only = values.only === undefined ? "" : ` --only ${values.only}`;
  const command = `npm run soak --${only} --minutes ${values.minutes} --seed ${values.seed} --connections ${values.connections}`;
  const measuredOn = formatTable(
    ["", "measured on"],
    [...machineRows(machine), ["load average before", String(machine.loadAverage)], ["command", command]],
  );
  const path = new URL(`../${DOCUMENT}`, import.meta.url);
  const sections = new Map([
    ["machine", measuredOn],
    ["soak", report],
  ]);
  writeFileSync(path, replaceSections(readFileSync(path, "utf8"), sections));
}
process.exitCode = passed ? 0 : 1;
