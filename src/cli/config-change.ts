import type { ConfigChange } from "../api/rest.ts";
import { assignments } from "./assignments.ts";

const WORDS = ["policyEnforcement", "logLevel"];
const NUMBERS = ["connectionsMax", "connectTimeoutMs", "drainMs"];

/** Reads `name=value` texts. Throws InvalidArgumentError for wrong names; whether a value is right the agent says. */
export function configChange(texts: readonly string[]): ConfigChange {
  const given = assignments(texts, [...WORDS, ...NUMBERS]);
  const entries = [...given].map(([name, text]) => [
    name,
    NUMBERS.includes(name) && /^\d{1,15}$/.test(text) ? Number(text) : text,
  ]);
  return Object.fromEntries(entries) as ConfigChange;
}
