import type { Port } from "../../api/identity.ts";
import type { RuleOrigin } from "../../api/rule-origin.ts";
import type { JudgedDirection, TracedPolicy, TracedRequestRule, TraceVerdict } from "../../api/trace.ts";
import type { Identity } from "../../identity/allocator.ts";
import { auditedVerdict, OPEN } from "../audit.ts";
import type { DirectionPair } from "../direction-pair.ts";
import type { ConnectionVerdict, Decision } from "../endpoint-policy.ts";
import type { Direction, PolicyEntry } from "../policy-entry.ts";
import { type PolicyContext, resolve } from "../resolve.ts";
import type { SelectorUser } from "../selector-cache.ts";
import type { SelectorPolicy } from "../selector-policy.ts";
import { enforcementOf, type TracedEndpoint } from "./enforcement.ts";
import { nearRules, type ParsedRequest, speaksOf, type TracedConnection } from "./near-rules.ts";

/** What one direction's lists hold at most. */
const POLICIES_MAX = 100;
const L7_RULES_MAX = 100;
const NEAR_MAX = 20;

/** One connection, and how the request on it reads. */
export interface TracedTraffic extends TracedConnection {
  /**
   * @param parser Extension that reads the connection, or that rules name for the port; undefined where there is none.
   * @returns undefined: only the connection is asked about.
   */
  readonly readRequest: (parser: string | undefined) => ParsedRequest | undefined;
}

/**
 * Asks the policy of an endpoint, resolved from the rules in force as the endpoint itself would get it, about one
 * connection and one request, and tells how it comes to its verdict. Nothing is left behind in the context.
 */
export function traceDirection(
  direction: Direction,
  endpoint: TracedEndpoint,
  traffic: TracedTraffic,
  context: PolicyContext,
): JudgedDirection {
  const user: SelectorUser = { selectionChanged: undefined };
  const policy = resolve(endpoint.identity, context, user);
  try {
    return judge(direction, endpoint, traffic, context, policy);
  } finally {
    for (const cached of policy.selectors) context.selectors.release(cached, user);
    context.repository.prune();
  }
}

function judge(
  direction: Direction,
  endpoint: TracedEndpoint,
  traffic: TracedTraffic,
  context: PolicyContext,
  policy: SelectorPolicy,
): JudgedDirection {
  const pair = policy[direction];
  const problems = endpoint.audit ? [] : policy.problems().map(({ message }) => message);
  const verdict = problems.length > 0 ? unusable(problems) : connectionVerdict(pair, endpoint.audit, traffic);
  const request = traffic.readRequest(verdict.kind === "l7" ? verdict.parser : parserOn(pair, traffic.port));
  const outcome = outcomeOf(verdict, request);
  const measure = { ...traffic, request, extensions: context.extensions };
  const { near, left } = nearRules(pair.whole.entries, measure, {
    decided: outcome.rule,
    fitting: (entry, deny) => fittingText(entry, deny, outcome),
    max: NEAR_MAX,
  });
  const policies = policiesOf(endpoint.identity, context);
  const l7Rules = outcome.verdict === "depends" ? requestRulesOf(pair, traffic) : [];
  return {
    kind: "judged",
    direction,
    ...outcome,
    enforcement: enforcementOf(direction, endpoint, context.enforcement, pair),
    policies: policies.slice(0, POLICIES_MAX),
    ...(verdict.kind === "l7" ? { parser: verdict.parser } : {}),
    l7Rules: l7Rules.slice(0, L7_RULES_MAX),
    near,
    left: {
      policies: Math.max(0, policies.length - POLICIES_MAX),
      l7Rules: Math.max(0, l7Rules.length - L7_RULES_MAX),
      near: left,
    },
  };
}

/** The extension that rules name for a port, if they agree. */
function parserOn({ whole }: DirectionPair, port: Port): string | undefined {
  const [parser, rival] = new Set(whole.onPort(port).flatMap(({ l7 }) => l7?.parser ?? []));
  return rival === undefined ? parser : undefined;
}

function connectionVerdict(
  pair: DirectionPair,
  audit: boolean,
  { port, selects }: TracedConnection,
): ConnectionVerdict {
  const { enforced, whole } = pair;
  if (!audit && whole === enforced) return enforced.verdictOn(port, selects);
  const inForce = audit ? OPEN : enforced.verdictOn(port, selects);
  return auditedVerdict(inForce, whole.verdictOn(port, selects), whole.missing);
}

