import type { Port } from "../../api/identity.ts";
import type { Request } from "../../api/request.ts";
import type { RuleOrigin } from "../../api/rule-origin.ts";
import type { NearRule } from "../../api/trace.ts";
import type { LabelSet } from "../../labels/label-set.ts";
import type { ExtensionSource } from "../extension-source.ts";
import { type PolicyEntry, speaksOfPeer } from "../policy-entry.ts";
import { explainRequest } from "../request/explain.ts";
import type { RequestRule } from "../request/rule-conditions.ts";
import type { CachedSelector } from "../selector-cache.ts";
import { unmetConditions } from "./unmet-conditions.ts";

/** Ports of a rule that a reason names. */
const PORTS_NAMED_MAX = 10;

/** The connection that rules are measured by. */
export interface TracedConnection {
  readonly peer: LabelSet;
  readonly selects: (cached: CachedSelector) => boolean;
  readonly port: Port;
}

/** The request on it, and the extension that it is one of. */
export interface ParsedRequest {
  readonly parser: string;
  readonly attributes: Request;
}

/** What rules are measured by. */
interface Measure extends TracedConnection {
  readonly request: ParsedRequest | undefined;
  readonly extensions: ExtensionSource;
}

/** One rule, or one `l7` rule of it, and how far it is from fitting. */
interface Candidate {
  readonly entry: PolicyEntry;
  readonly l7Rule: RequestRule | undefined;
  /** How many conditions do not hold. 0: it fits. */
  readonly distance: number;
  /** How many of them are about the connection: at the same distance, a rule that speaks of it is closer. */
  readonly before: number;
  readonly failing: readonly string[];
}

/** Whether a rule speaks of the connection, before any request. */
export function speaksOf(entry: PolicyEntry, { selects, port }: TracedConnection): boolean {
  return (entry.ports?.has(port) ?? true) && speaksOfPeer(entry, selects);
}

/** What is said of the rules that came close. */
export interface NearOptions {
  /** Left out: it decided. */
  readonly decided: RuleOrigin | undefined;
  /** Of a rule that fits and did not decide. */
  readonly fitting: (entry: PolicyEntry, deny: boolean) => string;
  readonly max: number;
}

/**
 * The rules that came close, the closest first: those that fit and did not decide, and those that all but fit. Far is
 * what meets neither the peer nor the port.
 */
export function nearRules(
  entries: readonly PolicyEntry[],
  measure: Measure,
  { decided, fitting, max }: NearOptions,
): { readonly near: readonly NearRule[]; readonly left: number } {
  const candidates = entries
    .flatMap((entry) => candidatesOf(entry, measure))
    .filter(({ entry, l7Rule }) => !samePlace(l7Rule?.origin ?? entry.origin, decided))
    .sort((a, b) => a.distance - b.distance || a.before - b.before);
  const near = candidates.slice(0, max).map((candidate): NearRule => {
    const { entry, l7Rule, distance } = candidate;
    const deny = entry.deny || l7Rule?.deny === true;
    const reasons = distance === 0 ? [fitting(entry, deny)] : missesOf(candidate, measure);
    return { rule: l7Rule?.origin ?? entry.origin, audited: entry.audited, reasons };
  });
  return { near, left: candidates.length - near.length };
}

/** An audited verdict names the same place with another effect. */
function samePlace(origin: RuleOrigin, decided: RuleOrigin | undefined): boolean {
  return origin.policy === decided?.policy && origin.rule === decided.rule;
}

function candidatesOf(entry: PolicyEntry, measure: Measure): readonly Candidate[] {
  const peerMisses = closestPeer(entry, measure).length;
  const portMisses = entry.ports === undefined || entry.ports.has(measure.port) ? 0 : 1;
  if (peerMisses > 0 && portMisses > 0) return [];
  const before = peerMisses + portMisses;
  const whole: Candidate = { entry, l7Rule: undefined, distance: before, before, failing: [] };
  if (entry.l7 === undefined) return [whole];
  const { request, extensions } = measure;
  const declaration = request?.parser === entry.l7.parser ? extensions.get(entry.l7.parser) : undefined;
  // Without a request nothing can be said of rules that judge it.
  if (request === undefined || declaration === undefined) return before > 0 ? [whole] : [];
  const explained = explainRequest(declaration, entry.l7.rules, request.attributes).map(
    ({ rule, failing }): Candidate => ({ entry, l7Rule: rule, distance: before + failing.length, before, failing }),
  );
  if (before === 0) return explained;
  // Of a rule that is for others, the closest request is enough.
  const [first = whole, ...rest] = explained;
  return [rest.reduce((best, next) => (next.distance < best.distance ? next : best), first)];
}

function missesOf(candidate: Candidate, measure: Measure): readonly string[] {
  const { entry, l7Rule, failing } = candidate;
  const reasons: string[] = [];
  const peer = closestPeer(entry, measure);
  if (peer.length > 0) reasons.push(`peer does not match: ${peer.join(", ")}`);
  if (entry.ports !== undefined && !entry.ports.has(measure.port)) {
    reasons.push(`port ${measure.port} is not among ${portsText(entry.ports)}`);
  }
  if (l7Rule === undefined || failing.length === 0) return reasons;
  const fields = failing.map((name) => `${name} ${JSON.stringify(l7Rule.fields[name])}`).join(", ");
  const every = failing.length === Object.values(l7Rule.fields).filter((value) => value !== "").length;
  return [...reasons, every ? `request does not match: ${fields} wanted` : `matches all but ${fields}`];
}

/** What the peer lacks for the selector that is closest to it. Empty: one selects it. */
function closestPeer(entry: PolicyEntry, { peer, selects }: TracedConnection): readonly string[] {
  const { peers, requires } = entry;
  if (peers === "all" || speaksOfPeer(entry, selects)) return [];
  let closest: readonly string[] | undefined;
  for (const { selector } of peers) {
    const unmet = unmetConditions(selector, peer);
    if (closest === undefined || unmet.length < closest.length) closest = unmet;
  }
  const required = requires === undefined ? [] : unmetConditions(requires.selector, peer);
  return [...new Set([...(closest ?? []), ...required])];
}

function portsText(ports: ReadonlySet<Port>): string {
  const sorted = [...ports].sort((a, b) => a - b);
  const more = sorted.length - PORTS_NAMED_MAX;
  return `${sorted.slice(0, PORTS_NAMED_MAX).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
