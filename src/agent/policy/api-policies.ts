import type { ApiProblem, PolicyChange, PolicyListing, PolicyText, PolicyValidation } from "../../api/rest.ts";
import { reasonOf, WeirError } from "../../lib/error.ts";
import { type ParsedPolicyText, parsePolicyText } from "../../policy/document/parse-policy-text.ts";
import { policyInvalid } from "../../policy/document/problem.ts";
import type { PolicyImporter } from "../../policy/importer.ts";
import type { PolicyRepository } from "../../policy/repository.ts";
import type { ExtensionRegistry } from "../../proxylib/registry.ts";
import type { PolicyApi } from "../../server/agent-api.ts";
import type { PolicyStore, StoredText } from "./policy-store.ts";
import { viewPolicy } from "./policy-view.ts";

/** Changes that wait for the one before them. */
const WAITING_MAX = 64;

export interface ApiPoliciesOptions {
  readonly importer: PolicyImporter;
  readonly repository: PolicyRepository;
  readonly registry: ExtensionRegistry;
  readonly store: PolicyStore;
  /** Policy → why it is not in force somewhere. */
  readonly policyProblems: () => ReadonlyMap<string, readonly string[]>;
  /** Names that policies may select as `reserved:<name>`, beside those that every node knows. */
  readonly fixedIdentities?: ReadonlySet<string>;
  /** `problems` may have changed. */
  readonly onChange?: () => void;
}

interface Entry extends StoredText {
  /** Why none of it is in force. Empty: it is. */
  readonly problems: readonly ApiProblem[];
}

/**
 * Policy documents that come through the API. They outlive the agent: a change is saved before it is answered, and put in
 * force again at the next start, before the policy files.
 */
export class ApiPolicies implements PolicyApi {
  /** Imports that were refused since the start. */
  errorCount = 0;
  private readonly options: ApiPoliciesOptions;
  private entries: readonly Entry[] = [];
  private unreadable: readonly ApiProblem[] = [];
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  constructor(options: ApiPoliciesOptions) {
    this.options = options;
  }

  /** Puts what was saved in force again. What cannot be is in `problems`, and stays saved. */
  async restore(): Promise<void> {
    const { store, importer } = this.options;
    let texts: readonly StoredText[];
    try {
      texts = await store.load();
    } catch (error) {
      this.unreadable = [problem(store.path, reasonOf(error), "mend it, or move it away and import again")];
      return;
    }
    const entries: Entry[] = [];
    for (const stored of texts) {
      const { documents, errors } = this.parse(stored.text, stored.source);
      let problems: readonly ApiProblem[] = errors;
      if (errors.length === 0) {
        const live = documents.filter((document) => stored.policies.includes(document.key));
        problems = await importer.put(live).then(
          () => [],
          (error: unknown) => [problem(stored.source, reasonOf(error))],
        );
      }
      const hint = `saved in ${store.path}: import it again, or \`weir policy delete ${stored.policies.join(" ")}\``;
      entries.push({ ...stored, problems: problems.map((one) => ({ ...one, hint: one.hint ?? hint })) });
    }
    this.entries = entries;
  }

  /** Why documents that were saved are not in force. */
  get problems(): readonly ApiProblem[] {
    return [...this.unreadable, ...this.entries.flatMap((entry) => entry.problems)];
  }

  revision(): number {
    return this.options.repository.revision;
  }

  list(): PolicyListing {
    const { repository, policyProblems } = this.options;
    const problems = policyProblems();
    const policies = repository.list().map((document) => viewPolicy(document, problems.get(document.key)));
    return { revision: repository.revision, policies };
  }

  validate(text: string, sourceName: string): PolicyValidation {
    const { documents, errors, warnings } = this.parse(text, sourceName);
    if (errors.length > 0) throw policyInvalid(errors);
    return { policies: documents.map((document) => document.key), warnings };
  }

  async put(texts: readonly PolicyText[]): Promise<PolicyChange> {
    try {
      return await this.alone(() => this.putAlone(texts));
    } catch (error) {
      this.errorCount++;
      throw error;
    }
  }

  delete(name: string): Promise<PolicyChange> {
    return this.alone(() => this.deleteAlone(name));
  }

  private async putAlone(texts: readonly PolicyText[]): Promise<PolicyChange> {
    const parsed = texts.map(({ text, source }) => this.parse(text, source));
    const errors = parsed.flatMap((one) => one.errors);
    if (errors.length > 0) throw policyInvalid(errors);
    const added = texts.map(({ source, text }, index) => {
      const policies = parsed[index]?.documents.map((document) => document.key) ?? [];
      return { source, text, policies, problems: [] };
    });
    const policies = added.flatMap((entry) => entry.policies);
    const documents = parsed.flatMap((one) => one.documents);
    const next = [...without(this.entries, policies), ...added];
    const { revision } = await this.saved(next, () => this.options.importer.put(documents));
    return { revision, policies, warnings: parsed.flatMap((one) => one.warnings) };
  }

  private async deleteAlone(name: string): Promise<PolicyChange> {
    const { importer, repository } = this.options;
    const broken = this.entries.some((entry) => entry.problems.length > 0 && entry.policies.includes(name));
    const { revision } = await this.saved(without(this.entries, [name]), async () =>
      broken ? { revision: repository.revision } : importer.remove(name),
    );
    return { revision, policies: [name], warnings: [] };
  }

  /** Saves, changes, and makes the save count: in this order, so that a failure anywhere leaves both as they were. */
  private async saved<T>(next: readonly Entry[], change: () => Promise<T>): Promise<T> {
    if (this.unreadable.length > 0) {
      throw new WeirError(
        "WEIR_API_FAILED",
        `nothing was changed: ${this.options.store.path} cannot be read and would be overwritten; mend it or move it ` +
          "away, and start the agent again",
      );
    }
    const draft = await this.options.store.prepare(next.map(({ problems: _, ...stored }) => stored));
    let result: T;
    try {
      result = await change();
    } catch (error) {
      await draft.discard();
      throw error;
    }
    await draft.commit();
    this.entries = next;
    this.options.onChange?.();
    return result;
  }

  private parse(text: string, source: string): ParsedPolicyText {
    const { registry, fixedIdentities = new Set() } = this.options;
    return parsePolicyText(text, { kind: "api", name: source }, registry.declarations(), { fixedIdentities });
  }

  /** One change after the other: what is saved must be what is in force. */
  private alone<T>(change: () => Promise<T>): Promise<T> {
    if (this.waiting >= WAITING_MAX) {
      const message = `${WAITING_MAX} policy changes are waiting already; try again when they are done`;
      return Promise.reject(new WeirError("WEIR_LIMIT_EXCEEDED", message));
    }
    this.waiting++;
    const result = this.last.then(change).finally(() => this.waiting--);
    this.last = result.catch(() => undefined);
    return result;
  }
}

/** The texts without these documents; a text whose last document goes is dropped. */
function without(entries: readonly Entry[], names: readonly string[]): Entry[] {
  return entries.flatMap((entry) => {
    const policies = entry.policies.filter((name) => !names.includes(name));
    if (policies.length === 0) return [];
    return [policies.length === entry.policies.length ? entry : { ...entry, policies }];
  });
}

function problem(source: string, message: string, hint?: string): ApiProblem {
  return { source, line: 1, column: 1, path: "", message, ...(hint === undefined ? {} : { hint }) };
}
