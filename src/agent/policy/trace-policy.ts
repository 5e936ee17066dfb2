import type { Port } from "../../api/identity.ts";
import { formatApiProblem, ProblemsError } from "../../api/problems-error.ts";
import type { ApiProblem } from "../../api/rest.ts";
import type { DirectionTrace, TraceQuery, TraceReport, TraceVerdict } from "../../api/trace.ts";
import { ReservedIdentity } from "../../identity/reserved.ts";
import { didYouMean } from "../../lib/suggestion.ts";
import type { Direction } from "../../policy/policy-entry.ts";
import type { PolicyContext } from "../../policy/resolve.ts";
import { selectorMatches } from "../../policy/selector-match.ts";
import { type TracedTraffic, traceDirection } from "../../policy/trace/trace-direction.ts";
import { tracedRequest } from "../../policy/trace/traced-request.ts";
import { type FoundPeer, findPeer, type PeerSources, whyNoPolicy } from "./trace-peers.ts";

export interface TraceSources extends PeerSources {
  readonly context: PolicyContext;
  /** Names of the extensions there are. */
  readonly extensionNames: () => Iterable<string>;
}

/**
 * Answers what policy would do with a connection and a request, by the code that enforces it. Throws WEIR_REQUEST_INVALID
 * with all that is wrong with the query.
 */
export function tracePolicy(query: TraceQuery, sources: TraceSources): TraceReport {
  const src = findPeer("src", query.src, sources);
  const dst = findPeer("dst", query.dst, sources);
  const problems = [src, dst].flatMap((peer) => ("problems" in peer ? peer.problems : []));
  problems.push(...l7protoProblems(query, sources));
  const reader = new RequestReader(query, sources.context);
  if ("problems" in src || "problems" in dst || problems.length > 0) throw invalid(problems);
  const directions = directionsOf(query).map((direction) =>
    direction === "egress" ? trace("egress", src, dst) : trace("ingress", dst, src),
  );
  if (reader.problems.length > 0) throw invalid(reader.problems);
  const { l7, l7proto } = reader;
  return {
    verdict: together(directions),
    revision: sources.context.repository.revision,
    src: src.report,
    dst: dst.report,
    dport: query.dport,
    protocol: "TCP",
    ...(l7 === undefined ? {} : { l7 }),
    ...(l7proto === undefined ? {} : { l7proto }),
    directions,
    notes: [...src.notes, ...dst.notes, ...reader.notes(directions)],
  };

  function trace(direction: Direction, { identity, endpoint }: FoundPeer, peer: FoundPeer): DirectionTrace {
    const because = whyNoPolicy(identity.labels);
    if (because !== undefined) return { kind: "skipped", direction, because };
    const traffic: TracedTraffic = {
      peer: peer.identity.labels,
      selects: selectsOf(peer),
      port: query.dport as Port,
      readRequest: (parser) => reader.read(parser),
    };
    return traceDirection(direction, { identity, audit: endpoint?.audit ?? false }, traffic, sources.context);
  }
}

function directionsOf({ direction }: TraceQuery): readonly Direction[] {
  return direction === "both" ? ["egress", "ingress"] : [direction];
}

/** An identity that exists is found as data planes find it; labels that nobody has are held against the selectors. */
function selectsOf({ identity }: FoundPeer): TracedTraffic["selects"] {
  const { id, labels } = identity;
  if (id !== ReservedIdentity.Unknown) return (cached) => cached.selects(id);
  return (cached) => selectorMatches(cached.selector, labels);
}

/** Both must let it pass. */
function together(directions: readonly DirectionTrace[]): TraceVerdict {
  const verdicts = new Set(directions.map((one) => (one.kind === "judged" ? one.verdict : "allowed")));
  return (["denied", "depends", "audited"] as const).find((verdict) => verdicts.has(verdict)) ?? "allowed";
}

function l7protoProblems({ l7, l7proto }: TraceQuery, { context, extensionNames }: TraceSources): ApiProblem[] {
  if (l7proto === undefined) return [];
  const problems: ApiProblem[] = [];
  if (l7 === undefined) problems.push(problem("l7proto", "there is no request; give its attributes in `l7`"));
  if (context.extensions.get(l7proto) === undefined) {
    const names = [...extensionNames()];
    const hint = didYouMean(l7proto, names) ?? `there are: ${names.join(", ")}`;
    problems.push(problem("l7proto", `there is no extension ${JSON.stringify(l7proto)}`, hint));
  }
  return problems;
}

/** Reads the attributes of the query by the extension that each direction has for them. */
class RequestReader {
  readonly problems: ApiProblem[] = [];
  /** As the first direction that judges requests has read it. */
  l7: TraceReport["l7"];
  l7proto: string | undefined;
  private readonly said = new Set<string>();
  private readonly query: TraceQuery;
  private readonly context: PolicyContext;

  constructor(query: TraceQuery, context: PolicyContext) {
    this.query = query;
    this.context = context;
  }

  read(parser: string | undefined): ReturnType<TracedTraffic["readRequest"]> {
    const { l7, l7proto } = this.query;
    const name = l7proto ?? parser;
    const declaration = name === undefined ? undefined : this.context.extensions.get(name);
    if (l7 === undefined || name === undefined || declaration === undefined) return undefined;
    const read = tracedRequest(declaration, l7);
    for (const { attribute, message, hint } of read.problems) {
      if (this.problems.some((one) => one.message === message)) continue;
      this.problems.push(problem(`l7.${attribute}`, message, hint));
    }
    for (const note of read.notes) this.said.add(note);
    this.l7 ??= read.attributes;
    this.l7proto ??= name;
    return { parser: name, attributes: read.request };
  }

  notes(directions: readonly DirectionTrace[]): readonly string[] {
    const notes = [...this.said];
    const judged = directions.some((one) => one.kind === "judged" && one.parser !== undefined);
    if (this.query.l7 !== undefined && !judged) {
      notes.push("no extension reads this connection: the request itself is not judged");
    }
    if (directions.every((one) => one.kind === "skipped")) notes.push("no policy is asked: neither side has one");
    return notes;
  }
}

function problem(path: string, message: string, hint?: string): ApiProblem {
  return { source: "body", line: 0, column: 0, path, message, ...(hint === undefined ? {} : { hint }) };
}

function invalid(problems: readonly ApiProblem[]): ProblemsError {
  const lines = problems.map((one) => `  ${formatApiProblem(one)}`);
  return new ProblemsError("WEIR_REQUEST_INVALID", `nothing can be traced:\n${lines.join("\n")}`, problems);
}
