// Checks the walls of .dependency-cruiser.cjs, and that the tool saw the code at all: with a compiler that it does not
// understand it sees no TypeScript and reports no fault.
import { fileURLToPath } from "node:url";
import { cruise, format, type ICruiseResult } from "dependency-cruiser";
import extractOptions from "dependency-cruiser/config-utl/extract-depcruise-options";
import { readFloors } from "./floors.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const FOLDERS = ["bin", "src", "scripts", "test", "examples", "benchmarks"];

const options = await extractOptions(fileURLToPath(new URL("../.dependency-cruiser.cjs", import.meta.url)));
const result = (await cruise(FOLDERS, { ...options, baseDir: root, validate: true })).output as ICruiseResult;
const report = await format(result, { outputType: "err-long" });
console.log(report.output);

const { sourceModules: floor } = await readFloors();
const seen = result.modules.filter((module) => /^src\/.*\.ts$/.test(module.source)).length;
if (seen < floor) {
  console.log(
    `Only ${seen} modules of src/ were seen, at least ${floor} are expected (scripts/floors.json). Either dependency-cruiser ` +
      "cannot read the installed TypeScript, or modules were removed: then lower the floor.",
  );
}
process.exitCode = seen < floor || result.summary.error > 0 ? 1 : 0;
