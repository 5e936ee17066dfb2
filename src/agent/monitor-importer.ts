import type { EndpointRegenerator, ImportResult, NetworkIdentities, PolicyUpdate } from "../policy/importer.ts";
import { PolicyImporter } from "../policy/importer.ts";
import type { PolicyRepository } from "../policy/repository.ts";
import type { DocumentSource, PolicyDocument } from "../policy/rule.ts";
import type { AgentNotifier } from "./monitor-notifier.ts";

/** Tells the monitor of every change of policy, once it is in force. */
export class AnnouncingImporter extends PolicyImporter {
  private readonly notifier: AgentNotifier;
  /** What each file provides. */
  private readonly provided = new Map<string, readonly string[]>();
  private revision: number;

  constructor(
    repository: PolicyRepository,
    endpoints: EndpointRegenerator,
    networks: NetworkIdentities,
    notifier: AgentNotifier,
  ) {
    super(repository, endpoints, networks);
    this.notifier = notifier;
    this.revision = repository.revision;
  }

  override async replace(updates: readonly PolicyUpdate[]): Promise<ImportResult> {
    const result = await super.replace(updates);
    const documents = updates.flatMap((update) => update.documents);
    const present = new Set(documents.map(({ key }) => key));
    const gone = updates.flatMap(({ source }) => this.provided.get(keyOf(source)) ?? []);
    for (const { source, documents } of updates) {
      if (documents.length === 0) this.provided.delete(keyOf(source));
      else
        this.provided.set(
          keyOf(source),
          documents.map(({ key }) => key),
        );
    }
    this.announce(
      result,
      documents,
      gone.filter((key) => !present.has(key)),
    );
    return result;
  }

  override async put(documents: readonly PolicyDocument[]): Promise<ImportResult> {
    const result = await super.put(documents);
    this.announce(result, documents, []);
    return result;
  }

  override async remove(key: string): Promise<ImportResult> {
    const result = await super.remove(key);
    this.announce(result, [], [key]);
    return result;
  }

  private announce({ revision }: ImportResult, put: readonly PolicyDocument[], gone: readonly string[]): void {
    // A file that was only touched makes no new revision.
    if (revision <= this.revision) return;
    this.revision = revision;
    if (put.length > 0) {
      const ruleCount = put.reduce((count, { rules }) => count + rules.length, 0);
      const policies = put.map(({ key }) => key);
      this.notifier.notify({ subtype: "Policy updated", message: { policies, revision, ruleCount } });
    }
    if (gone.length > 0) {
      this.notifier.notify({ subtype: "Policy deleted", message: { policies: gone, revision } });
    }
  }
}

function keyOf({ kind, name }: DocumentSource): string {
  return `${kind} ${name}`;
}
