import type { ExtensionDeclaration } from "../../api/extension.ts";
import type { ExtensionHostEvent } from "../../api/host-report.ts";
import type { ExtensionHostReport, ProcessEnd } from "../../api/rest.ts";
import { reasonOf } from "../../lib/error.ts";
import type { Logger } from "../../lib/log.ts";
import { RestartBackoff } from "../../lib/restart-backoff.ts";
import { timeoutSchedule } from "../../lib/schedule.ts";
import type { Extension } from "../../proxylib/parser.ts";
import { createRemoteOwner, type RemoteOwner, type RemoteWork } from "../../remote-parser/remote-owner.ts";
import type { DeclaredExtension, ExtensionHostLimits } from "../bootstrap.ts";
import { CallWatch } from "./call-watch.ts";
import { DroppedRecords } from "./dropped-records.ts";
import { ExtensionProcess } from "./extension-process.ts";
import { residentBytes } from "./process-memory.ts";
import { ProcessOutput } from "./process-output.ts";
import type { PlanResult } from "./process-plan.ts";

const WATCH_MS = 100;
/** Memory is looked at every so many times. */
const MEMORY_EVERY = 3;
/** So often a process that was given nothing is asked whether it still answers. */
const ASK_EVERY = 2;
/**
 * A process that answers anything but what it was asked may live on for so long: an honest one may have as much to work on
 * that came before.
 */
const ANSWER_MS_MAX = 30_000;
/** Stands for what a process is asked that was given nothing. */
const NO_CONNECTION = -1;
/** Longer gaps mean that this process, or the machine, stood still. */
const FREEZE_MS = 1_000;
/** How long connections wait for the process to come back. */
const WAIT_MS_MAX = 5_000;
const CHANGED =
  "the files of the extension are others than those that the agent has read: start the agent anew to have all hosts run them";
const MIB = 1_048_576;

export interface ExtensionHostOptions {
  /** All of one group. */
  readonly specs: readonly DeclaredExtension[];
  readonly limits: ExtensionHostLimits;
  /** Called before every start: files may have moved. */
  readonly plan: () => Promise<PlanResult>;
  /** Takes each extension of the group at the start. */
  readonly add: (extension: Extension) => void;
  readonly onEvent: (event: ExtensionHostEvent) => void;
  readonly logger: Logger;
}

type State =
  | { readonly kind: "down"; readonly cancel: () => void }
  | { readonly kind: "starting" | "running"; readonly process: ExtensionProcess }
  /** The plan is being made, or nothing was started yet. */
  | { readonly kind: "planning" }
  | { readonly kind: "stopped" };

/** One group of extensions: the process that runs them, started again whenever it ends, and watched. */
export class ExtensionHost {
  private readonly options: ExtensionHostOptions;
  private readonly owner: RemoteOwner;
  private readonly output: ProcessOutput;
  private readonly dropped: DroppedRecords;
  private readonly backoff: RestartBackoff = new RestartBackoff(Math.random);
  private readonly callWatch: CallWatch;
  private readonly answerWatch: CallWatch = new CallWatch(ANSWER_MS_MAX, WATCH_MS);
  private readonly ended: PromiseWithResolvers<void> = Promise.withResolvers();
  private state: State = { kind: "planning" };
  private readonly names: readonly string[];
  private unconfined: readonly string[] = [];
  private wasPlanned = false;
  private watcher: NodeJS.Timeout | undefined;
  private cancelWait: (() => void) | undefined;
  private startedMs = 0;
  private lookedMs = 0;
  private looks = 0;
  private answersDueMs = 0;
  /** When the process was asked whether it still answers; undefined: it has answered. */
  private askedMs: number | undefined;
  private starts = 0;
  private launching: Promise<void> = Promise.resolve();
  private problems: readonly string[] = [];
  private changed = false;
  private memoryBytes = 0;
  private lastEnd: ProcessEnd | undefined;

  constructor(options: ExtensionHostOptions) {
    this.options = options;
    const { specs, limits, logger } = options;
    this.names = specs.map(({ declaration }) => declaration.name);
    this.output = new ProcessOutput(this.names, logger, timeoutSchedule);
    this.callWatch = new CallWatch(limits.callMs, WATCH_MS);
    this.dropped = new DroppedRecords(() => this.owner.recordsDropped, logger);
    this.owner = createRemoteOwner({
      now: () => performance.now(),
      bufferedBytesMax: limits.bufferedBytesMax,
      connectionsMax: limits.connectionsMax,
      onReady: () => {
        this.askedMs = undefined;
        this.problems = this.owner.differences;
        this.stopWaiting();
      },
    });
  }

