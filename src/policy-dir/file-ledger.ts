import type { ApiProblem, PolicyFileReport } from "../api/rest.ts";
import type { PolicyDocument } from "../policy/rule.ts";

/** What the last look at a file gave. */
export interface FileReading {
  readonly documents: readonly PolicyDocument[];
  /** Not empty: `documents` do not count, and what was in force before stays. */
  readonly problems: readonly ApiProblem[];
  readonly warnings: readonly ApiProblem[];
  /** Where the name of each document stands in the file. */
  readonly places: ReadonlyMap<string, { readonly line: number; readonly column: number }>;
}

export interface PolicyFileStatus extends PolicyFileReport {
  /** `file`: one file. `path`: what is wrong with a path of the configuration as a whole. */
  readonly kind: "file" | "path";
  /** Since when the file's text has not been in force, in milliseconds since the epoch; undefined: it is. */
  readonly since: number | undefined;
}

/** That a file's documents in force are to be these, in place of those `before`. */
export interface FileChange {
  readonly file: string;
  readonly before: readonly PolicyDocument[];
  readonly documents: readonly PolicyDocument[];
}

interface Entry {
  reading: FileReading;
  /** The file is gone, and its documents are to go. */
  gone: boolean;
  inForce: readonly PolicyDocument[];
  /** Two files that claim one policy, or a change that was refused. */
  problems: readonly ApiProblem[];
  since: number | undefined;
}

/**
 * Decides what each file contributes. It knows what is in force and what the files say now, and never reads a file
 * itself: a broken file keeps its last good documents, and of two files that claim one policy the one that has it keeps
 * it, or none gets it.
 */
export class FileLedger {
  readonly #entries: Map<string, Entry> = new Map();

  files(): string[] {
    return [...this.#entries.keys()];
  }

  record(file: string, reading: FileReading): void {
    const entry = this.#entries.get(file);
    if (entry === undefined) {
      this.#entries.set(file, { reading, gone: false, inForce: [], problems: [], since: undefined });
    } else {
      entry.reading = reading;
      entry.gone = false;
    }
  }

  recordGone(file: string): void {
    const entry = this.#entries.get(file);
    if (entry === undefined) return;
    if (entry.inForce.length === 0) this.#entries.delete(file);
    else entry.gone = true;
  }

  /** Whether every document in force from this file is now given by another file: it was renamed. */
  isTakenOver(file: string): boolean {
    const mine = this.#entries.get(file)?.inForce ?? [];
    if (mine.length === 0) return false;
    const others = new Set<string>();
    for (const [name, entry] of this.#entries) {
      if (name === file || entry.gone || entry.reading.problems.length > 0) continue;
      for (const document of entry.reading.documents) others.add(document.key);
    }
    return mine.every((document) => others.has(document.key));
  }

  /** What has to change, all at once if possible. */
  plan(): FileChange[] {
    const changes: FileChange[] = [];
    for (const [file, documents] of this.#resolveClaims()) {
      const before = this.#entries.get(file)?.inForce ?? [];
      if (documents !== before) changes.push({ file, before, documents });
    }
    return changes;
  }

  committed(change: FileChange): void {
    const entry = this.#entries.get(change.file);
    if (entry === undefined) return;
    entry.inForce = change.documents;
    if (entry.gone) this.#entries.delete(change.file);
  }

  /** The change was not taken: it will be planned again. */
  refused(change: FileChange, message: string): void {
    const entry = this.#entries.get(change.file);
    if (entry !== undefined) entry.problems = [...entry.problems, fileProblem(change.file, message)];
  }

  /** All files by name. `now` begins the `since` of files that have just become broken. */
  statuses(now: number): PolicyFileStatus[] {
    return [...this.#entries]
      .map(([file, entry]) => {
        const problems = [...entry.reading.problems, ...entry.problems];
        entry.since = problems.length === 0 ? undefined : (entry.since ?? now);
        const documents = entry.inForce.map((document) => document.key);
        return {
          kind: "file" as const,
          file,
          documents,
          problems,
          warnings: entry.reading.warnings,
          since: entry.since,
        };
      })
      .sort((a, b) => (a.file < b.file ? -1 : 1));
  }

  /** File → what it is to contribute; no policy is in two of the lists. */
  #resolveClaims(): Map<string, readonly PolicyDocument[]> {
    const wanted = new Map<string, readonly PolicyDocument[]>();
    for (const [file, entry] of this.#entries) {
      entry.problems = [];
      const { documents, problems } = entry.reading;
      wanted.set(file, entry.gone ? [] : problems.length > 0 ? entry.inForce : documents);
    }
    // A refused file falls back on what it has, which may be what another one hoped to take over: so once more, until
    // nobody is refused. Ends at the latest when every file keeps what it has.
    let refused = true;
    while (refused) {
      refused = false;
      for (const [key, files] of claims(wanted)) {
        if (files.length < 2) continue;
        for (const file of files) {
          const entry = this.#entries.get(file);
          if (entry === undefined || entry.inForce.some((document) => document.key === key)) continue;
          const others = files.filter((other) => other !== file).join(", ");
          const place = entry.reading.places.get(key);
          const message = `policy \`${key}\` is also given by ${others}`;
          const hint = "rename one, or write their rules into one document";
          entry.problems = [
            ...entry.problems,
            { ...fileProblem(file, message), ...place, path: "metadata.name", hint },
          ];
          wanted.set(file, entry.inForce);
          refused = true;
        }
      }
    }
    return wanted;
  }
}

/** Policy → files that want to give it. */
function claims(wanted: ReadonlyMap<string, readonly PolicyDocument[]>): Map<string, string[]> {
  const byKey = new Map<string, string[]>();
  for (const [file, documents] of wanted) {
    for (const { key } of documents) {
      const files = byKey.get(key);
      if (files === undefined) byKey.set(key, [file]);
      else files.push(file);
    }
  }
  return byKey;
}

/** A problem of the file as a whole. */
export function fileProblem(file: string, message: string): ApiProblem {
  return { source: file, line: 1, column: 1, path: "", message };
}
