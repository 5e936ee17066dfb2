import { Composer, type CST, type Document, Lexer, Parser } from "yaml";
import type { Findings } from "./findings.ts";
import type { DocumentLimits } from "./limits.ts";
import { LineIndex } from "./line-index.ts";
import type { SourceNode } from "./source-node.ts";
import { SourceTree } from "./source-tree.ts";

/** A text with many syntax errors has one cause; the first few show it. */
const SYNTAX_ERRORS_MAX = 10;

/**
 * Reads YAML 1.2 (of which JSON is a part) into one tree a document, leaving out empty documents. What is wrong goes to
 * `findings`; after an error the trees are incomplete and only good for finding more errors.
 *
 * Never throws and never recurses deeper than `depthMax`: tokens are counted and nesting is measured before the
 * recursive part of the YAML library sees them.
 */
export function readYaml(text: string, findings: Findings, limits: DocumentLimits): SourceNode[] {
  const bytes = Buffer.byteLength(text);
  if (bytes > limits.textBytesMax) {
    const message = `the text has ${bytes} bytes, more than the limit of ${limits.textBytesMax}`;
    findings.error({ line: 1, column: 1 }, "", message, "split it into several files");
    return [];
  }
  const source = text.startsWith("\uFEFF") ? text.slice(1) : text;
  const lines = new LineIndex(source);
  const tokens = tokenize(source, lines, findings, limits);
  if (tokens === undefined) return [];
  // Unique keys are checked by SourceTree, since the library compares every key with every other.
  const composer = new Composer({ version: "1.2", schema: "core", uniqueKeys: false, logLevel: "silent" });
  const tree = new SourceTree(lines, findings, limits);
  const roots: SourceNode[] = [];
  let documents = 0;
  for (const document of composer.compose(tokens)) {
    documents++;
    if (documents > limits.documentsMax) {
      const at = lines.position(document.range[0]);
      findings.error(at, "", `more documents than the limit of ${limits.documentsMax}`, "split the text");
      break;
    }
    const root = readDocument(document, tree, lines, findings);
    if (root !== undefined) roots.push(root);
    if (tree.exhausted) break;
  }
  const loose = composer.streamInfo().errors;
  for (const error of loose.slice(0, SYNTAX_ERRORS_MAX)) {
    findings.error(lines.position(error.pos[0]), "", `not valid YAML: ${error.message}`);
  }
  return roots;
}

/** undefined: a limit was exceeded, and told. */
function tokenize(
  source: string,
  lines: LineIndex,
  findings: Findings,
  limits: DocumentLimits,
): readonly CST.Token[] | undefined {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let count = 0;
  for (const lexeme of new Lexer().lex(source)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    count++;
    if (count > limits.tokensMax) {
      const at = lines.position(parser.offset - lexeme.length);
      findings.error(at, "", `more words and signs than the limit of ${limits.tokensMax}`, "split the text");
      return undefined;
    }
    if (openCollections(parser) > limits.depthMax) {
      const at = lines.position(parser.offset - lexeme.length);
      findings.error(at, "", `nested deeper than the limit of ${limits.depthMax}`, "no policy needs that");
      return undefined;
    }
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

/** The stack holds the document, the open collections, and the scalar that is being read, if any. */
function openCollections(parser: Parser): number {
  const top = parser.stack.at(-1)?.type;
  const onTop = top === "block-map" || top === "block-seq" || top === "flow-collection";
  return parser.stack.length - (onTop ? 1 : 2);
}

function readDocument(
  document: Document.Parsed,
  tree: SourceTree,
  lines: LineIndex,
  findings: Findings,
): SourceNode | undefined {
  const yaml = document.directives.yaml;
  if (yaml.explicit === true && yaml.version !== "1.2") {
    const at = lines.position(document.range[0]);
    findings.error(at, "", `policies are YAML 1.2, not ${yaml.version}`, "remove the `%YAML` line");
    return undefined;
  }
  if (document.errors.length > 0) {
    for (const error of document.errors.slice(0, SYNTAX_ERRORS_MAX)) {
      findings.error(lines.position(error.pos[0]), "", `not valid YAML: ${error.message}`);
    }
    // What follows a syntax error is a guess, and errors about guesses mislead.
    return undefined;
  }
  const root = tree.read(document.contents);
  return root?.kind === "null" ? undefined : root;
}
