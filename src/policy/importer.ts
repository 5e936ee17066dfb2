import type { PolicyRevision } from "../api/identity.ts";
import { WeirError } from "../lib/error.ts";
import type { IpPrefix } from "../lib/ip/prefix.ts";
import type { AffectedIdentities, PolicyRepository, RepositoryChange, RepositoryUpdate } from "./repository.ts";
import { type DocumentSource, networksOf, type PolicyDocument } from "./rule.ts";

/** Changes that wait at most. */
const QUEUE_MAX = 256;

/** From now on, exactly these documents come from this source; no documents: nothing does any more. */
export interface PolicyUpdate {
  readonly source: DocumentSource;
  readonly documents: readonly PolicyDocument[];
}

export interface ImportResult {
  /** The revision that has the change. */
  readonly revision: PolicyRevision;
}

/** What the importer needs of those who bring policy to the endpoints. */
export interface EndpointRegenerator {
  /**
   * Computes the policies of the endpoints with affected identities before it returns. Settles when every data plane has
   * answered, whatever the answer: what a data plane refuses is a state of its endpoint, not an error of the import.
   */
  regenerate(revision: PolicyRevision, affected: AffectedIdentities): Promise<void>;
}

/** What the importer needs of those who give identities to the networks that rules name. Every mention counts. */
export interface NetworkIdentities {
  /** All or nothing. Rejects with WEIR_IDENTITY_EXHAUSTED or WEIR_LIMIT_EXCEEDED. */
  acquire(networks: Iterable<IpPrefix>): Promise<void>;
  release(networks: Iterable<IpPrefix>): Promise<void>;
}

interface Job {
  readonly update: RepositoryUpdate;
  readonly settle: PromiseWithResolvers<ImportResult>;
}

/**
 * The one writer of policy. Whoever has documents hands them in here; changes take place one after the other, each wholly
 * or not at all, and each promise settles when the data planes have answered. A data plane that does not answer holds up
 * those who wait for it, and no later change.
 */
export class PolicyImporter {
  private readonly repository: PolicyRepository;
  private readonly endpoints: EndpointRegenerator;
  private readonly networks: NetworkIdentities;
  private readonly queueMax: number;
  private queue: Job[] = [];
  private writing = false;

  constructor(
    repository: PolicyRepository,
    endpoints: EndpointRegenerator,
    networks: NetworkIdentities,
    queueMax: number = QUEUE_MAX,
  ) {
    this.repository = repository;
    this.endpoints = endpoints;
    this.networks = networks;
    this.queueMax = queueMax;
  }

  /**
   * Replaces all that these sources provide, in one step: a document that moves from one of them to another, or whose
   * file is replaced, is in force all the time. Rejects with WEIR_POLICY_CONFLICT where a name would come from two
   * sources, with WEIR_LIMIT_EXCEEDED, and with WEIR_IDENTITY_EXHAUSTED.
   */
  replace(updates: readonly PolicyUpdate[]): Promise<ImportResult> {
    const put = updates.flatMap(({ source, documents }) => documents.map((document) => ({ ...document, source })));
    return this.enqueue({ replaced: updates.map((update) => update.source), put, removed: [] });
  }

  /**
   * Adds documents, each in place of the one of its name, and leaves all others alone. Rejects with WEIR_POLICY_CONFLICT
   * where a name belongs to another file, and with WEIR_LIMIT_EXCEEDED.
   */
  put(documents: readonly PolicyDocument[]): Promise<ImportResult> {
    return this.enqueue({ replaced: [], put: documents, removed: [] });
  }

  /** Removes a document. Rejects with WEIR_POLICY_NOT_FOUND, and with WEIR_POLICY_CONFLICT for a document of a file. */
  remove(key: string): Promise<ImportResult> {
    return this.enqueue({ replaced: [], put: [], removed: [key] });
  }

  private enqueue(update: RepositoryUpdate): Promise<ImportResult> {
    if (this.queue.length >= this.queueMax) {
      const message = `${this.queueMax} policy changes are waiting already; try again when they are done`;
      return Promise.reject(new WeirError("WEIR_LIMIT_EXCEEDED", message));
    }
    const settle = Promise.withResolvers<ImportResult>();
    this.queue.push({ update, settle });
    if (!this.writing) {
      this.writing = true;
      // Later, so that what is handed in together is regenerated together.
      queueMicrotask(() => void this.work());
    }
    return settle.promise;
  }

  private async work(): Promise<void> {
    while (this.queue.length > 0) {
      const batch = this.queue;
      this.queue = [];
      // Identities first, so that no packet meets a rule whose peers are not known.
      const known = await Promise.all(batch.map((job) => this.acquireNetworks(job)));
      this.write(batch.filter((_, index) => known[index]));
    }
    this.writing = false;
  }

  /** Returns false, and settles the job, where its networks cannot get identities. */
  private async acquireNetworks({ update, settle }: Job): Promise<boolean> {
    try {
      await this.networks.acquire(networksIn(update.put));
      return true;
    } catch (error) {
      settle.reject(error);
      return false;
    }
  }

  private write(batch: readonly Job[]): void {
    const done: { readonly job: Job; readonly change: RepositoryChange }[] = [];
    for (const job of batch) {
      try {
        done.push({ job, change: this.repository.apply(job.update) });
      } catch (error) {
        const rejected = (): void => job.settle.reject(error);
        this.networks.release(networksIn(job.update.put)).then(rejected, rejected);
      }
    }
    if (done.length === 0) return;
    const answered = this.regenerate(union(done.map(({ change }) => change.affected)));
    // Only now: what stays in use has been acquired anew by the policies that were just computed.
    this.repository.prune();
    // And networks only when no data plane has a policy any more that speaks of them: what one denies must not become
    // part of the world, which the same policy may let in.
    const settled = answered.then(() => this.networks.release(done.flatMap(({ change }) => networksIn(change.gone))));
    for (const { job, change } of done) {
      settled.then(() => job.settle.resolve({ revision: change.revision }), job.settle.reject);
    }
  }

  private async regenerate(affected: AffectedIdentities): Promise<void> {
    await this.endpoints.regenerate(this.repository.revision, affected);
  }
}

function networksIn(documents: readonly PolicyDocument[]): readonly IpPrefix[] {
  return documents.flatMap((document) => [...networksOf(document)]);
}

function union(parts: readonly AffectedIdentities[]): AffectedIdentities {
  return {
    has: (id) => parts.some((part) => part.has(id)),
    ids() {
      const lists = parts.map((part) => part.ids());
      return lists.every((list) => list !== undefined) ? joined(lists) : undefined;
    },
  };
}

function* joined<T>(lists: readonly Iterable<T>[]): IterableIterator<T> {
  for (const list of lists) yield* list;
}
