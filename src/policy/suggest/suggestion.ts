import type { ExtensionDeclaration } from "../../api/extension.ts";
import { WeirError } from "../../lib/error.ts";
import { RESERVED_NAMES } from "../document/label-syntax.ts";
import { parsePolicyText } from "../document/parse-policy-text.ts";
import { buildDocument, documentName } from "./build-document.ts";
import { SUGGEST_LIMITS, type SuggestLimits } from "./limits.ts";
import { recordCount } from "./notes.ts";
import { type Observation, readObservation } from "./observation.ts";
import { commentLines, renderDocument } from "./policy-yaml.ts";
import type { SuggestedDocument } from "./suggested-document.ts";
import { Traffic } from "./traffic.ts";

export interface SuggestionOptions {
  /** `l7proto` → what its rules may say and what its records show. */
  readonly extensions: ReadonlyMap<string, ExtensionDeclaration>;
  /** Names that the node's configuration has given to fixed identities. */
  readonly fixedIdentities?: ReadonlySet<string>;
  /** Names of endpoints whose policy is wanted. Empty: all. */
  readonly endpoints: ReadonlySet<string>;
  /** Milliseconds since 1970; undefined: from the beginning. */
  readonly sinceMs: number | undefined;
  /** What was refused is wanted, too. */
  readonly includeDenied: boolean;
  /** So many values are listed one by one before a prefix stands for them. */
  readonly listMax: number;
  /** The documents are to be audited, not enforced. */
  readonly audit: boolean;
  /** Of the document; of several, with the endpoint behind it. undefined: `<endpoint>-suggested`. */
  readonly name: string | undefined;
  /** Where the records come from, for the comment. */
  readonly source: string;
}

/** How many of the values that were read were what. */
export interface SuggestionCounts {
  /** Became policy, or a comment of it. */
  used: number;
  /** Was refused, and is not wanted. */
  denied: number;
  /** No record. */
  foreign: number;
  failed: number;
  denyRule: number;
  /** Records that whoever wrote the stream could not keep up with. */
  lost: number;
}

/** Makes policy from records of the access log. */
export class Suggestion {
  readonly counts: SuggestionCounts = { used: 0, denied: 0, foreign: 0, failed: 0, denyRule: 0, lost: 0 };
  private readonly options: SuggestionOptions;
  private readonly traffic: Traffic;
  private firstMs = Number.POSITIVE_INFINITY;
  private lastMs = Number.NEGATIVE_INFINITY;

  constructor(options: SuggestionOptions, limits: SuggestLimits = SUGGEST_LIMITS) {
    this.options = options;
    this.traffic = new Traffic(options.extensions, options.listMax, limits);
  }

  /** @param value Of one line of the access log; it may be anything. */
  add(value: unknown): void {
    const { counts, options } = this;
    const read = readObservation(value);
    if ("unused" in read) {
      if (read.unused === "lost") counts.lost += read.count;
      else if (read.unused === "foreign") counts.foreign++;
      else if (read.unused === "failed") counts.failed++;
      else if (read.unused === "deny-rule") counts.denyRule++;
      return;
    }
    const { timeMs, subject } = read;
    if (options.sinceMs !== undefined && timeMs < options.sinceMs) return;
    if (options.endpoints.size > 0 && !options.endpoints.has(subject.endpoint ?? "")) return;
    if (read.denied && !options.includeDenied) {
      counts.denied++;
      return;
    }
    if (read.request !== undefined && this.isNotUnderstood(read.request)) {
      counts.failed++;
      return;
    }
    counts.used++;
    this.firstMs = Math.min(this.firstMs, timeMs);
    this.lastMs = Math.max(this.lastMs, timeMs);
    this.traffic.add(read);
  }

  /** YAML; undefined: nothing was observed of which policy could be made. Throws WEIR_POLICY_INVALID where it is too large. */
  text(): string | undefined {
    const documents = this.documents();
    if (documents.length === 0) return undefined;
    const header = this.header().flatMap((line) => commentLines(line, 0));
    const parts = documents.map((document) => renderDocument(document, this.options.audit));
    const text = `${header.join("\n")}\n${parts.join("---\n")}`;
    const { extensions, fixedIdentities = new Set() } = this.options;
    const { errors } = parsePolicyText(text, { kind: "file", name: "suggestion" }, extensions, { fixedIdentities });
    const [problem] = errors;
    if (problem !== undefined) {
      // A limit of policy, if no mistake of ours.
      const hint = "take less with --endpoint, --since or a smaller --max-keys";
      throw new WeirError("WEIR_POLICY_INVALID", `the suggestion is no valid policy: ${problem.message} (${hint})`);
    }
    return text;
  }

  /** What the whole of it could not say. Whole sentences. */
  notes(): readonly string[] {
    return this.traffic.notes.lines();
  }

  /**
   * Where a port is only observed, what its extension does not understand passes and is recorded like a request: with a
   * `status` and none of the fields that say what was asked. A rule for it would allow everything.
   */
  private isNotUnderstood({ proto, fields }: NonNullable<Observation["request"]>): boolean {
    const logged = this.options.extensions.get(proto)?.logged;
    if (logged === undefined || fields["status"] === undefined) return false;
    return Object.keys(logged).every((field) => (fields[field] ?? "") === "");
  }

  private documents(): readonly SuggestedDocument[] {
    const subjects = this.traffic.all();
    const reservedNames = new Set([...RESERVED_NAMES, ...(this.options.fixedIdentities ?? [])]);
    const taken = new Set<string>();
    const documents: SuggestedDocument[] = [];
    for (const subject of subjects) {
      const base = documentName(subject);
      const { name } = this.options;
      const wanted = name === undefined ? `${base}-suggested` : subjects.length === 1 ? name : `${name}-${base}`;
      let free = wanted;
      for (let count = 2; taken.has(free); count++) free = `${wanted}-${count}`;
      const document = buildDocument(subject, free, reservedNames);
      if (document === undefined) {
        this.traffic.notes.addAll(subject.notes);
        continue;
      }
      taken.add(free);
      documents.push(document);
    }
    return documents;
  }

  private header(): string[] {
    const { counts, options } = this;
    const span = `${new Date(this.firstMs).toISOString()} to ${new Date(this.lastMs).toISOString()}`;
    const lines = [
      `Made by \`weir policy suggest\` from ${recordCount(counts.used)}, ${span}, of ${options.source}.`,
      "It allows what they show; what did not happen in that time is not in it. Read it before it is put in force.",
    ];
    if (counts.denied > 0) lines.push(`Left out: what was refused (${recordCount(counts.denied)}).`);
    if (counts.denyRule > 0) lines.push(`Left out: what a deny rule refuses (${recordCount(counts.denyRule)}).`);
    if (counts.failed > 0) lines.push(`Left out: what failed or was not understood (${recordCount(counts.failed)}).`);
    if (counts.lost > 0) lines.push(`Missing: records that were lost before they were read (${counts.lost}).`);
    return [...lines, ...this.notes()];
  }
}
