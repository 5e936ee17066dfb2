/** Both from 1; the column counts UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A value of a policy text with its place. Aliases are already replaced by what they stand for. */
export type SourceNode = MapNode | ListNode | ScalarNode;

export interface MapNode {
  readonly kind: "map";
  readonly at: Position;
  /** Keys differ from one another. */
  readonly entries: readonly MapEntry[];
}

export interface MapEntry {
  readonly key: string;
  readonly keyAt: Position;
  readonly value: SourceNode;
}

export interface ListNode {
  readonly kind: "list";
  readonly at: Position;
  readonly items: readonly SourceNode[];
}

export interface ScalarNode {
  readonly kind: "text" | "number" | "boolean" | "null";
  readonly at: Position;
  /** Of `text` the value; of the others what the document says letter by letter (`0x50`, `True`, `~` or nothing). */
  readonly text: string;
  /** Written without quotes and not as a block. */
  readonly plain: boolean;
}

/** What the value is, for messages. */
export function describeNode(node: SourceNode): string {
  switch (node.kind) {
    case "map":
      return "a mapping";
    case "list":
      return "a list";
    case "text":
      return "text";
    case "number":
      return `the number ${quote(node.text)}`;
    case "boolean":
      return `the truth value ${quote(node.text)}`;
    case "null":
      return "empty";
  }
}

const QUOTE_LENGTH_MAX = 80;

/**
 * A piece of a document as it stands in a message: shortened, and control characters escaped, since messages are written
 * to terminals and logs.
 */
export function quote(text: string): string {
  const shown = text.length > QUOTE_LENGTH_MAX ? `${text.slice(0, QUOTE_LENGTH_MAX).toWellFormed()}…` : text;
  const escaped = shown.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return `\`${escaped}\``;
}
