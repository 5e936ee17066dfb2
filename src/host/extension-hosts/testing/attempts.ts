import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";

/** Something for each kind of thing that an extension must not reach. */
export interface Targets extends AsyncDisposable {
  readonly folder: string;
  readonly stateDir: string;
  readonly configFile: string;
  /** For `attempts`, as JSON. */
  readonly told: string;
}

/** Not below TMPDIR: other users must be able to get here. */
export async function openTargets(owner: number | undefined): Promise<Targets> {
  const folder = await mkdtemp("/tmp/weir-confined-");
  await chmod(folder, 0o755);
  const stateDir = join(folder, "run");
  await mkdir(stateDir, { mode: 0o700 });
  await mkdir(join(folder, "open"), { mode: 0o777 });
  await chmod(join(folder, "open"), 0o777);
  await mkdir(join(folder, "extension"));
  const socket = join(stateDir, "weir.sock");
  const anybodys = join(folder, "open/anybody.sock");
  const loopback = await listening({ host: "127.0.0.1", port: 0 });
  const servers = [loopback, await listening({ path: socket }), await listening({ path: anybodys })];
  await chmod(socket, 0o600);
  await chmod(anybodys, 0o777);
  await writeFile(join(stateDir, "secret"), "secret", { mode: 0o600 });
  await writeFile(join(folder, "open/file"), "for everybody");
  const victim: ChildProcess = spawn("sleep", ["600"], {
    stdio: "ignore",
    env: { SECRET: "x" },
    ...(owner === undefined ? {} : { uid: owner, gid: owner }),
  });
  const { port } = loopback.address() as AddressInfo;
  if (owner !== undefined) {
    for (const path of [folder, join(folder, "extension"), stateDir, join(stateDir, "secret"), socket])
      await chown(path, owner, owner);
  }
  return {
    folder,
    stateDir,
    configFile: join(folder, "weir.yaml"),
    told: JSON.stringify({ folder, socket, anybodys, port, pid: victim.pid }),
    async [Symbol.asyncDispose]() {
      for (const server of servers) server.close();
      victim.kill("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function listening(options: object): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  server.listen(options);
  await once(server, "listening");
  return server;
}

/**
 * A module, as text, that tries everything and gives as `tried` what came of it: attempt → `done`, or the code of the error.
 *
 * @param told See `Targets`.
 */
export function attempts(told: string): string {
  return `
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { Worker } from "node:worker_threads";

const { folder, socket, anybodys, port, pid } = ${told};
const connected = (...to) => new Promise((resolve, reject) => connect(...to).on("connect", resolve).on("error", reject));
const all = {
  passwd: () => readFileSync("/etc/passwd"),
  secret: () => readFileSync(folder + "/run/secret"),
  listing: () => readdirSync(folder + "/open"),
  file: () => readFileSync(folder + "/open/file"),
  write: () => writeFileSync(folder + "/open/written", "x"),
  writeOwn: () => writeFileSync(folder + "/extension/written", "x"),
  environ: () => readFileSync("/proc/" + pid + "/environ"),
  cmdline: () => readFileSync("/proc/" + pid + "/cmdline"),
  memory: () => readFileSync("/proc/" + pid + "/maps"),
  signal: () => process.kill(pid, 0),
  weirSocket: () => connected(socket),
  otherSocket: () => connected(anybodys),
  loopback: () => connected(port, "127.0.0.1"),
  fork: () => new Promise((resolve, reject) => spawn("/bin/true").on("exit", resolve).on("error", reject)),
  worker: () => new Promise((resolve, reject) => new Worker("", { eval: true }).on("exit", resolve).on("error", reject)),
  addon: () => {
    try {
      process.dlopen({ exports: {} }, "/lib/x86_64-linux-gnu/libm.so.6");
    } catch (error) {
      // It was loaded; that it is no addon was found out afterwards.
      if (!/did not self-register/.test(error.message)) throw error;
    }
  },
};
export const tried = {};
for (const [name, attempt] of Object.entries(all)) {
  try {
    await attempt();
    tried[name] = "done";
  } catch (error) {
    tried[name] = error.code ?? error.message;
  }
}
`;
}
