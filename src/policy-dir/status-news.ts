import type { PolicyFileStatus } from "./file-ledger.ts";

/** Hears what becomes of policy files. */
export interface StatusListener {
  /** What is said of a file, or of a path of the configuration, has changed; broken and mended alike. */
  onStatus(status: PolicyFileStatus): void;
  /**
   * A file has gone.
   *
   * @param removed Policies that went with it. None: another file gives them now, or nothing of it was in force.
   */
  onGone(file: string, removed: readonly string[]): void;
}

interface Told {
  readonly status: PolicyFileStatus;
  /** To see whether the next one is another. */
  readonly text: string;
}

/** Tells what is new in the statuses of all files, once. */
export class StatusNews {
  readonly #listener: StatusListener;
  #told: ReadonlyMap<string, Told> = new Map();

  constructor(listener: StatusListener) {
    this.#listener = listener;
  }

  /** @returns Files that have gone. */
  tell(statuses: readonly PolicyFileStatus[]): readonly string[] {
    const before = this.#told;
    const now = new Map(statuses.map((status) => [keyOf(status), { status, text: JSON.stringify(status) }]));
    this.#told = now;
    for (const [key, { status, text }] of now) {
      if (before.get(key)?.text !== text) this.#listener.onStatus(status);
    }
    const inForce = new Set(statuses.flatMap((status) => status.documents));
    const gone: string[] = [];
    for (const [key, { status }] of before) {
      if (now.has(key)) continue;
      const { kind, file, documents } = status;
      if (kind === "path") {
        this.#listener.onStatus({ kind, file, documents: [], problems: [], warnings: [], since: undefined });
      } else {
        gone.push(file);
        this.#listener.onGone(
          file,
          documents.filter((document) => !inForce.has(document)),
        );
      }
    }
    return gone;
  }
}

/** A path of the configuration may have the very name of a file. */
function keyOf({ kind, file }: PolicyFileStatus): string {
  return `${kind} ${file}`;
}
