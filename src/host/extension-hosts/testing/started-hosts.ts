import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, extname, join } from "node:path";
import type { TestContext } from "node:test";
import type { ExtensionDeclaration } from "../../../api/extension.ts";
import type { ExtensionHostEvent } from "../../../api/host-report.ts";
import type { Extension } from "../../../proxylib/parser.ts";
import type { DeclaredExtension, ExtensionHostLimits } from "../../bootstrap.ts";
import { declareExtensions } from "../declare-extensions.ts";
import { type ExtensionHosts, startExtensionHosts } from "../extension-hosts.ts";
import { type LoggedLine, recordingLogger } from "./recording-logger.ts";

const MIB = 1_048_576;
const memoryBytesMax: number = 128 * MIB;
const NO_GRANTS = { read: [], write: [], network: false, childProcess: false, nativeAddons: false, worker: false };

export interface StartedHosts {
  readonly folder: string;
  readonly hosts: ExtensionHosts;
  readonly extensions: ReadonlyMap<string, Extension>;
  readonly events: readonly ExtensionHostEvent[];
  readonly logged: readonly LoggedLine[];
  /** The number of the next event, or of one that has happened already: settles with it. */
  event(at: number): Promise<ExtensionHostEvent>;
}

export interface StartOptions {
  /** File name → text of the module. One extension each, with the file's name and the field `line`, unless `specs` says otherwise. */
  readonly modules: Readonly<Record<string, string>>;
  readonly specs?: readonly Partial<DeclaredExtension>[];
  readonly limits?: Partial<ExtensionHostLimits>;
  /** What extensions declare is found out first, as an agent does. Default: it is as `modules` says. */
  readonly declares?: boolean;
  /** Until each process has started, or failed to. Default: yes. */
  readonly waits?: boolean;
}

/** Real processes, ended with the test. */
export async function startHosts(
  t: TestContext,
  { modules, specs, limits, declares = false, waits = true }: StartOptions,
): Promise<StartedHosts> {
  const folder = await mkdtemp(join(tmpdir(), "weir-hosts-"));
  // One after the other: a process that is being started writes there.
  const ending: { stop?: () => Promise<void> } = {};
  t.after(async () => {
    await ending.stop?.();
    await rm(folder, { recursive: true });
  });
  await chmod(folder, 0o755);
  await mkdir(join(folder, "modules"));
  for (const [name, text] of Object.entries(modules)) await writeFile(join(folder, "modules", name), text);
  const added = new Map<string, Extension>();
  const events: ExtensionHostEvent[] = [];
  const waiting: (() => void)[] = [];
  const { logger, lines } = recordingLogger();
  const listed: readonly Partial<DeclaredExtension>[] =
    specs ?? Object.keys(modules).map((name) => ({ module: `./modules/${name}` }));
  const extensions = listed.map((spec, at) => ({
    ...{ module: "", group: `${at}`, allow: NO_GRANTS },
    ...{ declaration: declarationIn(spec.module ?? ""), code: "" },
    ...spec,
  }));
  const where = { stateDir: join(folder, "run"), configFile: join(folder, "weir.yaml") };
  const hosts = startExtensionHosts({
    index: 0,
    ...where,
    extensions: declares ? await declareExtensions({ ...where, extensions, memoryBytesMax }) : extensions,
    extensionLimits: {
      ...{ memoryBytesMax, bufferedBytesMax: 4 * MIB, connectionsMax: 100, callMs: 1_000, answerMs: 30_000 },
      ...limits,
    },
    add: (extension) => added.set(extension.name, extension),
    onEvent(event) {
      events.push(event);
      for (const wake of waiting.splice(0)) wake();
    },
    logger,
  });
  ending.stop = () => hosts.stop();
  const event: StartedHosts["event"] = async (at) => {
    for (;;) {
      const found = events[at];
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };
  if (waits) await Promise.all(hosts.reports().map((_, at) => event(at)));
  return {
    folder,
    hosts,
    extensions: added,
    events,
    logged: lines,
    event,
  };
}

function declarationIn(module: string): ExtensionDeclaration {
  return { name: basename(module, extname(module)), version: "1.0.0", fields: { line: { prefix: true } } };
}
