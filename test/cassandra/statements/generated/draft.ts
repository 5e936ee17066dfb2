import { type Choices, oneOf, seldom } from "./choices.ts";
import { FORMS, type Form, MODIFICATIONS } from "./forms.ts";
import { GRAMMAR } from "./grammar.ts";
import { aConstant, aString } from "./literals.ts";
import { aFreeName, aName, aPlainName } from "./names.ts";
import type { Draft, Token } from "./token.ts";

/** How deep rules go before the first alternatives are taken, which end. */
const DEPTH_MAX = 9;
const ITEMS_MAX = 3;
const CHILDREN_MAX = 4;
const BATCHES = ["BEGIN BATCH", "BEGIN UNLOGGED BATCH", "BEGIN COUNTER BATCH", "BEGIN BATCH <using>"];

/** Any statement, batches too. */
export function draftStatement(choices: Choices): Draft {
  if (seldom(choices, 8)) return draftBatch(choices);
  return draftForm(choices, oneOf(choices, FORMS));
}

function draftBatch(choices: Choices): Draft {
  const begin = draftForm(choices, [oneOf(choices, BATCHES), ""]);
  const tokens = [...begin.tokens];
  const needs: string[] = [];
  for (let children = 1 + choices.below(CHILDREN_MAX); children > 0; children--) {
    const child = draftForm(choices, oneOf(choices, MODIFICATIONS));
    tokens.push(...child.tokens);
    if (choices.below(2) === 0) tokens.push({ kind: "mark", text: ";" });
    needs.push(child.needs);
  }
  tokens.push({ kind: "word", text: "APPLY" }, { kind: "word", text: "BATCH" });
  return { tokens, needs: `batch: ${needs.join("; ")}` };
}

function draftForm(choices: Choices, [form, needs]: Form): Draft {
  const writer = new Writer(choices);
  writer.write(form, 0);
  return {
    tokens: writer.tokens,
    needs: needs.replace(/\$(\d)/g, (_, at) => writer.targets[Number(at) - 1] as string),
  };
}

type Terminal = (choices: Choices) => Token;

/** Rules that are one token. */
const TERMINALS: Readonly<Record<string, Terminal>> = {
  string: (choices) => ({ kind: "string", value: aString(choices) }),
  constant: (choices) => ({ kind: "constant", text: aConstant(choices) }),
  integer: (choices) => ({ kind: "constant", text: String(choices.below(9)) }),
  java: () => ({ kind: "word", text: "java" }),
  plain: (choices) => ({ kind: "name", value: aPlainName(choices) }),
  column: (choices) => ({ kind: "name", value: aFreeName(choices) }),
};

class Writer {
  readonly tokens: Token[] = [];
  /** As rows write them. */
  readonly targets: string[] = [];
  readonly #choices: Choices;
  #keyspace: string | undefined;

  constructor(choices: Choices) {
    this.#choices = choices;
  }

  write(form: string, depth: number): void {
    for (const part of form.split(" ")) {
      const [, rule, mode] = /^<(\w+)([?,&]?)>$/.exec(part) ?? [];
      if (rule === undefined) this.tokens.push({ kind: /^[A-Z_]+$/.test(part) ? "word" : "mark", text: part });
      else if (mode === "" || (mode === "?" && this.#choices.below(2) === 1)) this.#one(rule, depth);
      else if (mode !== "?") this.#list(rule, mode as string, depth);
    }
  }

  #list(rule: string, mode: string, depth: number): void {
    for (let items = this.#choices.below(ITEMS_MAX); items >= 0; items--) {
      this.#one(rule, depth);
      if (items > 0) this.tokens.push(mode === "," ? { kind: "mark", text: "," } : { kind: "word", text: "AND" });
    }
  }

  #one(rule: string, depth: number): void {
    const alternatives = GRAMMAR[rule];
    if (alternatives !== undefined) {
      const form = depth < DEPTH_MAX ? oneOf(this.#choices, alternatives) : (alternatives[0] as string);
      this.write(form, depth + 1);
    } else if (rule in TERMINALS) {
      this.tokens.push((TERMINALS[rule] as Terminal)(this.#choices));
    } else {
      this.#target(rule);
    }
  }

  /** Names that needs are about. */
  #target(rule: string): void {
    // The server looks for the table behind a view in the view's keyspace, and accepts no other.
    const keyspace = rule === "base" ? this.#keyspace : this.#keyspaceFor(rule);
    const name = rule === "member" ? aPlainName(this.#choices) : aName(this.#choices);
    this.targets.push(rule === "keyspace" ? `${name}.` : `${keyspace ?? ""}.${rule === "member" ? "" : name}`);
    this.#keyspace = keyspace;
    const unqualified = keyspace === undefined || (rule === "base" && this.#choices.below(2) === 1);
    if (!unqualified) this.tokens.push({ kind: "name", value: keyspace }, { kind: "mark", text: "." });
    this.tokens.push({ kind: "name", value: name });
  }

  #keyspaceFor(rule: string): string | undefined {
    return rule !== "keyspace" && this.#choices.below(2) === 0 ? aName(this.#choices) : undefined;
  }
}