  /** Connections are taken from now on, whenever the process comes. */
  start(): void {
    for (const { declaration } of this.options.specs) this.options.add(this.owner.extension(declaration));
    this.wait();
    this.relaunch();
  }

  /** Ends the process; connections under its extensions are closed. */
  async stop(): Promise<void> {
    const { state } = this;
    this.state = { kind: "stopped" };
    this.stopWaiting();
    if (state.kind === "down") state.cancel();
    if (state.kind === "starting" || state.kind === "running") {
      state.process.end("weir stops it");
      await this.ended.promise;
    }
    // What is being planned comes to nothing, but touches files until then.
    await this.launching;
    this.owner.closeAll("the host ends");
    this.dropped.close();
  }

  policyChanged(): void {
    this.owner.policyChanged();
  }

  settled(): Promise<void> {
    return this.owner.settled();
  }

  report(): ExtensionHostReport {
    const { state } = this;
    const process = state.kind === "starting" || state.kind === "running" ? state.process : undefined;
    return {
      extensions: this.names,
      pid: process?.pid ?? 0,
      state: reportedState(state.kind),
      confined: this.wasPlanned && this.unconfined.length === 0,
      unconfined: this.unconfined,
      problems: this.problems,
      changed: this.changed,
      connections: this.owner.connections,
      memoryBytes: process === undefined ? 0 : this.memoryBytes,
      restarts: Math.max(0, this.starts - 1),
      recordsDropped: this.dropped.count,
      ...(this.lastEnd === undefined ? {} : { lastEnd: this.lastEnd }),
    };
  }

  private relaunch(): void {
    this.launching = this.launch();
  }

  private async launch(): Promise<void> {
    this.starts++;
    this.startedMs = performance.now();
    const planned: PlanResult = await this.options.plan().catch((error: unknown) => ({
      ok: false,
      failures: [reasonOf(error)],
    }));
    if (this.state.kind === "stopped") return;
    if (!planned.ok) {
      this.onEnd(undefined, planned.failures.join("; "));
      return;
    }
    this.unconfined = planned.plan.unconfined;
    this.wasPlanned = true;
    const process: ExtensionProcess = new ExtensionProcess(planned.plan, "serve", this.output, {
      onLoaded: (extensions, code) => this.onLoaded(process, extensions, code),
      // They are the reason of its end as well.
      onFailures() {},
      onBytes: (bytes) => this.owner.receive(bytes),
      onDrain: () => this.owner.drained(),
      onEnd: (reason) => this.onEnd(process, reason),
    });
    this.state = { kind: "starting", process };
  }

  private onLoaded(process: ExtensionProcess, extensions: readonly ExtensionDeclaration[], code: string): void {
    if (this.state.kind === "stopped") return;
    checkNames(this.names, extensions);
    this.changed = this.options.specs.some((spec) => spec.code !== code);
    this.state = { kind: "running", process };
    // HELLO.
    this.askedMs = performance.now();
    this.owner.up({
      send: (frames) => process.send(frames),
      // Behind everything that has arrived together, for whatever connections.
      atTurnEnd: (flush) => void setImmediate(flush),
      broken: (reason) => process.end(`it broke the protocol: ${reason}`),
    });
    this.lookedMs = performance.now();
    this.watcher = setInterval(() => setImmediate(() => this.watch()), WATCH_MS);
    const { pid } = process;
    this.options.logger.info({ extensions: this.names, pid, unconfined: this.unconfined }, "an extension host runs");
    if (this.changed) this.options.logger.warn({ extensions: this.names, pid }, CHANGED);
    this.options.onEvent({ event: "started", time: new Date().toISOString(), extensions: this.names, pid });
  }

