import type { ExtensionDeclaration } from "../../../api/extension.ts";
import type { Port } from "../../../api/identity.ts";
import type { JudgedDirection } from "../../../api/trace.ts";
import type { Identity } from "../../../identity/allocator.ts";
import { LocalIdentityAllocator } from "../../../identity/local-allocator.ts";
import { RESERVED_IDENTITIES, ReservedIdentity } from "../../../identity/reserved.ts";
import { parsePolicyText } from "../../document/parse-policy-text.ts";
import { PolicyRepository } from "../../repository.ts";
import type { EnforcementMode, PolicyContext } from "../../resolve.ts";
import type { PolicyDocument } from "../../rule.ts";
import { SelectorCache } from "../../selector-cache.ts";
import { selectorMatches } from "../../selector-match.ts";
import { labelSet } from "../../testing/documents.ts";
import { traceDirection } from "../trace-direction.ts";
import { tracedRequest } from "../traced-request.ts";

export const cache: ExtensionDeclaration = {
  name: "cache",
  version: "1.0.0",
  fields: {
    command: { oneOf: ["get", "set", "delete"], groups: { writeGroup: ["set", "delete"] } },
    keyPrefix: { prefix: true, of: "key" },
    keyRegex: { regex: true, of: "key" },
  },
};
const queue: ExtensionDeclaration = { name: "queue", version: "1.0.0", fields: { topic: { exact: true } } };

export const EXTENSIONS: ReadonlyMap<string, ExtensionDeclaration> = new Map([
  [cache.name, cache],
  [queue.name, queue],
]);

/** Labels of an endpoint or a peer that has no identity, unless they are reserved ones. */
export function identityOf(...labels: readonly string[]): Identity {
  const set = labelSet(...labels);
  const reserved = RESERVED_IDENTITIES.find((identity) => identity.labels.key === set.key);
  return reserved ?? { id: ReservedIdentity.Unknown, labels: set };
}

export interface Question {
  readonly direction?: "ingress" | "egress";
  readonly endpoint: readonly string[];
  readonly peer: readonly string[];
  readonly port: number;
  readonly l7?: Readonly<Record<string, readonly string[]>>;
  /** Instead of the extension that reads the port. */
  readonly l7proto?: string;
  /** The endpoint is in audit mode. */
  readonly audit?: boolean;
}

/** A set of policies that can be asked. */
export class TracedWorld {
  readonly context: PolicyContext;
  readonly selectors: SelectorCache;

  constructor(documents: readonly PolicyDocument[], enforcement: EnforcementMode = "default") {
    this.selectors = new SelectorCache(new LocalIdentityAllocator());
    const repository = new PolicyRepository(this.selectors);
    repository.apply({ replaced: [], put: documents, removed: [] });
    this.context = { repository, selectors: this.selectors, extensions: EXTENSIONS, enforcement };
  }

  static ofText(text: string, enforcement?: EnforcementMode): TracedWorld {
    const { documents, errors } = parsePolicyText(text, { kind: "api", name: "test" }, EXTENSIONS);
    if (errors.length > 0) throw new Error(JSON.stringify(errors));
    return new TracedWorld(documents, enforcement);
  }

  trace(question: Question): JudgedDirection {
    const { direction = "ingress", endpoint, port, l7, l7proto, audit = false } = question;
    const peer = labelSet(...question.peer);
    const readRequest = (parser: string | undefined) => {
      const declaration = EXTENSIONS.get(l7proto ?? parser ?? "");
      if (declaration === undefined || l7 === undefined) return undefined;
      return { parser: declaration.name, attributes: tracedRequest(declaration, l7).request };
    };
    const selects = ({ selector }: Parameters<Parameters<typeof traceDirection>[2]["selects"]>[0]) =>
      selectorMatches(selector, peer);
    const traffic = { peer, selects, port: port as Port, readRequest };
    return traceDirection(direction, { identity: identityOf(...endpoint), audit }, traffic, this.context);
  }
}

/** `policy rule: reasons` of every rule that came close. */
export function nearTexts({ near }: JudgedDirection): readonly string[] {
  return near.map(({ rule, reasons }) => `${rule.policy} ${rule.rule}: ${reasons.join("; ")}`);
}
