// Who asked what, as records of the access log, and what was made of it.
import type { AccessLogRecord } from "../../../api/access-log-record.ts";
import type { Request } from "../../../api/request.ts";
import { SUGGEST_LIMITS } from "../limits.ts";
import { Suggestion, type SuggestionOptions } from "../suggestion.ts";
import { type Asked, EXTENSIONS, type Who } from "./judge.ts";
import { MEMCACHE, recordOf } from "./records.ts";

export const CACHE: Who = { labels: ["unspec:app=cache"], address: "10.0.0.1" };
export const JEDI: Who = { labels: ["unspec:role=jedi"], address: "10.0.0.2" };
export const SITH: Who = { labels: ["unspec:role=sith"], address: "10.0.0.3" };
export const world = (address: string): Who => ({ labels: ["reserved:world"], address });

export const OPTIONS: SuggestionOptions = {
  extensions: EXTENSIONS,
  endpoints: new Set(),
  sinceMs: undefined,
  includeDenied: false,
  listMax: 3,
  audit: false,
  name: undefined,
  source: "a test",
};

export function ask(request: Request | undefined, place: Partial<Asked> = {}): Asked {
  return { subject: CACHE, direction: "ingress", peer: JEDI, port: 11211, request, ...place };
}

export function get(key: string | readonly string[], place: Partial<Asked> = {}): Asked {
  return ask({ command: "get", key }, place);
}

export function memcache(asked: Asked, changes: Partial<AccessLogRecord> = {}): AccessLogRecord {
  return recordOf(asked, MEMCACHE, changes);
}

export function connection(asked: Asked, changes: Partial<AccessLogRecord> = {}): AccessLogRecord {
  return recordOf({ ...asked, request: undefined }, "tcp", changes);
}

export function made(
  records: readonly unknown[],
  options: Partial<SuggestionOptions> = {},
  limits = SUGGEST_LIMITS,
): Suggestion {
  const suggestion = new Suggestion({ ...OPTIONS, ...options }, limits);
  for (const record of records) suggestion.add(record);
  return suggestion;
}

export function textOf(
  records: readonly unknown[],
  options: Partial<SuggestionOptions> = {},
  limits = SUGGEST_LIMITS,
): string {
  const text = made(records, options, limits).text();
  if (text === undefined) throw new Error("nothing was suggested");
  return text;
}

/** Without comments. */
export const bare = (text: string): string => text.replace(/^ *#.*\n/gm, "");
/** Comments as one text, without line breaks. */
export const comments = (text: string): string => [...text.matchAll(/^ *# ?(.*)$/gm)].map(([, line]) => line).join(" ");

/** What stands behind `l7:`, one line a rule. */
export function rulesOf(text: string): readonly string[] {
  const rules = /^ {12}l7:\n((?: {14}.*\n)+)/m.exec(bare(text))?.[1] ?? "";
  return rules
    .split(/^ {14}- /m)
    .slice(1)
    .map((rule) => rule.trim().replace(/\n +/g, ", "));
}
