import { mkdtemp, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExtensionDeclaration } from "../../api/extension.ts";
import type { ExtensionHostAnswer } from "../../extension-host/bootstrap.ts";
import { reasonOf, WeirError } from "../../lib/error.ts";
import { silentLogger } from "../../lib/log.ts";
import { timeoutSchedule } from "../../lib/schedule.ts";
import type { DeclaredExtension, ExtensionSpec } from "../bootstrap.ts";
import type { Confinement } from "./confinement.ts";
import { ExtensionProcess } from "./extension-process.ts";
import { findConfinement } from "./find-confinement.ts";
import { groupsOf } from "./groups.ts";
import { ProcessOutput } from "./process-output.ts";
import { planProcess } from "./process-plan.ts";

/** All declarations together, as JSON: a host is told them at its start. */
const DECLARED_BYTES_MAX = 2_097_152;

export interface DeclareOptions {
  readonly extensions: readonly ExtensionSpec[];
  readonly configFile: string;
  /** Hidden from extensions. */
  readonly stateDir: string;
  readonly memoryBytesMax: number;
}

/**
 * The extensions with what they declare, in the order of the configuration: each group is loaded in a confined process that
 * tells it and ends. Nothing of theirs runs in this process. Throws WEIR_EXTENSION_INVALID with everything that is wrong
 * with any, and WEIR_CONFIG_INVALID without a folder for temporary files.
 */
export async function declareExtensions(options: DeclareOptions): Promise<readonly DeclaredExtension[]> {
  const groups = groupsOf(options.extensions);
  if (groups.length === 0) return [];
  const folder = await viewFolder();
  try {
    const confinement = await findConfinement(folder);
    const told = new Map<string, Pick<DeclaredExtension, "declaration" | "code">>();
    const failures: string[] = [];
    const answers = await Promise.all(groups.map(([group, specs]) => declareGroup(options, confinement, group, specs)));
    for (const [index, [, specs]] of groups.entries()) {
      const answer = answers[index] as ExtensionHostAnswer;
      if ("failures" in answer) {
        failures.push(...answer.failures);
      } else {
        for (const [at, { module }] of specs.entries()) {
          told.set(module, { declaration: answer.extensions[at] as ExtensionDeclaration, code: answer.code });
        }
      }
    }
    if (failures.length > 0) throw new WeirError("WEIR_EXTENSION_INVALID", failures.join("\n"));
    const declared = options.extensions.map((spec) => {
      const tells = told.get(spec.module) as Pick<DeclaredExtension, "declaration" | "code">;
      return { ...spec, ...tells };
    });
    checkLength(declared);
    return declared;
  } finally {
    await rmdir(folder);
  }
}

/** A folder on which views of the file system are mounted. Throws WEIR_CONFIG_INVALID where none can be made. */
async function viewFolder(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), "weir-view-"));
  } catch (error) {
    throw new WeirError(
      "WEIR_CONFIG_INVALID",
      `extensions need a folder for temporary files, and none can be made: ${reasonOf(error)}; let TMPDIR name a folder that weir's user may write to`,
    );
  }
}

/** Throws WEIR_EXTENSION_INVALID. */
function checkLength(extensions: readonly DeclaredExtension[]): void {
  const lengths = extensions.map(({ declaration }) => Buffer.byteLength(JSON.stringify(declaration)));
  const all = lengths.reduce((sum, length) => sum + length, 0);
  if (all <= DECLARED_BYTES_MAX) return;
  const each = extensions.map(({ module }, at) => `${module}: ${lengths[at]}`).join(", ");
  throw new WeirError(
    "WEIR_EXTENSION_INVALID",
    `what extensions declare takes ${all} bytes (${each}); ${DECLARED_BYTES_MAX} are the limit: declare fewer fields and values`,
  );
}

async function declareGroup(
  { configFile, stateDir, memoryBytesMax }: DeclareOptions,
  confinement: Confinement,
  group: string,
  specs: readonly ExtensionSpec[],
): Promise<ExtensionHostAnswer> {
  const name = `${stateDir}\0declare\0${group}`;
  const planned = await planProcess({ specs, configFile, stateDir, memoryBytesMax, confinement, name });
  if (!planned.ok) return planned;
  const modules = specs.map(({ module }) => module);
  const failed = (reason: string): ExtensionHostAnswer => ({
    failures: modules.map((module) => `extension ${module}: ${reason}`),
  });
  return await new Promise((resolve) => {
    let answer: ExtensionHostAnswer | undefined;
    const output = new ProcessOutput(modules, silentLogger, timeoutSchedule);
    const process: ExtensionProcess = new ExtensionProcess(planned.plan, "declare", output, {
      onLoaded(extensions, code) {
        const complete = extensions.length === specs.length;
        answer = complete ? { extensions, code } : failed("its process did not tell what it declares");
        process.end("it has told everything");
      },
      onFailures(failures) {
        answer = { failures };
      },
      onBytes() {},
      onDrain() {},
      onEnd: (reason) => resolve(answer ?? failed(reason)),
    });
  });
}
