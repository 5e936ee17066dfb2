import { basename, dirname } from "node:path";
import type { ExtensionDeclaration } from "../api/extension.ts";
import type { Clock } from "../lib/clock.ts";
import { type Schedule, timeoutSchedule } from "../lib/schedule.ts";
import { parsePolicyText } from "../policy/document/parse-policy-text.ts";
import { applyChanges, type DocumentSink, sourceOf } from "./apply-changes.ts";
import { DirectoryWatch } from "./directory-watch.ts";
import { FileLedger, type FileReading, fileProblem, type PolicyFileStatus } from "./file-ledger.ts";
import { POLICY_DIR_LIMITS, type PolicyDirLimits } from "./limits.ts";
import { type Listing, listFiles } from "./list-files.ts";
import { type PolicyPath, parsePolicyPath } from "./policy-path.ts";
import { CHANGING, type FileSignature, readPolicyFile, signatureOf } from "./read-policy-file.ts";
import { type StatusListener, StatusNews } from "./status-news.ts";

export interface PolicyDirOptions {
  /** Files and patterns, see `parsePolicyPath`. */
  readonly paths: readonly string[];
  /** What relative paths are relative to. */
  readonly baseDirectory: string;
  readonly sink: DocumentSink;
  /** Asked at every reading: extensions come and go. */
  readonly extensions: () => ReadonlyMap<string, ExtensionDeclaration>;
  /** Names that policies may select as `reserved:<name>`, beside those that every node knows. */
  readonly fixedIdentities?: ReadonlySet<string>;
  readonly clock: Clock;
  readonly listener: StatusListener;
  readonly schedule?: Schedule;
  readonly limits?: PolicyDirLimits;
}

interface Seen {
  /** Of the last look: a file is only read once two looks agree, so that it is not read while it is written. */
  lookedAt: FileSignature | undefined;
  read: FileSignature | undefined;
  missingSince: number | undefined;
}

/**
 * Policy from files: reads them all at start, follows their changes, and hands each file's documents to the importer.
 * What is broken never takes effect: the last good documents of a file stay in force, and its status says why.
 */
export class PolicyDir {
  readonly #options: PolicyDirOptions;
  readonly #limits: PolicyDirLimits;
  readonly #schedule: Schedule;
  readonly #paths: readonly PolicyPath[];
  readonly #ledger: FileLedger = new FileLedger();
  readonly #seen: Map<string, Seen> = new Map();
  /** Path as configured → what is wrong with it as a whole. */
  readonly #pathStatuses: Map<string, PolicyFileStatus> = new Map();
  readonly #directoryIds: Map<PolicyPath, string> = new Map();
  readonly #watch: DirectoryWatch;
  readonly #news: StatusNews;
  #statuses: readonly PolicyFileStatus[] = [];
  #scanning: Promise<void> = Promise.resolve();
  #next: { readonly atMs: number; readonly cancel: () => void } | undefined;
  #closed = false;

  /** Throws WEIR_CONFIG_INVALID for a path that is none. */
  constructor(options: PolicyDirOptions) {
    this.#options = options;
    this.#limits = options.limits ?? POLICY_DIR_LIMITS;
    this.#schedule = options.schedule ?? timeoutSchedule;
    this.#news = new StatusNews(options.listener);
    this.#paths = options.paths.map((path) => parsePolicyPath(path, options.baseDirectory));
    this.#watch = new DirectoryWatch(() => this.#lookIn(this.#limits.debounceMs));
  }

  /**
   * Reads everything once, puts what is good in force, and begins to follow changes. A status with problems means that
   * policy which somebody wants is not in force: the caller must not open what it could have protected.
   */
  async start(): Promise<readonly PolicyFileStatus[]> {
    await this.reload();
    return this.#statuses;
  }

  /** Of every file, and of every path that is wrong as a whole; by name. */
  statuses(): readonly PolicyFileStatus[] {
    return this.#statuses;
  }

  /** Reads every file again, changed or not: the extensions that rules are checked against may have changed. */
  reload(): Promise<void> {
    return this.#scan(true);
  }

  /** Looks for changed files now. */
  look(): Promise<void> {
    return this.#scan(false);
  }

