import type { NumericIdentity, PolicyRevision } from "../api/identity.ts";
import type { LabelSet } from "../labels/label-set.ts";
import { WeirError } from "../lib/error.ts";
import { addTo, removeFrom } from "../lib/multimap.ts";
import { REPOSITORY_LIMITS, type RepositoryLimits, statementsOf } from "./repository-limits.ts";
import type { DocumentSource, PolicyDocument, Rule } from "./rule.ts";
import type { CachedSelector, SelectorCache, SelectorUser } from "./selector-cache.ts";

/** What changes in one step. Documents that it does not speak of stay as they are. */
export interface RepositoryUpdate {
  /** Sources that from now on provide exactly the documents that `put` has from them. */
  readonly replaced: readonly DocumentSource[];
  /** Each replaces the document of its key. */
  readonly put: readonly PolicyDocument[];
  /** Keys of documents to remove. */
  readonly removed: readonly string[];
}

/** The identities whose endpoints a change could concern: those that an old or a new rule selects. */
export interface AffectedIdentities {
  has(id: NumericIdentity): boolean;
  /** Each of them, some perhaps more than once; undefined: it could be any. */
  ids(): Iterable<NumericIdentity> | undefined;
}

export interface RepositoryChange {
  readonly revision: PolicyRevision;
  /** Valid until `prune`. */
  readonly affected: AffectedIdentities;
  /** What was in force before and is not any more. */
  readonly gone: readonly PolicyDocument[];
}

/** A rule that selects an endpoint. */
export interface SelectedRule {
  /** Key of its document. */
  readonly policy: string;
  /** Its place in the document. */
  readonly index: number;
  readonly rule: Rule;
  /** Its document is audited, not enforced. */
  readonly audited: boolean;
}

/** All policy documents in force, by key. Whatever changes a rule makes a new revision. */
export class PolicyRepository {
  private readonly entries = new Map<string, Entry>();
  private readonly entriesBySource = new Map<string, Set<Entry>>();
  private readonly rulesBySelector = new Map<CachedSelector, Set<SelectedRule>>();
  private readonly selectors: SelectorCache;
  private readonly limits: RepositoryLimits;
  private statements = 0;
  private current = 1 as PolicyRevision;

  constructor(selectors: SelectorCache, limits: RepositoryLimits = REPOSITORY_LIMITS) {
    this.selectors = selectors;
    this.limits = limits;
  }

  /** 1: nothing was ever put in. */
  get revision(): PolicyRevision {
    return this.current;
  }

  /** By key. */
  list(): readonly PolicyDocument[] {
    return [...this.entries.values()].map((entry) => entry.document).sort((a, b) => compareText(a.key, b.key));
  }

  get(key: string): PolicyDocument | undefined {
    return this.entries.get(key)?.document;
  }

  /** Number of documents. */
  get size(): number {
    return this.entries.size;
  }

  /** The rules that select an endpoint with these labels, by key of their documents and then in their order. */
  rulesFor(labels: LabelSet): readonly SelectedRule[] {
    // A set: one selector may be found in two ways. And none is spread into arguments: there may be very many rules.
    const selecting = new Set(this.selectors.matching(labels));
    const found: SelectedRule[] = [];
    for (const cached of selecting) for (const rule of this.rulesBySelector.get(cached) ?? []) found.push(rule);
    // Which rule a decision names must not depend on the order in which documents arrived.
    return found.sort((a, b) => compareText(a.policy, b.policy) || a.index - b.index);
  }

  /**
   * Makes all of an update true, or throws and changes nothing: WEIR_POLICY_CONFLICT where a key would come from two
   * sources or a document of a file would be removed behind the file's back, WEIR_POLICY_NOT_FOUND,
   * WEIR_LIMIT_EXCEEDED.
   */
  apply(update: RepositoryUpdate): RepositoryChange {
    const replaced = new Set(update.replaced.map(sourceKey));
    const incoming = this.incoming(update.put, replaced);
    const outgoing = this.outgoing(update.removed, replaced, incoming);
    const statements = this.checkLimits(incoming, outgoing);
    // Nothing below can fail.
    this.statements = statements;
    const touched = new Set<CachedSelector>();
    const gone: PolicyDocument[] = [];
    let changed = outgoing.size > 0;
    for (const document of incoming.values()) {
      const old = this.entries.get(document.key)?.document;
      if (old) gone.push(old);
      changed = this.put(document, touched) || changed;
    }
    for (const entry of outgoing) {
      gone.push(entry.document);
      this.entries.delete(entry.document.key);
      this.unfile(entry);
      this.withdraw(entry, touched);
    }
    if (changed) this.current = (this.current + 1) as PolicyRevision;
    return { revision: this.current, affected: affectedBy([...touched]), gone };
  }

  /** Forgets the selectors that only earlier documents and policies used. */
  prune(): void {
    this.selectors.prune();
  }

  private incoming(put: readonly PolicyDocument[], replaced: ReadonlySet<string>): Map<string, PolicyDocument> {
    const incoming = new Map<string, PolicyDocument>();
    for (const document of put) {
      const twin = incoming.get(document.key);
      if (twin) throw conflict(document.key, twin.source, document.source);
      const present = this.entries.get(document.key)?.document.source;
      // A source that is replaced as a whole has given up what it does not provide any more: the document has moved.
      if (present && !replaced.has(sourceKey(present)) && !mayReplace(present, document.source)) {
        throw conflict(document.key, present, document.source);
      }
      incoming.set(document.key, document);
    }
    return incoming;
  }