  private onEnd(process: ExtensionProcess | undefined, reason: string): void {
    clearInterval(this.watcher);
    this.problems = [];
    this.changed = false;
    this.dropped.look(performance.now());
    const isStopped = this.state.kind === "stopped";
    const wasUp = this.state.kind === "running" || isStopped;
    const { connections } = this.owner;
    if (wasUp) this.owner.down(reason);
    const end: ProcessEnd = { time: new Date().toISOString(), pid: process?.pid ?? 0, reason };
    this.lastEnd = end;
    if (isStopped) {
      this.ended.resolve();
      return;
    }

    const ranMs = performance.now() - this.startedMs;
    const delayMs = this.backoff.delayMs(ranMs);
    this.state = { kind: "down", cancel: timeoutSchedule(delayMs, () => this.relaunch()) };
    if (wasUp) this.wait();
    const lost = connections - this.owner.connections;
    this.options.logger.warn(
      { extensions: this.names, reason, connections: lost, restartMs: delayMs },
      "an extension host has ended",
    );
    this.options.onEvent({ event: "ended", extensions: this.names, end, connections: lost });
  }

  /** Connections wait for the next process, but not for ever. */
  private wait(): void {
    this.stopWaiting();
    this.cancelWait = timeoutSchedule(WAIT_MS_MAX, () => {
      const why = this.lastEnd === undefined ? "it is still being started" : this.lastEnd.reason;
      this.owner.closeAll(`its extension host has not come up for ${WAIT_MS_MAX} ms: ${why}`);
      this.wait();
    });
  }

  private stopWaiting(): void {
    this.cancelWait?.();
    this.cancelWait = undefined;
  }

  /** Called behind the input that has arrived meanwhile: what was answered in time is not held against anybody. */
  private watch(): void {
    if (this.state.kind !== "running") return;
    const { process } = this.state;
    const { limits } = this.options;
    const now = performance.now();
    const elapsedMs = now - this.lookedMs;
    this.lookedMs = now;
    this.dropped.look(now);
    const work = this.owner.work ?? this.askedWork(now);
    if (this.callWatch.isStuck(work, elapsedMs)) {
      const where = work?.connection === NO_CONNECTION ? "outside of any call" : `in extension ${work?.extension}`;
      process.end(`stuck ${where} for ${Math.round(work?.forMs ?? 0)} ms`);
      return;
    }
    if (this.answerWatch.isStuck(this.askedWork(now), elapsedMs)) {
      process.end(`it has not answered for ${ANSWER_MS_MAX} ms what it was asked`);
      return;
    }
    if (this.looks % ASK_EVERY === 0) this.ask(now);
    if (elapsedMs > FREEZE_MS) this.answersDueMs = now + limits.answerMs;
    if (now >= this.answersDueMs) this.owner.closeUnanswered(limits.answerMs);
    if (this.looks++ % MEMORY_EVERY === 0) this.lookAtMemory(process);
  }

  /** An extension may be stuck in a timer of its own: nobody would notice before the next bytes. */
  private ask(now: number): void {
    if (this.askedMs !== undefined) return;
    this.askedMs = now;
    void this.owner.settled().then(() => {
      if (this.askedMs === now) this.askedMs = undefined;
    });
  }

  private askedWork(now: number): RemoteWork | undefined {
    const { askedMs } = this;
    return askedMs === undefined ? undefined : { extension: "", connection: NO_CONNECTION, forMs: now - askedMs };
  }

  private lookAtMemory(process: ExtensionProcess): void {
    const max = this.options.limits.memoryBytesMax;
    this.memoryBytes = process.pid === 0 ? 0 : residentBytes(process.pid);
    if (this.memoryBytes <= max) return;
    process.end(`it used ${mebibytes(this.memoryBytes)} of memory; ${mebibytes(max)} are the limit`);
  }
}

/** What an extension says in the place of its process may be anything, the name of somebody else's extension among it. */
function checkNames(wanted: readonly string[], extensions: readonly ExtensionDeclaration[]): void {
  const names = extensions.map(({ name }) => name);
  if (names.length === wanted.length && wanted.every((name, at) => name === names[at])) return;
  throw new Error(`it says that it runs ${names.slice(0, wanted.length + 1).join(", ")}, not ${wanted.join(", ")}`);
}

function reportedState(kind: State["kind"]): ExtensionHostReport["state"] {
  if (kind === "running") return "running";
  return kind === "planning" || kind === "starting" ? "starting" : "down";
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / MIB)} MiB`;
}
