// How extensions are kept, in each way to run weir that this machine can show. What the kernel keeps a process from is tried
// without Node's permission model: nothing that is said to be confined may depend on that.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import type { ExtensionGrants } from "../bootstrap.ts";
import { TOOLS_ENVIRONMENT } from "./confinement.ts";
import { attempts, openTargets, type Targets } from "./testing/attempts.ts";
import { type Kind, type RunWay, runWays, whyNotShown } from "./testing/run-ways.ts";

/** Without Node's model, threads cannot be kept from anybody. */
const ALLOW: ExtensionGrants = {
  ...{ read: [], write: [], network: false, childProcess: false, nativeAddons: false, worker: true },
};
const run = promisify(execFile);

/** What comes of `attempts`; no file may be longer than nothing. Programs of the system, threads and libraries are within the process's own world. */
const OWN = { fork: "done", worker: "done", addon: "done" };
const ALL_DONE = {
  ...{ passwd: "done", secret: "done", listing: "done", file: "done", write: "done", writeOwn: "done" },
  ...{ environ: "done", cmdline: "done", memory: "done", signal: "done" },
  ...{ weirSocket: "done", otherSocket: "done", loopback: "done" },
  ...OWN,
};
const TRIED: Readonly<Record<Kind, Readonly<Record<string, string>>>> = {
  confined: {
    ...{ passwd: "ENOENT", secret: "ENOENT", listing: "ENOENT", file: "ENOENT", write: "ENOENT", writeOwn: "EROFS" },
    ...{ environ: "ENOENT", cmdline: "ENOENT", memory: "ENOENT", signal: "ESRCH" },
    ...{ weirSocket: "ENOENT", otherSocket: "ENOENT", loopback: "ENETUNREACH" },
    ...OWN,
  },
  otherUser: {
    ...{ passwd: "done", secret: "EACCES", listing: "done", file: "done", write: "EFBIG", writeOwn: "EACCES" },
    ...{ environ: "EACCES", cmdline: "done", memory: "EACCES", signal: "EPERM" },
    ...{ weirSocket: "EACCES", otherSocket: "done", loopback: "done" },
    ...OWN,
  },
  sameUser: { ...ALL_DONE, write: "EFBIG", writeOwn: "EFBIG" },
  unbounded: ALL_DONE,
};
const SAYS: Readonly<Record<Exclude<Kind, "confined">, RegExp>> = {
  otherUser: /^it shares the network of the machine, and is kept from .*: no namespaces could be made \(.+\)$/,
  sameUser: /^it runs as weir's own user .* no (user )?namespaces? could be made \(.+\)/,
  unbounded: /^it runs as weir's own user .* setpriv .*; if it is stuck when its host is killed, it goes on$/,
};

interface Planned {
  readonly unconfined: readonly string[];
  readonly command: readonly string[];
}

/** What a host of weir would start, if weir were run so. */
async function planned(way: RunWay, { stateDir, configFile }: Targets, module: string): Promise<Planned> {
  const program = `
    import { findConfinement } from ${JSON.stringify(new URL("./find-confinement.ts", import.meta.url).href)};
    import { planProcess } from ${JSON.stringify(new URL("./process-plan.ts", import.meta.url).href)};
    const { stateDir, configFile, module, allow } = ${JSON.stringify({ stateDir, configFile, module, allow: ALLOW })};
    const confinement = await findConfinement(stateDir + "/view");
    const specs = [{ module, group: "g", allow }];
    const { plan } = await planProcess({ specs, configFile, stateDir, memoryBytesMax: 2 ** 28, confinement, name: "test" });
    console.log(JSON.stringify({ unconfined: plan.unconfined, command: plan.command }));`;
  const { unconfined, command } = JSON.parse(
    await within(way, [process.execPath, "--input-type=module", "--eval", program]),
  ) as Planned;
  const ours = command.filter((item) => !/^--(permission|allow-)/.test(item)).slice(0, -1);
  return { unconfined, command: [...ours, module] };
}

async function within({ command }: RunWay, program: readonly string[]): Promise<string> {
  const [file = "", ...parameters] = [...command, ...program];
  return (await run(file, parameters, { cwd: "/", env: TOOLS_ENVIRONMENT })).stdout;
}

describe("an extension's process", () => {
  // The folder that each is mounted on is made with its targets.
  for (const { name } of runWays("")) {
    it(`of weir as ${name} is kept, or is said not to be`, async (t) => {
      const owner = runWays("").find((candidate) => candidate.name === name)?.owner;
      await using targets = await openTargets(owner);
      const folder = join(targets.folder, "mounted");
      await mkdir(folder);
      const way = runWays(folder).find((candidate) => candidate.name === name) as RunWay;
      const reason = await whyNotShown(way);
      if (reason !== undefined) {
        t.skip(reason);
        return;
      }
      const module = join(targets.folder, "extension/attempts.mjs");
      await writeFile(module, `${attempts(targets.told)}\nconsole.log(JSON.stringify(tried)); process.exit(0);`);
      const { unconfined, command } = await planned(way, targets, module);
      const tried = JSON.parse(await within(way, command)) as Record<string, string>;
      if (way.kind === "confined") {
        assert.deepEqual(unconfined, []);
      } else {
        assert.equal(unconfined.length, 1);
        assert.match(unconfined[0] ?? "", SAYS[way.kind]);
      }
      // Who has more capabilities cannot be looked into by who has fewer, of the same user or not.
      const expected = { ...TRIED[way.kind], ...(name === "root without capabilities" ? UNEQUAL : {}) };
      assert.deepEqual(tried, expected);
      if (way.kind !== "unbounded") await endsWithParent(way, command, module);
    });
  }
});

const UNEQUAL = { environ: "EACCES", memory: "EACCES" };

/** One that hears nothing any more must end as well. */
async function endsWithParent(way: RunWay, command: readonly string[], module: string): Promise<void> {
  // Should nobody end it, it does so itself, and says so.
  const stuck = 'console.log("stuck"); const end = Date.now() + 20_000; while (Date.now() < end); console.log("left");';
  await writeFile(module, stuck);
  const parent = `
    const [file, ...parameters] = ${JSON.stringify(command)};
    require("node:child_process").spawn(file, parameters, { stdio: "inherit", detached: true, cwd: "/" });`;
  const [file = "", ...parameters] = [...way.command, process.execPath, "--eval", parent];
  const child = spawn(file, parameters, { stdio: ["ignore", "pipe", "inherit"], cwd: "/", env: TOOLS_ENVIRONMENT });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    if (said === "stuck\n") child.kill("SIGKILL");
  });
  await once(child, "close");
  assert.equal(said, "stuck\n");
}

it("a process of another user that cannot be shown a folder says which", async (t) => {
  const way = runWays("").find(({ name }) => name === "another user") as RunWay;
  await using targets = await openTargets(way.owner);
  const folder = join(targets.folder, "extension/mounted");
  await mkdir(folder);
  const mounting = [
    "unshare",
    "--mount",
    "sh",
    "-c",
    `mount -t tmpfs none ${folder} && exec "$@"`,
    "sh",
    ...way.command,
  ];
  const reason = await whyNotShown({ ...way, command: mounting });
  if (reason !== undefined) {
    t.skip(reason);
    return;
  }
  const module = join(targets.folder, "extension/attempts.mjs");
  await writeFile(module, "");
  const { command } = await planned({ ...way, command: mounting }, targets, module);
  await assert.rejects(
    within({ ...way, command: mounting }, command),
    /\/extension cannot be shown to it; .* other file systems are mounted/,
  );
});