  private outgoing(
    removed: readonly string[],
    replaced: ReadonlySet<string>,
    incoming: ReadonlyMap<string, PolicyDocument>,
  ): ReadonlySet<Entry> {
    const outgoing = new Set<Entry>();
    for (const key of removed) {
      const entry = this.entries.get(key);
      if (!entry) {
        const hint = "`weir policy get` lists those that are in force";
        throw new WeirError("WEIR_POLICY_NOT_FOUND", `there is no policy ${JSON.stringify(key)}; ${hint}`);
      }
      const { source } = entry.document;
      if (source.kind === "file") {
        const hint = `it comes from ${describeSource(source)} and would be back with the next reading; delete it there`;
        throw new WeirError("WEIR_POLICY_CONFLICT", `policy ${JSON.stringify(key)} cannot be deleted here: ${hint}`);
      }
      outgoing.add(entry);
    }
    for (const source of replaced) {
      for (const entry of this.entriesBySource.get(source) ?? []) {
        if (!incoming.has(entry.document.key)) outgoing.add(entry);
      }
    }
    return outgoing;
  }

  /** Returns how many statements there will be. */
  private checkLimits(incoming: ReadonlyMap<string, PolicyDocument>, outgoing: ReadonlySet<Entry>): number {
    let documents = this.entries.size - outgoing.size;
    let { statements } = this;
    for (const entry of outgoing) statements -= entry.statements;
    for (const [key, document] of incoming) {
      const old = this.entries.get(key);
      if (!old) documents++;
      statements += statementsOf(document) - (old?.statements ?? 0);
    }
    const { documentsMax, statementsMax } = this.limits;
    const problems: string[] = [];
    if (documents > documentsMax) problems.push(`${documents} policy documents are too many: at most ${documentsMax}`);
    if (statements > statementsMax) {
      const what = "rules, items and `l7` entries of all policy documents together";
      problems.push(`${statements} ${what} are too many: at most ${statementsMax}`);
    }
    if (problems.length > 0) throw new WeirError("WEIR_LIMIT_EXCEEDED", problems.join("; "));
    return statements;
  }

  /** Returns whether the document says anything new. */
  private put(document: PolicyDocument, touched: Set<CachedSelector>): boolean {
    const old = this.entries.get(document.key);
    if (old && sameRules(old.document, document)) {
      // A file that was only touched or renamed costs nobody anything.
      this.unfile(old);
      old.document = document;
      this.file(old);
      return false;
    }
    // The new selectors are acquired before the old ones are released, so that those which stay are not built anew.
    const entry = new Entry(document);
    for (const [index, rule] of document.rules.entries()) {
      const cached = this.selectors.acquire(rule.endpointSelector, entry);
      const selected = { policy: document.key, index, rule, audited: document.mode === "audit" };
      entry.rules.push([cached, selected]);
      touched.add(cached);
      addTo(this.rulesBySelector, cached, selected);
    }
    this.entries.set(document.key, entry);
    if (old) {
      this.unfile(old);
      this.withdraw(old, touched);
    }
    this.file(entry);
    return true;
  }

  private file(entry: Entry): void {
    addTo(this.entriesBySource, sourceKey(entry.document.source), entry);
  }

  private unfile(entry: Entry): void {
    removeFrom(this.entriesBySource, sourceKey(entry.document.source), entry);
  }

  private withdraw(entry: Entry, touched: Set<CachedSelector>): void {
    for (const [cached, selected] of entry.rules) {
      this.selectors.release(cached, entry);
      touched.add(cached);
      removeFrom(this.rulesBySelector, cached, selected);
    }
  }
}

/** A document in force. It holds the selectors of its rules' endpoints: through them the rules of an identity are found. */
class Entry implements SelectorUser {
  document: PolicyDocument;
  /** Whose labels a rule selects matters when an endpoint gets its policy, which asks for all rules anew. */
  readonly selectionChanged = undefined;
  readonly rules: [CachedSelector, SelectedRule][] = [];
  readonly statements: number;

  constructor(document: PolicyDocument) {
    this.document = document;
    this.statements = statementsOf(document);
  }
}

function affectedBy(selectors: readonly CachedSelector[]): AffectedIdentities {
  return {
    has: (id) => selectors.some((cached) => cached.selects(id)),
    ids: () => (selectors.every(({ anchored }) => anchored) ? idsOf(selectors) : undefined),
  };
}

function* idsOf(selectors: readonly CachedSelector[]): IterableIterator<NumericIdentity> {
  for (const cached of selectors) yield* cached.identities();
}

/** Documents of the API have no place of their own: whoever imports one again means that one. */
function mayReplace(present: DocumentSource, next: DocumentSource): boolean {
  return sourceKey(present) === sourceKey(next) || (present.kind === "api" && next.kind === "api");
}

function conflict(key: string, present: DocumentSource, next: DocumentSource): WeirError {
  const policy = JSON.stringify(key);
  if (sourceKey(present) === sourceKey(next)) {
    const message = `policy ${policy} stands twice in ${describeSource(next)}; give each document a name of its own`;
    return new WeirError("WEIR_POLICY_CONFLICT", message);
  }
  return new WeirError(
    "WEIR_POLICY_CONFLICT",
    `policy ${policy} of ${describeSource(next)} is in force from ${describeSource(present)}; ` +
      "rename one of them, or remove it there first",
  );
}

function describeSource(source: DocumentSource): string {
  return source.kind === "file" ? source.name : `the API (${source.name})`;
}

function sourceKey(source: DocumentSource): string {
  return `${source.kind}:${source.name}`;
}

function sameRules(left: PolicyDocument, right: PolicyDocument): boolean {
  return left.mode === right.mode && JSON.stringify(left.rules) === JSON.stringify(right.rules);
}

/** By code units: the same everywhere, whatever the locale. */
function compareText(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}
