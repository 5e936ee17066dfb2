import type { Tokenizer } from "./tokenizer.ts";

/** Moves behind `IF NOT EXISTS` if it is at the present token. @returns Whether it is whole, or not there. */
export function passIfNotExists(tokens: Tokenizer): boolean {
  if (tokens.kind !== "IF") return true;
  if (tokens.next() !== "NOT" || tokens.next() !== "EXISTS") return false;
  tokens.next();
  return true;
}

/** Moves behind `IF EXISTS` if it is at the present token. @returns Whether it is whole, or not there. */
export function passIfExists(tokens: Tokenizer): boolean {
  if (tokens.kind !== "IF") return true;
  if (tokens.next() !== "EXISTS") return false;
  tokens.next();
  return true;
}
