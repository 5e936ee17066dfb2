import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { ApiProblem } from "../../api/rest.ts";

type Path = readonly PropertyKey[];

/** The text of a configuration with the place of everything in it. */
export class ConfigSource {
  readonly problems: ApiProblem[] = [];
  /** What the text says, as plain data; undefined if it cannot be read. */
  readonly value: unknown;
  private readonly file: string;
  private readonly lines = new LineCounter();
  private readonly root: unknown;

  constructor(file: string, text: string) {
    this.file = file;
    const document = parseDocument(text, { lineCounter: this.lines, prettyErrors: false });
    this.root = document.contents;
    for (const error of document.errors) this.add(error.pos[0], [], error.message);
    if (this.problems.length > 0) return;
    try {
      this.value = document.toJS({ maxAliasCount: 100 }) ?? {};
    } catch (error) {
      this.add(0, [], (error as Error).message);
    }
  }

  /** Reports a problem of the value at `path`; where that is missing, at what should hold it. */
  report(path: Path, message: string, hint?: string): void {
    this.add(this.offsetOf(path, false), path, message, hint);
  }

  /** Reports a problem of the key at the end of `path`. */
  reportKey(path: Path, message: string, hint?: string): void {
    this.add(this.offsetOf(path, true), path, message, hint);
  }

  /** Where the value at `path` stands, or the key at its end. */
  placeOf(path: Path, ofKey: boolean): { readonly line: number; readonly column: number } {
    return this.linePos(this.offsetOf(path, ofKey));
  }

  private add(offset: number, path: Path, message: string, hint?: string): void {
    this.problems.push({
      source: this.file,
      ...this.linePos(offset),
      path: formatPath(path),
      message,
      ...(hint === undefined ? {} : { hint }),
    });
  }

  private linePos(offset: number): { readonly line: number; readonly column: number } {
    const { line, col } = this.lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  private offsetOf(path: Path, ofKey: boolean): number {
    let node = this.root;
    let offset = startOf(node);
    for (const [depth, step] of path.entries()) {
      const last = depth === path.length - 1;
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
        if (pair === undefined) return offset;
        offset = last && ofKey ? startOf(pair.key) : startOf(pair.value, startOf(pair.key));
        node = pair.value;
      } else if (isSeq(node)) {
        node = node.items[Number(step)];
        offset = startOf(node, offset);
      } else {
        return offset;
      }
    }
    return offset;
  }
}

function startOf(node: unknown, otherwise = 0): number {
  return isNode(node) ? (node.range?.[0] ?? otherwise) : otherwise;
}

/** `redirects[0].listen`. */
export function formatPath(path: Path): string {
  return path
    .map((step, index) => (typeof step === "number" ? `[${step}]` : `${index === 0 ? "" : "."}${String(step)}`))
    .join("");
}