function unusable(problems: readonly string[]): ConnectionVerdict {
  const reason = `the endpoint's policy cannot be put in force: ${problems.join("; ")}`;
  return { kind: "denied", reason, origin: undefined };
}

interface Outcome {
  readonly verdict: TraceVerdict;
  readonly reason: string;
  readonly rule?: RuleOrigin;
}

function outcomeOf(verdict: ConnectionVerdict, request: ParsedRequest | undefined): Outcome {
  switch (verdict.kind) {
    case "denied":
      return outcome("denied", verdict.origin, verdict.reason);
    case "allowed":
      return verdict.audit === undefined
        ? outcome("allowed", verdict.origin, "nothing is enforced")
        : outcome("audited", verdict.origin, verdict.audit);
    case "l7": {
      if (request === undefined) {
        const reason = `extension ${verdict.parser} reads the connection, and the l7 rules judge each request`;
        return { verdict: "depends", reason, ...(verdict.origin && { rule: verdict.origin }) };
      }
      if (request.parser !== verdict.parser) {
        // Nothing that an extension does not understand passes, unless it only observes.
        const reason = `extension ${verdict.parser} reads the connection and takes no request of ${request.parser}`;
        return outcome(verdict.mode === "enforce" ? "denied" : "allowed", undefined, reason);
      }
      return decided(verdict.matcher.match(request.attributes));
    }
  }
}

function decided({ allowed, audited, origin }: Decision): Outcome {
  return outcome(allowed ? (audited ? "audited" : "allowed") : "denied", origin, "no rule allows this request");
}

/** @param otherwise Why, where no rule is named. */
function outcome(verdict: TraceVerdict, rule: RuleOrigin | undefined, otherwise: string): Outcome {
  if (rule === undefined) return { verdict, reason: otherwise };
  return { verdict, reason: reasonOf(verdict, rule, otherwise), rule };
}

function reasonOf(verdict: TraceVerdict, rule: RuleOrigin, otherwise: string): string {
  const place = placeText(rule);
  if (verdict === "allowed") return `allowed by ${place}`;
  if (verdict === "denied") return rule.effect === "deny" ? `denied by ${place}` : `${otherwise}: ${place}`;
  return rule.effect === "deny"
    ? `would be denied by ${place} (audit)`
    : `would be denied: no rule allows it, and ${place} enforces that (audit)`;
}

function placeText({ policy, rule }: RuleOrigin): string {
  return `policy ${policy}, ${rule}`;
}

/** Why a rule that fits did not decide. */
function fittingText(entry: PolicyEntry, deny: boolean, { verdict, rule }: Outcome): string {
  if (verdict === "denied" && entry.audited) return "fits, but its policy is audited: it neither allows nor denies";
  if (!deny && rule?.effect === "deny") {
    return `fits, but ${verdict === "denied" ? "is" : "would be"} denied by ${placeText(rule)}`;
  }
  // The rules cannot be put in force, or the request is none of the extension that reads the connection.
  return verdict === "denied" && rule === undefined ? "fits, but does not count, for the verdict's reason" : "fits too";
}

/** The `l7` rules of all that speaks of the connection; where a rule has none, it lets every request pass. */
function requestRulesOf(pair: DirectionPair, connection: TracedConnection): readonly TracedRequestRule[] {
  return pair.whole.entries
    .filter((entry) => speaksOf(entry, connection))
    .flatMap(({ audited, l7, origin }) =>
      l7 === undefined
        ? [{ rule: origin, audited, fields: {} }]
        : l7.rules.map((one) => ({ rule: one.origin, audited, fields: one.fields })),
    );
}

function policiesOf({ labels }: Identity, { repository }: PolicyContext): readonly TracedPolicy[] {
  const byName = new Map<string, { mode: TracedPolicy["mode"]; rules: string[] }>();
  for (const { policy, audited, rule } of repository.rulesFor(labels)) {
    const known = byName.get(policy);
    if (known) known.rules.push(rule.path);
    else byName.set(policy, { mode: audited ? "audit" : "enforce", rules: [rule.path] });
  }
  return Array.from(byName, ([name, { mode, rules }]) => ({ name, mode, rules }));
}
