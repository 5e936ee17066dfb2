import assert from "node:assert/strict";
import test from "node:test";
import { type ParsedPolicyText, parsePolicyText } from "../../src/policy/document/parse-policy-text.ts";
import type { PolicyProblem } from "../../src/policy/document/problem.ts";
import type { DocumentSource } from "../../src/policy/rule.ts";
import { EXTENSIONS } from "./extensions.ts";

const SOURCE: DocumentSource = { kind: "file", name: "policy.yaml" };

export function parse(text: string): ParsedPolicyText {
  return parsePolicyText(text, SOURCE, EXTENSIONS);
}

/** `line:column message (hint)`: what tables of expected problems are written in. */
export function problemLine({ line, column, message, hint }: PolicyProblem): string {
  return `${line}:${column} ${message}${hint === undefined ? "" : ` (${hint})`}`;
}

/** A document whose `specs` are the given lines; they begin in line 4. */
export function documentOf(...specs: readonly string[]): string {
  return ["apiVersion: cilium.io/v2", "kind: CiliumNetworkPolicy", "metadata: {name: p}", ...specs].join("\n");
}

/** A test for each text: exactly these problems, as `error …` and `warning …`; documents only where there is no error. */
export function problemTable(table: readonly (readonly [text: string, problems: readonly string[]])[]): void {
  for (const [text, expected] of table) {
    test(JSON.stringify(text).replace(/^.*?name: p\}\\n/, ""), () => {
      const { documents, errors, warnings } = parse(text);
      const problems = [
        ...errors.map((problem) => `error ${problemLine(problem)}`),
        ...warnings.map((problem) => `warning ${problemLine(problem)}`),
      ];
      assert.deepEqual(problems, expected);
      assert.equal(documents.length > 0, errors.length === 0);
    });
  }
}
