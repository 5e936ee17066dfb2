import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { constants } from "node:os";
import type { ExtensionDeclaration } from "../../api/extension.ts";
import { BOOTSTRAP_BYTES_MAX, type ExtensionHostBootstrap } from "../../extension-host/bootstrap.ts";
import { encodeJsonMessage, JsonMessageReader } from "../../extension-host/json-message.ts";
import { reasonOf } from "../../lib/error.ts";
import { TOOLS_ENVIRONMENT } from "./confinement.ts";
import { innerProcess } from "./inner-process.ts";
import type { ProcessOutput } from "./process-output.ts";
import type { ProcessPlan } from "./process-plan.ts";
import { readAnswer } from "./read-answer.ts";

/** A process that does not say what it has loaded for so long is ended. */
const START_MS_MAX = 15_000;
/** What a process that has ended left in its channel is read for so long. */
const REST_MS_MAX = 1_000;
/** A process that closes its channel is of no use: it may live on for so long. */
const CLOSED_MS_MAX = 250;
/** As shells tell that a signal ended a program. */
const SIGNAL_CODES = 128;
/** Bytes of one process that are worked off before everybody else's are. */
const TURN_BYTES_MAX = 262_144;
/** The same in milliseconds: a few bytes may bring a lot of work. */
const TURN_MS_MAX = 4;

export interface ProcessHandlers {
  /** It has loaded its extensions from files with this hash; the stream carries the remote-parser protocol from now on. Throwing ends the process. */
  onLoaded(extensions: readonly ExtensionDeclaration[], code: string): void;
  /** It could not load them, and ends. One message for each that is wrong. */
  onFailures(failures: readonly string[]): void;
  /** Bytes of the protocol. Throwing ends the process. */
  onBytes(bytes: Uint8Array): void;
  /** `send` may be used again. */
  onDrain(): void;
  /** Last of all, and once. `reason`: for example `killed by SIGKILL`. */
  onEnd(reason: string): void;
}

/** One process that runs extensions, from its start to its end. */
export class ExtensionProcess {
  private readonly child: ChildProcess;
  private readonly channel: Socket | undefined;
  private readonly plan: ProcessPlan;
  private readonly output: ProcessOutput;
  private readonly handlers: ProcessHandlers;
  private readonly starting: NodeJS.Timeout;
  private readonly reader: JsonMessageReader = new JsonMessageReader(BOOTSTRAP_BYTES_MAX);
  private loaded = false;
  private turnBytes = 0;
  private turnMs = 0;
  /** As long as the number is surely its own. */
  private inner: number | undefined;
  private innerPid = 0;
  /** Why it is ended by us. */
  private why: string | undefined;
  private exit: string | undefined;
  private closing: NodeJS.Timeout | undefined;
  private rest: NodeJS.Timeout | undefined;
  private isOver = false;

  constructor(
    plan: ProcessPlan,
    mode: ExtensionHostBootstrap["mode"],
    output: ProcessOutput,
    handlers: ProcessHandlers,
  ) {
    this.plan = plan;
    this.output = output;
    this.handlers = handlers;
    const [file = "", ...parameters] = plan.command;
    // A session of its own: what a terminal sends to weir is not for it.
    this.child = spawn(file, parameters, {
      ...{ stdio: ["ignore", "pipe", "pipe", "pipe"], env: TOOLS_ENVIRONMENT, cwd: "/", detached: true },
    });
    output.read(this.child);
    this.starting = setTimeout(() => this.end(`it did not load within ${START_MS_MAX} ms`), START_MS_MAX);
    this.child.on("error", (error) => this.exited(`it could not be started: ${error.message}`));
    this.child.on("exit", (code, signal) => {
      this.exited(signal === null ? describeCode(code ?? 0, plan.forks) : `killed by ${signal}`);
    });
    // Behind the last byte of everything that it wrote.
    this.child.on("close", () => this.finish());
    this.channel = this.child.stdio[3] as Socket | undefined;
    if (this.channel === undefined || this.child.pid === undefined) return;
    this.channel.on("data", (bytes: Buffer) => this.received(bytes));
    this.channel.on("drain", () => handlers.onDrain());
    // Also after an error. Most of the time because the process ends, and then its end tells more.
    this.channel
      .on("error", () => {})
      .on("close", () => {
        this.closing = setTimeout(() => this.end("it closed its channel"), CLOSED_MS_MAX);
      });
    const bootstrap: ExtensionHostBootstrap = { mode, modules: plan.modules };
    this.channel.write(encodeJsonMessage(bootstrap));
  }

  /** Of the process that runs the extensions, also when it has ended; 0: not known yet. */
  get pid(): number {
    return this.plan.forks ? this.innerPid : (this.child.pid ?? 0);
  }

  /** See `RemoteLink.send`. */
  send(bytes: Uint8Array): boolean {
    return this.channel?.writable === true ? this.channel.write(bytes) : true;
  }

  /** Kills it at once, whatever it does. `onEnd` follows. */
  end(why: string): void {
    if (this.isOver || this.exit !== undefined) return;
    this.why ??= why;
    if (this.inner !== undefined) kill(this.inner);
    // Programs that it was allowed to start end with it.
    if (this.child.pid !== undefined) kill(-this.child.pid);
  }

  private received(bytes: Buffer): void {
    const begunMs = performance.now();
    try {
      if (this.loaded) this.handlers.onBytes(bytes);
      else this.answered(bytes);
    } catch (error) {
      this.channel?.destroy();
      this.end(reasonOf(error));
      return;
    }
    this.turnBytes += bytes.length;
    this.turnMs += performance.now() - begunMs;
    const isMuch = this.turnBytes > TURN_BYTES_MAX || this.turnMs > TURN_MS_MAX;
    if (!isMuch || this.channel === undefined) return;
    this.channel.pause();
    setImmediate(() => {
      this.turnBytes = 0;
      this.turnMs = 0;
      this.channel?.resume();
    });
  }

  private answered(bytes: Buffer): void {
    const message = this.reader.take(bytes);
    if (message === undefined) return;
    const answer = readAnswer(message.value);
    clearTimeout(this.starting);
    this.loaded = true;
    if ("failures" in answer) {
      this.handlers.onFailures(answer.failures);
      throw new Error(answer.failures.join("; "));
    }
    if (this.plan.forks && this.child.pid !== undefined) this.inner = innerProcess(this.child.pid);
    this.innerPid = this.inner ?? 0;
    this.handlers.onLoaded(answer.extensions, answer.code);
    if (message.rest.length > 0) this.handlers.onBytes(message.rest);
  }

  private exited(how: string): void {
    if (this.exit !== undefined) return;
    this.exit = how;
    this.inner = undefined;
    clearTimeout(this.starting);
    clearTimeout(this.closing);
    this.output.readRest();
    // What it had decided before its end is carried out first.
    this.rest = setTimeout(() => {
      for (const stream of this.child.stdio) stream?.destroy();
      this.finish();
    }, REST_MS_MAX);
  }

  private finish(): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.rest);
    clearTimeout(this.closing);
    const { exit = "ended", why, output } = this;
    if (why !== undefined) this.handlers.onEnd(why);
    else this.handlers.onEnd(output.lastWords === "" ? exit : `${exit}: ${output.lastWords}`);
  }
}

/** Where a shell waited for the process, its code tells of signals, too. */
function describeCode(code: number, byShell: boolean): string {
  const signal = Object.entries(constants.signals).find(([, number]) => byShell && code === SIGNAL_CODES + number);
  return signal === undefined ? `ended with code ${code}` : `killed by ${signal[0]}`;
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself meanwhile.
  }
}
