// Files on a real disk, a clock that the test moves, and a sink that remembers.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { DocumentSink } from "../apply-changes.ts";
import type { PolicyFileStatus } from "../file-ledger.ts";
import { POLICY_DIR_LIMITS, type PolicyDirLimits } from "../limits.ts";
import { PolicyDir } from "../policy-dir.ts";

/** Time that passes when the test says so. */
export class ManualTime {
  nowMs = 1_000_000;
  readonly #waiters: { readonly delayMs: number; readonly resolve: () => void }[] = [];
  #tasks: { readonly atMs: number; readonly task: () => void }[] = [];

  now(): number {
    return this.nowMs;
  }

  /** Settles when something is next scheduled after that delay. */
  scheduled(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#waiters.push({ delayMs, resolve }));
  }

  schedule = (delayMs: number, task: () => void): (() => void) => {
    const entry = { atMs: this.nowMs + delayMs, task };
    this.#tasks.push(entry);
    for (const waiter of this.#waiters) if (waiter.delayMs === delayMs) waiter.resolve();
    return () => {
      this.#tasks = this.#tasks.filter((other) => other !== entry);
    };
  };

  /** Delays of what waits, in milliseconds. */
  waiting(): number[] {
    return this.#tasks.map((entry) => entry.atMs - this.nowMs);
  }

  advance(ms: number): void {
    this.nowMs += ms;
    const due = this.#tasks.filter((entry) => entry.atMs <= this.nowMs);
    this.#tasks = this.#tasks.filter((entry) => entry.atMs > this.nowMs);
    for (const { task } of due) task();
  }
}

/** Remembers what is in force, as the importer would, and every batch. */
export class Sink implements DocumentSink {
  readonly inForce = new Map<string, string>();
  readonly batches: string[] = [];
  refuse: string | undefined;
  hang = false;

  async replace(updates: Parameters<DocumentSink["replace"]>[0]): Promise<void> {
    const told = updates.map(({ source, documents }) => {
      const file = source.name.slice(source.name.lastIndexOf("/") + 1);
      return { file, text: documents.map((document) => document.key).join(" ") };
    });
    if (told.some(({ file }) => file === this.refuse)) throw new Error("no room");
    if (this.hang) await new Promise(() => undefined);
    this.batches.push(told.map(({ file, text }) => `${file}: ${text}`).join("; "));
    for (const { file, text } of told) {
      if (text === "") this.inForce.delete(file);
      else this.inForce.set(file, text);
    }
  }

  get files(): string {
    return [...this.inForce]
      .map(([file, text]) => `${file}: ${text}`)
      .sort()
      .join("; ");
  }
}

export function policy(...names: readonly string[]): string {
  return names
    .map(
      (name) =>
        `apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: ${name}}\nspec: {endpointSelector: {}, ingress: [{}]}\n`,
    )
    .join("---\n");
}

export interface Scene {
  readonly root: string;
  readonly directory: string;
  readonly time: ManualTime;
  readonly sink: Sink;
  readonly told: PolicyFileStatus[];
  /** Files that have gone, with the policies that went with them, as `file: policies`. */
  readonly gone: string[];
  readonly dir: PolicyDir;
  write(name: string, text: string | Uint8Array): Promise<void>;
  /** Two looks: a changed file is read at the second one. */
  settle(): Promise<void>;
  /** Problems now, as `file: message`, the directory left out. */
  problems(): string[];
}

export async function scene(
  t: TestContext,
  paths = ["p/*.yaml"],
  limits: Partial<PolicyDirLimits> = {},
): Promise<Scene> {
  const root = await mkdtemp(join(tmpdir(), "weir-policy-dir-"));
  const directory = join(root, "p");
  await mkdir(directory);
  const time = new ManualTime();
  const sink = new Sink();
  const told: PolicyFileStatus[] = [];
  const gone: string[] = [];
  const dir = new PolicyDir({
    paths,
    baseDirectory: root,
    sink,
    extensions: () => new Map(),
    clock: time,
    schedule: time.schedule,
    listener: {
      onStatus: (status) => told.push(status),
      onGone: (file, removed) => gone.push(`${file.slice(directory.length + 1)}: ${removed.join(" ")}`),
    },
    limits: { ...POLICY_DIR_LIMITS, ...limits },
  });
  t.after(async () => {
    await dir.close();
    await rm(root, { recursive: true, force: true });
  });
  const short = (text: string): string => text.replaceAll(`${root}/`, "");
  return {
    root,
    directory,
    time,
    sink,
    told,
    gone,
    dir,
    write: (name, text) => writeFile(join(directory, name), text),
    settle: async () => {
      await dir.look();
      await dir.look();
    },
    problems: () => dir.statuses().flatMap((status) => status.problems.map((p) => short(`${p.source}: ${p.message}`))),
  };
}
