import type { NumericIdentity, Port } from "../../../api/identity.ts";
import type { RuleOrigin } from "../../../api/rule-origin.ts";
import type { IdentityLookup } from "../../../datapath/embedded/identity-lookup.ts";
import { parseAddress } from "../../../lib/ip/address.ts";
import type { ConnectionVerdict, EndpointPolicy } from "../../../policy/endpoint-policy.ts";
import { COMMANDS } from "../../../policy/testing/naive-engine.ts";

/** 9999 is a port that no rule names. */
const PORTS = [80, 443, 9999] as Port[];

/** What somebody could see from outside. */
export interface Seen {
  readonly peers: IdentityLookup;
  readonly policies: ReadonlyMap<string, EndpointPolicy>;
}

/** Whom and what to ask for. */
export interface Subjects {
  readonly numbers: Iterable<NumericIdentity>;
  readonly addresses: readonly string[];
  readonly endpoints: readonly string[];
}

/** All that policy says, and who is who, as texts: of every endpoint to every number on every port, and each request. */
export function picture({ peers, policies }: Seen, { numbers, addresses, endpoints }: Subjects): readonly string[] {
  const lines: string[] = [];
  for (const text of addresses) {
    const address = parseAddress(text);
    lines.push(`${text}: ${JSON.stringify(address && peers.ofAddress(address))}`);
  }
  const all = [...numbers];
  for (const name of endpoints) {
    lines.push(`${name}: ${JSON.stringify(peers.ofEndpoint(name))}`);
    const policy = policies.get(name);
    if (policy === undefined) continue;
    lines.push(`${name}: identity ${policy.identity}, revision ${policy.revision}`);
    for (const direction of ["ingress", "egress"] as const) {
      const { enforced, audited } = policy[direction];
      lines.push(`${name} ${direction}: ${enforced} ${audited ?? false}`);
      for (const remote of all) {
        for (const port of PORTS) {
          lines.push(`${name} ${direction} ${remote} ${port}: ${told(policy[direction].lookup(remote, port))}`);
        }
      }
    }
  }
  return lines;
}

function told(verdict: ConnectionVerdict): string {
  const by = originOf(verdict.origin);
  switch (verdict.kind) {
    case "denied":
      return `denied by ${by}: ${verdict.reason}`;
    case "allowed":
      return `allowed by ${by}, audit ${verdict.audit}`;
    case "l7": {
      const { parser, matcher, mode, audit } = verdict;
      const decisions = COMMANDS.map((cmd) => {
        const { allowed, audited, origin } = matcher.match({ cmd });
        return `${cmd} ${allowed} ${audited} by ${originOf(origin)}`;
      });
      return `${parser} ${mode} by ${by}, audit ${audit}: ${decisions.join("; ")}`;
    }
  }
}

function originOf(origin: RuleOrigin | undefined): string {
  if (origin === undefined) return "nothing";
  return `${origin.policy} ${origin.rule} ${origin.labels.join()} ${origin.effect}`;
}
