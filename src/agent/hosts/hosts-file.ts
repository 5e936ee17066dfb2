import { rm } from "node:fs/promises";
import { z } from "zod";
import type { HostIdentity } from "../../api/host-identity.ts";
import { reasonOf } from "../../lib/error.ts";
import type { Logger } from "../../lib/log.ts";
import { HOSTS_MAX } from "../config/default-hosts.ts";
import { StateFile } from "../state-file.ts";

/** One host process, as the next agent has to know it. */
export interface HostEntry extends HostIdentity {
  readonly pid: number;
  /** Which of the processes that had this number: see `HostProcess.start`. */
  readonly start: string;
  /** SHA-256 in hex. */
  readonly tokenHash: string;
  readonly configKey: string;
  /** HOST_PROTOCOL_VERSION */
  readonly version: number;
  /** ISO 8601. */
  readonly startedAt: string;
}

const hash = z.string().regex(/^[0-9a-f]{64}$/);

const entry: z.ZodType<HostEntry> = z.strictObject({
  index: z.int().min(0).max(HOSTS_MAX),
  instance: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  // Neither 0 nor below: a signal to such a number would reach whole groups.
  pid: z.int().min(2),
  start: z.string().min(1).max(100),
  tokenHash: hash,
  configKey: hash,
  version: z.int(),
  startedAt: z.iso.datetime(),
});

/** `hosts.json` in the state directory: the host processes there are, for the next agent. None: there is no file. */
export class HostsFile {
  private readonly file: StateFile<HostEntry>;
  private readonly entries: () => readonly HostEntry[];
  private readonly logger: Logger;
  private writing: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;

  /** @param entries The hosts there are at present. */
  constructor(path: string, entries: () => readonly HostEntry[], logger: Logger) {
    this.entries = entries;
    this.logger = logger;
    this.file = new StateFile<HostEntry>(path, {
      member: "hosts",
      entry,
      what: "the host processes",
      instead: "configure fewer `hosts`",
    });
  }

  get path(): string {
    return this.file.path;
  }

  load(): Promise<readonly HostEntry[]> {
    return this.file.load();
  }

  /** Settles when the file has what there is now, or more. Throws WEIR_API_FAILED. */
  save(): Promise<void> {
    // Whoever asks while one is written waits for the one behind it, which holds the changes of all of them.
    this.next ??= this.writing
      .catch(() => {})
      .then(() => {
        this.next = undefined;
        this.writing = this.write();
        return this.writing;
      });
    return this.next;
  }

  /** As `save`. Never rejects: a host too many in the file is no harm, since it is looked for before it is believed in. */
  async trySave(): Promise<void> {
    await this.save().catch((error: unknown) => {
      this.logger.error({}, `${this.path} cannot be written: ${reasonOf(error)}`);
    });
  }

  private async write(): Promise<void> {
    const entries = this.entries();
    if (entries.length === 0) return rm(this.path, { force: true });
    const draft = await this.file.prepare(entries);
    await draft.commit();
  }
}
