// `npm run soak [-- --minutes N] [--seed N] [--connections N] [--update-docs]`: weir under load while its processes are
// killed, frozen and stopped, for as long as one likes. The same seed does the same again. With --update-docs the figures
// go into docs/reliability.md.
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { replaceSections } from "../benchmarks/document.ts";
import { describeMachine } from "../benchmarks/machine.ts";
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

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    connections: { type: "string", default: "50" },
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
const outcomes = await soak(options);
const report = formatSoak(outcomes);
console.log(`\n${report}\n`);
for (const problem of outcomes.flatMap(({ problems }) => problems)) console.error(`✖ ${problem}`);

const passed = outcomes.every(({ problems }) => problems.length === 0);
if (passed && values["update-docs"]) {
  const measuredOn = formatTable(
    ["", "measured on"],
    [
      ["date", machine.date],
      ["weir", machine.weir],
      ["processor", `${machine.cpu}, ${machine.cores} cores`],
      ["memory", `${machine.memoryGib} GiB`],
      ["system", machine.system],
      ["Node", machine.node],
      [
        "command",
        `npm run soak -- --minutes ${values.minutes} --seed ${values.seed} --connections ${values.connections}`,
      ],
    ],
  );
  const path = new URL(`../${DOCUMENT}`, import.meta.url);
  const sections = new Map([
    ["machine", measuredOn],
    ["soak", report],
  ]);
  writeFileSync(path, replaceSections(readFileSync(path, "utf8"), sections));
}
process.exitCode = passed ? 0 : 1;