  /** Ends following; what is in force stays. Settles when nothing is under way any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#next?.cancel();
    this.#next = undefined;
    this.#watch.close();
    await this.#scanning;
  }

  /** Scans never overlap. */
  #scan(readAll: boolean): Promise<void> {
    const scan = this.#scanning.then(() => this.#scanNow(readAll));
    // Whoever asked for the scan is told of its failure; the next one is not concerned.
    this.#scanning = scan.catch(() => undefined);
    return scan;
  }

  async #scanNow(readAll: boolean): Promise<void> {
    if (this.#closed) return;
    const present = new Set<string>();
    const kept = new Set<string>();
    for (const path of this.#paths) {
      const listing = await listFiles(path, this.#limits);
      this.#judge(path, listing, present, kept);
    }
    let unsettled = false;
    for (const file of present) {
      if (this.#closed) return;
      if (!(await this.#readIfChanged(file, readAll))) unsettled = true;
    }
    const absent = this.#ledger.files().filter((file) => !present.has(file) && !kept.has(file));
    for (const file of absent) if (!this.#missing(file)) unsettled = true;
    await applyChanges(this.#ledger, this.#options.sink, this.#schedule, this.#limits.applyWaitMs);
    this.#tell();
    this.#lookIn(unsettled ? this.#limits.debounceMs : this.#limits.rescanMs);
  }

  /** Adds the files that are there to `present`, and to `kept` those of which it cannot be said whether they are. */
  #judge(path: PolicyPath, listing: Listing, present: Set<string>, kept: Set<string>): void {
    const mine = this.#ledger.files().filter((file) => belongs(file, path));
    if (listing.kind === "failed") {
      this.#watch.drop(path.directory);
      for (const file of mine) kept.add(file);
      this.#setPathStatus(path, listing.message, undefined);
      return;
    }
    this.#watch.follow(path.directory, listing.directoryId);
    let problem: string | undefined;
    let warning: string | undefined;
    const named = path.match.kind === "name";
    if (listing.files.length === 0 && (named || this.#isAnotherDirectory(path, listing.directoryId))) {
      // An unmounted or freshly made directory is empty too, and that is no wish to remove every policy.
      problem = named ? "the file does not exist" : "the directory was replaced by one without policies";
      if (mine.length > 0) problem += "; its last good policies stay in force";
      for (const file of mine) kept.add(file);
    } else {
      this.#directoryIds.set(path, listing.directoryId);
      if (listing.files.length === 0) warning = "no file matches";
    }
    for (const file of listing.files) {
      if (present.has(file) || present.size < this.#limits.filesMax) {
        present.add(file);
      } else {
        kept.add(file);
        problem = `more policy files than the limit of ${this.#limits.filesMax}; the rest is not read`;
      }
    }
    this.#setPathStatus(path, problem, warning);
  }

  #isAnotherDirectory(path: PolicyPath, directoryId: string): boolean {
    const before = this.#directoryIds.get(path);
    return before !== undefined && before !== directoryId && this.#ledger.files().some((file) => belongs(file, path));
  }

  /** false: the file is changing, and another look soon is due. */
  async #readIfChanged(file: string, always: boolean): Promise<boolean> {
    const seen = this.#seen.get(file) ?? { lookedAt: undefined, read: undefined, missingSince: undefined };
    this.#seen.set(file, seen);
    seen.missingSince = undefined;
    const signature = await signatureOf(file);
    const settled = signature === seen.lookedAt;
    seen.lookedAt = signature;
    if (!always && signature === seen.read) return true;
    if (!always && !settled) return false;
    const content = await readPolicyFile(file, this.#limits.fileBytesMax);
    if (!always && content.signature === CHANGING) return false;
    seen.read = content.signature;
    this.#ledger.record(
      file,
      content.kind === "text" ? this.#parse(file, content.text) : broken(file, content.message),
    );
    return true;
  }

  #parse(file: string, text: string): FileReading {
    const { extensions, fixedIdentities = new Set() } = this.#options;
    const { documents, errors, warnings, places } = parsePolicyText(text, sourceOf(file), extensions(), {
      fixedIdentities,
    });
    return { documents, problems: errors, warnings, places };
  }

  /** false: it may come back; another look soon is due. */
  #missing(file: string): boolean {
    const seen = this.#seen.get(file);
    const now = this.#options.clock.now();
    const since = seen?.missingSince ?? now;
    if (seen !== undefined) seen.missingSince = since;
    if (now - since < this.#limits.goneAfterMs && !this.#ledger.isTakenOver(file)) return false;
    this.#ledger.recordGone(file);
    return true;
  }

  #setPathStatus(path: PolicyPath, problem: string | undefined, warning: string | undefined): void {
    const { text: file } = path;
    const before = this.#pathStatuses.get(file);
    if (problem === undefined && warning === undefined) {
      this.#pathStatuses.delete(file);
      return;
    }
    const problems = problem === undefined ? [] : [fileProblem(file, problem)];
    const warnings = warning === undefined ? [] : [fileProblem(file, warning)];
    const since = problem === undefined ? undefined : (before?.since ?? this.#options.clock.now());
    this.#pathStatuses.set(file, { kind: "path", file, documents: [], problems, warnings, since });
  }

  #tell(): void {
    this.#statuses = [...this.#pathStatuses.values(), ...this.#ledger.statuses(this.#options.clock.now())];
    for (const file of this.#news.tell(this.#statuses)) this.#seen.delete(file);
  }

  /** The next look comes at the latest after so long. A later call never puts it off, so a busy directory is looked at too. */
  #lookIn(delayMs: number): void {
    if (this.#closed) return;
    const atMs = this.#options.clock.now() + delayMs;
    if (this.#next !== undefined && this.#next.atMs <= atMs) return;
    this.#next?.cancel();
    const cancel = this.#schedule(delayMs, () => {
      this.#next = undefined;
      void this.look();
    });
    this.#next = { atMs, cancel };
  }
}

function belongs(file: string, path: PolicyPath): boolean {
  if (dirname(file) !== path.directory) return false;
  return path.match.kind === "name" ? path.match.name === basename(file) : path.match.regex.test(basename(file));
}

function broken(file: string, message: string): FileReading {
  return { documents: [], problems: [fileProblem(file, message)], warnings: [], places: new Map() };
}
