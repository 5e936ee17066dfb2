import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from "yaml";
import type { Findings } from "./findings.ts";
import type { DocumentLimits } from "./limits.ts";
import type { LineIndex } from "./line-index.ts";
import { type MapEntry, type Position, quote, type ScalarNode, type SourceNode } from "./source-node.ts";

/** Turns the YAML library's nodes into ours: aliases replaced, duplicate keys and YAML's rarer features refused. */
export class SourceTree {
  readonly #lines: LineIndex;
  readonly #findings: Findings;
  readonly #limits: DocumentLimits;
  readonly #anchors: Map<string, Node> = new Map();
  /** Anchored nodes around the present one: an alias to one of them would be a circle. */
  readonly #open: Set<Node> = new Set();
  #aliases = 0;
  #values = 0;
  #depth = 0;
  #exhausted = false;

  constructor(lines: LineIndex, findings: Findings, limits: DocumentLimits) {
    this.#lines = lines;
    this.#findings = findings;
    this.#limits = limits;
  }

  /** Whether a limit was exceeded. It was told, and nothing more is read. */
  get exhausted(): boolean {
    return this.#exhausted;
  }

  /** undefined: an error makes it useless, and was told. */
  read(contents: Node | null): SourceNode | undefined {
    this.#anchors.clear();
    if (contents === null) return undefined;
    const node = this.#node(contents, undefined);
    return this.#exhausted ? undefined : node;
  }

  #node(node: Node, keyAt: Position | undefined): SourceNode {
    const at = this.#at(node);
    this.#values++;
    if (this.#values > this.#limits.valuesMax) {
      this.#exceeded(at, `more values than the limit of ${this.#limits.valuesMax}, counting what aliases repeat`);
    }
    if (this.#depth >= this.#limits.depthMax && (isMap(node) || isSeq(node))) {
      this.#exceeded(at, `nested deeper than the limit of ${this.#limits.depthMax}, counting what aliases repeat`);
    }
    if (this.#exhausted) return empty(at);
    if (isAlias(node)) return this.#alias(node.source, at, keyAt);
    if (node.tag !== undefined) {
      this.#findings.error(
        at,
        "",
        `YAML tag ${quote(node.tag)} is not used in policies`,
        "remove it; quote what is text",
      );
    }
    const anchor = "anchor" in node ? node.anchor : undefined;
    if (typeof anchor === "string") this.#anchors.set(anchor, node);
    this.#open.add(node);
    this.#depth++;
    const read = this.#contents(node, at, keyAt);
    this.#depth--;
    this.#open.delete(node);
    return read;
  }

  #contents(node: Node, at: Position, keyAt: Position | undefined): SourceNode {
    if (isMap(node)) return { kind: "map", at, entries: this.#entries(node) };
    if (isSeq(node)) {
      const items: SourceNode[] = [];
      for (const item of node.items) {
        if (this.#exhausted) break;
        items.push(this.#node(item as Node, undefined));
      }
      return { kind: "list", at, items };
    }
    if (!isScalar(node)) return empty(at);
    const { value } = node;
    const source = node.source ?? "";
    const plain = node.type === "PLAIN" || node.type === undefined;
    if (typeof value === "string") return { kind: "text", at, text: value, plain };
    if (typeof value === "boolean") return { kind: "boolean", at, text: source, plain };
    if (typeof value === "number" || typeof value === "bigint") return { kind: "number", at, text: source, plain };
    // Nothing at all has no place of its own: the key's is where the reader looks.
    return { kind: "null", at: source === "" && keyAt !== undefined ? keyAt : at, text: source, plain };
  }

  #entries(node: YAMLMap): MapEntry[] {
    const entries: MapEntry[] = [];
    const seen = new Map<string, Position>();
    for (const pair of node.items as Pair<Node | null, Node | null>[]) {
      if (this.#exhausted) break;
      const keyAt = pair.key === null ? this.#at(node) : this.#at(pair.key);
      const key = pair.key === null ? undefined : this.#key(pair.key, keyAt);
      const value = pair.value === null ? empty(keyAt) : this.#node(pair.value, keyAt);
      if (key === undefined) continue;
      const first = seen.get(key);
      if (first === undefined) {
        seen.set(key, keyAt);
        entries.push({ key, keyAt, value });
      } else {
        this.#findings.error(keyAt, "", `${quote(key)} is given twice, first in line ${first.line}`, "remove one");
      }
    }
    return entries;
  }

  #key(node: Node, at: Position): string | undefined {
    if (isScalar(node) && typeof node.value === "string" && node.tag === undefined) {
      if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
      return node.value;
    }
    const what = isScalar(node) ? `key ${quote(node.source ?? "")} is not text` : "a key must be plain text";
    this.#findings.error(at, "", what, "write it in quotes");
    return undefined;
  }

  #alias(name: string, at: Position, keyAt: Position | undefined): SourceNode {
    this.#aliases++;
    if (this.#aliases > this.#limits.aliasesMax) {
      this.#exceeded(at, `more aliases than the limit of ${this.#limits.aliasesMax}`);
    }
    const target = this.#anchors.get(name);
    if (target === undefined) {
      this.#findings.error(
        at,
        "",
        `alias ${quote(`*${name}`)} stands for nothing: no ${quote(`&${name}`)} comes before it`,
      );
      return empty(at);
    }
    if (this.#open.has(target)) {
      this.#findings.error(at, "", `alias ${quote(`*${name}`)} contains itself`);
      return empty(at);
    }
    return this.#exhausted ? empty(at) : this.#node(target, keyAt);
  }

  #exceeded(at: Position, message: string): void {
    if (!this.#exhausted) this.#findings.error(at, "", message);
    this.#exhausted = true;
  }

  #at(node: Node): Position {
    return this.#lines.position(node.range?.[0] ?? 0);
  }
}

function empty(at: Position): ScalarNode {
  return { kind: "null", at, text: "", plain: true };
}
