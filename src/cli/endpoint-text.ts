import type { EndpointDetails, EndpointSummary } from "../api/rest.ts";
import { printable } from "./printable.ts";
import { formatTable } from "./table.ts";

/** `Enabled` or `Disabled`, and `(Audit)` where something passes only because it is audited. As later versions of Cilium. */
export function enforcementText({ enforcement, auditing }: EndpointSummary, direction: "ingress" | "egress"): string {
  return `${enforcement[direction] ? "Enabled" : "Disabled"}${auditing?.[direction] ? " (Audit)" : ""}`;
}

/** `7`, `6 of 7` or `6 of 7, refused 7`. */
export function revisionText(revision: {
  readonly wanted?: number;
  readonly realized: number;
  readonly failed?: number;
}): string {
  const { wanted, realized, failed } = revision;
  const behind = wanted === undefined || wanted === realized ? String(realized) : `${realized} of ${wanted}`;
  return failed === undefined ? behind : `${behind}, refused ${failed}`;
}

/** One endpoint, for a person. */
export function endpointText(endpoint: EndpointDetails): string {
  const { observe, observeEgress = {} } = endpoint;
  const observed = [
    ...Object.entries(observe).map(([port, extension]) => `${port} as ${extension}`),
    ...Object.entries(observeEgress).map(([port, extension]) => `${port} (egress) as ${extension}`),
  ];
  const lines: readonly (readonly [string, string])[] = [
    ["Endpoint", endpoint.name],
    ["State", endpoint.state],
    ["Identity", String(endpoint.identity)],
    ["Labels", listed(endpoint.labels)],
    ["Informational", listed(endpoint.informationalLabels)],
    ["Addresses", listed(endpoint.addresses)],
    ["Enforcement", `ingress ${enforcementText(endpoint, "ingress")}, egress ${enforcementText(endpoint, "egress")}`],
    ["Audit", endpoint.audit ? "on: what policy would refuse passes" : "off"],
    ["Observed ports", listed(observed)],
    ["Revision", revisionText(endpoint.revision)],
    ...(endpoint.failure === undefined ? [] : [["Failure", endpoint.failure] as const]),
  ];
  const head = lines.map(([name, text]) => `${`${name}:`.padEnd(16)}${printable(text)}\n`).join("");
  const planes = endpoint.dataPlanes.map((plane) => [plane.name, revisionText(plane), plane.failure ?? ""]);
  return planes.length === 0 ? head : `${head}\n${formatTable(["DATA PLANE", "REVISION", "FAILURE"], planes)}`;
}

function listed(items: readonly string[]): string {
  return items.length === 0 ? "none" : items.join(", ");
}
