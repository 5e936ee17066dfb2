import type { CompletionNode, CompletionValue } from "./completion-node.ts";

/** A value in the scripts: `file`, `names endpoint`, `choices json yaml table`, or nothing. */
export function placeText(value: CompletionValue): string {
  switch (value.kind) {
    case "choices":
      return ["choices", ...value.choices].join(" ");
    case "names":
      return `names ${value.of}`;
    case "file":
      return "file";
    case "text":
      return "text";
  }
}

/** `policy get`; empty for the program itself. */
export function pathText(node: CompletionNode): string {
  return node.path.join(" ");
}

/** The first sentence is enough beside a word, in one line. */
export function shortText(description: string): string {
  return (description.split(/[;\n]/)[0] ?? "").trim();
}

/** Words that may stand for a command: of two commands, the one that is deeper decides. */
export interface Step {
  readonly path: string;
  readonly word: string;
}

/** Every command below another one. */
export function steps(nodes: readonly CompletionNode[]): readonly Step[] {
  return nodes.flatMap((node) => node.commands.map(({ name }) => ({ path: pathText(node), word: name })));
}

/** Every flag that takes a value, and which. */
export function flagValues(nodes: readonly CompletionNode[]): readonly (Step & { readonly value: CompletionValue })[] {
  return nodes.flatMap((node) =>
    node.options.flatMap(({ flags, value }) =>
      value === undefined ? [] : flags.map((word) => ({ path: pathText(node), word, value })),
    ),
  );
}
