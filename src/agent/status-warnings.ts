import type { EndpointSummary } from "../api/rest.ts";
import { parseAddress } from "../lib/ip/address.ts";
import type { RedirectConfig } from "./config/config.ts";

/** A list in one sentence that is still read. */
const NAMES_TOLD_MAX = 10;

const LOOPBACK_V4 = 127;

type Redirect = Pick<RedirectConfig, "endpoint" | "direction">;

/** What an agent's warnings are made of, besides those of its data plane. */
export interface WarningParts {
  readonly endpoints: readonly EndpointSummary[];
  readonly redirects: readonly Redirect[];
  readonly policyEnforcement: string;
  /** Names of the endpoints in audit mode. */
  readonly audited: readonly string[];
  /** Records that the access log lost since the start. */
  readonly accessLogLost: number;
}

/** What an operator should know although all works. */
export function statusWarnings(parts: WarningParts): string[] {
  const { endpoints, redirects, policyEnforcement } = parts;
  return [
    ...borrowedIdentities(endpoints, redirects),
    ...audit(parts.audited),
    ...(policyEnforcement === "never" ? ["policyEnforcement is never: everything is allowed"] : coverage(parts)),
    ...incompleteLog(parts.accessLogLost),
  ];
}

/** Policy that somebody wrote and that no listener can enforce, and listeners for which nobody wrote any. */
function coverage({ endpoints, redirects, audited }: WarningParts): string[] {
  const warnings: string[] = [];
  for (const direction of ["ingress", "egress"] as const) {
    const covered = new Set(redirects.filter((one) => one.direction === direction).map((one) => one.endpoint));
    const missing = endpoints.filter((one) => one.enforcement[direction] && !covered.has(one.name));
    if (missing.length > 0) {
      warnings.push(
        `not enforced: policy wants the ${direction} of ${namesOf(missing)} enforced, ` +
          `and no ${direction} redirect names them`,
      );
    }
    // Endpoints in audit mode are told of as such.
    const open = endpoints.filter(
      (one) => !one.enforcement[direction] && covered.has(one.name) && !audited.includes(one.name),
    );
    if (open.length > 0) {
      warnings.push(
        `open: no policy is enforced on the ${direction} of ${namesOf(open)}, and the ${direction} redirect lets everything through`,
      );
    }
  }
  return warnings;
}

/** Whatever address a listener has: from this machine, every one of them is reached with any source of 127.0.0.0/8. */
function borrowedIdentities(endpoints: readonly EndpointSummary[], redirects: readonly Redirect[]): string[] {
  const borrowed = endpoints.filter(({ addresses }) => addresses.some(isLoopback));
  if (borrowed.length === 0 || redirects.length === 0) return [];
  return [
    `any local process may bind any 127.x.y.z address, and so be ${namesOf(borrowed)}; ` +
      "use such addresses for demonstration only",
  ];
}

function isLoopback(address: string): boolean {
  const parsed = parseAddress(address);
  return parsed?.family === 4 && parsed.bytes[0] === LOOPBACK_V4;
}

function audit(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [`audit mode: whatever policy would deny of ${listed(names)} passes, and is recorded`];
}

function incompleteLog(lost: number): string[] {
  if (lost === 0) return [];
  return [`the access log lacks ${lost} records since the start: they came faster than the disk took them`];
}

function namesOf(endpoints: readonly EndpointSummary[]): string {
  return listed(endpoints.map(({ name }) => name));
}

function listed(names: readonly string[]): string {
  const more = names.length > NAMES_TOLD_MAX ? ` and ${names.length - NAMES_TOLD_MAX} more` : "";
  return names.slice(0, NAMES_TOLD_MAX).join(", ") + more;
}
