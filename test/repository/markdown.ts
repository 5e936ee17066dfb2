/** A fenced block of a Markdown text. */
export interface Fence {
  readonly language: string;
  /** What stands behind the language. */
  readonly mark: string;
  readonly text: string;
  /** Of the opening fence, from 1. */
  readonly line: number;
  /** Why a block of commands is not run: `<!-- not run: … -->` before it. */
  readonly notRun: string | undefined;
}

/** All fenced blocks, in order. */
export function fences(markdown: string): Fence[] {
  const found: Fence[] = [];
  const lines = markdown.split("\n");
  for (let index = 0; index < lines.length; index++) {
    const opening = /^ *```(\w*) *(.*)$/.exec(lines[index] as string);
    if (opening === null) continue;
    const end = lines.findIndex((line, at) => at > index && /^ *```\s*$/.test(line));
    if (end < 0) throw new Error(`line ${index + 1}: the block is never closed`);
    const notRun = /^<!-- not run: (.+) -->$/.exec((lines[index - 1] ?? "").trim())?.[1];
    found.push({
      language: opening[1] as string,
      mark: opening[2] as string,
      text: lines.slice(index + 1, end).join("\n"),
      line: index + 1,
      notRun,
    });
    index = end;
  }
  return found;
}

/** The text without its fenced blocks. */
function prose(markdown: string): string {
  return markdown.replace(/^ *```[\s\S]*?^ *```\s*$/gm, "");
}

/** Targets of links to files, without anchors. */
export function linkTargets(markdown: string): string[] {
  const targets = [...prose(markdown).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] as string);
  return targets.filter((target) => !/^([a-z]+:|#)/.test(target)).map((target) => target.replace(/#.*/, ""));
}

/** Paths of this repository in `code` quotes. */
export function pathsNamed(markdown: string): string[] {
  const quoted = [...prose(markdown).matchAll(/`([^`\n]+)`/g)].map((match) => match[1] as string);
  return quoted.filter((text) => /^(src|test|scripts|docs|examples|bin|benchmarks|\.ci)\/[\w./-]*$/.test(text));
}
