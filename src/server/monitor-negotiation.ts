import { MONITOR_ENCODINGS, type MonitorEncoding, NDJSON } from "../api/monitor-protocol.ts";

/** Types that are looked at; a header of 16 KiB could name thousands. */
const TYPES_MAX = 32;
const ANY_TYPES = ["*/*", "application/*"];

interface OfferedType {
  readonly type: string;
  readonly quality: number;
}

/**
 * The newest encoding that a client's `Accept` header offers; among those with different `q`, the one with the highest.
 * Whoever offers nothing, or anything (`*` + `/*`), gets JSON lines. undefined: only types that are not known.
 */
export function negotiateEncoding(accept: string | undefined): MonitorEncoding | undefined {
  const offered = (accept ?? "").split(",", TYPES_MAX).flatMap(parseType);
  if (offered.length === 0) return NDJSON;
  let best: { readonly encoding: MonitorEncoding; readonly quality: number } | undefined;
  for (const encoding of MONITOR_ENCODINGS) {
    const exact = offered.find(({ type }) => type === encoding);
    // A newer one is for those who name it: what takes anything is a person with curl.
    const any = encoding === NDJSON ? offered.find(({ type }) => ANY_TYPES.includes(type)) : undefined;
    // Who names one and takes anything as well means the one.
    const quality = exact?.quality ?? (any === undefined ? 0 : any.quality / 1_000);
    if (quality > (best?.quality ?? 0)) best = { encoding, quality };
  }
  return best?.encoding;
}

function parseType(text: string): OfferedType[] {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  if (type === "") return [];
  const quality = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? "1";
  const number = Number(quality);
  return [{ type, quality: number >= 0 && number <= 1 ? number : 0 }];
}
