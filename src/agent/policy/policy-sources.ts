import { join } from "node:path";
import { formatApiProblem } from "../../api/problems-error.ts";
import type { ApiProblem, PolicyFileReport } from "../../api/rest.ts";
import { systemClock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import type { PolicyImporter } from "../../policy/importer.ts";
import type { PolicyRepository } from "../../policy/repository.ts";
import type { PolicyFileStatus } from "../../policy-dir/file-ledger.ts";
import { PolicyDir } from "../../policy-dir/policy-dir.ts";
import type { ExtensionRegistry } from "../../proxylib/registry.ts";
import type { AgentConfig } from "../config/config.ts";
import { ApiPolicies } from "./api-policies.ts";
import { policyStore } from "./policy-store.ts";

export interface PolicySourcesOptions {
  readonly config: AgentConfig;
  readonly registry: ExtensionRegistry;
  readonly importer: PolicyImporter;
  readonly repository: PolicyRepository;
  /** Policy → why it is not in force somewhere. */
  readonly policyProblems: () => ReadonlyMap<string, readonly string[]>;
  readonly logger: Logger;
  /** `problems` may have changed. */
  readonly onChange: () => void;
}

interface BySource {
  readonly file: number;
  readonly api: number;
}

/** Where policy comes from: files, and imports through the API. */
export class PolicySources implements AsyncDisposable {
  readonly api: ApiPolicies;
  private readonly dir: PolicyDir;
  private readonly logger: Logger;
  private readonly onChange: () => void;
  private readonly broken = new Set<string>();
  private fileErrors = 0;

  constructor(options: PolicySourcesOptions) {
    const { config, registry, importer, repository, policyProblems } = options;
    this.logger = options.logger;
    this.onChange = options.onChange;
    const store = policyStore(join(config.stateDir, "policies.json"));
    const fixedIdentities = new Set(config.fixedIdentities.keys());
    this.api = new ApiPolicies({
      importer,
      repository,
      registry,
      policyProblems,
      store,
      fixedIdentities,
      onChange: options.onChange,
    });
    this.dir = new PolicyDir({
      paths: config.policies,
      baseDirectory: config.directory,
      sink: importer,
      extensions: () => registry.declarations(),
      fixedIdentities,
      clock: systemClock,
      listener: {
        onStatus: (status) => this.changed(status),
        onGone: (file, removed) => this.gone(file, removed),
      },
    });
  }

  /** Reads everything that is wanted and puts in force what can be; `problems` says what could not. */
  async load(): Promise<void> {
    // Imports first: they were in force before the agent ended. A file that claims one of their names is told so.
    await this.api.restore();
    for (const problem of this.api.problems) this.logger.error({}, formatApiProblem(problem));
    await this.dir.start();
  }

  get files(): readonly PolicyFileReport[] {
    return this.dir.statuses();
  }

  /** Why policy that somebody wants is not in force. */
  get problems(): readonly ApiProblem[] {
    return [...this.files.flatMap((file) => file.problems), ...this.api.problems];
  }

  /** Texts that were refused since the start, and problems that there are now, by where the text comes from. */
  get counts(): { readonly importErrors: BySource; readonly problems: BySource } {
    const fileProblems = this.files.reduce((count, file) => count + file.problems.length, 0);
    return {
      importErrors: { file: this.fileErrors, api: this.api.errorCount },
      problems: { file: fileProblems, api: this.api.problems.length },
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dir.close();
  }

  private changed(status: PolicyFileStatus): void {
    if (status.problems.length > 0) {
      this.fileErrors++;
      this.broken.add(keyOf(status));
      this.tellProblems(status);
    } else {
      this.tellGood(status, this.broken.delete(keyOf(status)));
    }
    for (const warning of status.warnings) this.logger.warn({ file: status.file }, formatApiProblem(warning));
    this.onChange();
  }

  private tellProblems({ kind, file, documents, problems }: PolicyFileStatus): void {
    const list = problems.map(formatApiProblem).join("\n");
    if (kind === "path") {
      this.logger.error({ file }, `policy files cannot be followed as configured:\n${list}`);
      return;
    }
    const instead = documents.length === 0 ? "nothing of it is in force" : "its last good text stays in force";
    this.logger.error({ file, documents }, `policy file is broken, ${instead}:\n${list}`);
  }

  private tellGood({ kind, file, documents }: PolicyFileStatus, wasBroken: boolean): void {
    if (kind === "file") {
      this.logger.info({ file, documents }, wasBroken ? "policy file is mended" : "policy file is in force");
    } else if (wasBroken) {
      this.logger.info({ file }, "policy files are followed again");
    }
  }

  private gone(file: string, removed: readonly string[]): void {
    this.broken.delete(keyOf({ kind: "file", file }));
    if (removed.length === 0) {
      this.logger.info({ file }, "policy file is gone; no policy went with it");
    } else {
      // Whatever they alone had closed is open now.
      this.logger.warn({ file, removed }, `policy file is gone, and with it: ${removed.join(", ")}`);
    }
    this.onChange();
  }
}

function keyOf({ kind, file }: Pick<PolicyFileStatus, "kind" | "file">): string {
  return `${kind} ${file}`;
}
