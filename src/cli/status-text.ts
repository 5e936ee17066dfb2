import { formatApiProblem } from "../api/problems-error.ts";
import type { EndpointDetails, PolicyFileReport, StatusReport } from "../api/rest.ts";
import { enforcementText, revisionText } from "./endpoint-text.ts";
import { formatHosts } from "./hosts-text.ts";
import { printable } from "./printable.ts";
import { formatTable } from "./table.ts";

export function formatStatus(status: StatusReport): string {
  const { agent, policy, counts } = status;
  const lines: string[] = [
    `Agent:         ${agent.state} (version ${agent.version}, process ${agent.pid}, since ${agent.startedAt})`,
    `Configuration: ${agent.config}`,
    `State:         ${agent.stateDir}`,
    `Policy:        revision ${policy.revision}, ${count(policy.documents, "document")}, enforcement ${agent.policyEnforcement}`,
    `Known:         ${counts.endpoints} endpoints, ${counts.identities} identities, ${counts.extensions} extensions`,
  ];
  for (const plane of status.dataPlanes) {
    const { wanted, realized, failed } = plane.revision;
    const refused = failed === undefined ? "" : `, refused ${failed}`;
    lines.push(
      `Data plane:    ${plane.name} ${plane.state}, ${count(plane.connections, "connection")}, ` +
        `revision ${realized} of ${wanted}${refused}`,
    );
  }
  const text = `${lines.map(printable).join("\n")}\n`;
  return (
    text +
    listeners(status) +
    formatHosts(status.dataPlanes.flatMap((plane) => plane.hosts ?? [])) +
    policyFiles(status) +
    list("Problems", status.problems) +
    list("Warnings", status.warnings)
  );
}

/** `OK`, or the first thing that is wrong. */
export function briefStatus({ agent, problems }: StatusReport): string {
  if (agent.state === "ready") return "OK\n";
  const [first] = problems;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  const why = first === undefined ? "" : `: ${first.split("\n")[0]}${more}`;
  return `${printable(`error: the agent is ${agent.state}${why}`)}\n`;
}

/** What each data plane made of each endpoint's policy. */
export function formatEndpoints(endpoints: readonly EndpointDetails[]): string {
  if (endpoints.length === 0) return "";
  const rows = endpoints.map((endpoint) => [
    endpoint.name,
    endpoint.identity,
    `${enforcementText(endpoint, "ingress")}/${enforcementText(endpoint, "egress")}`,
    endpoint.audit ? "on" : "off",
    Object.entries({ ...endpoint.observe, ...endpoint.observeEgress }).map(
      ([port, extension]) => `${port}=${extension}`,
    ),
    endpoint.dataPlanes.map(
      (plane) => `${plane.name}: ${revisionText({ wanted: endpoint.revision.wanted, ...plane })}`,
    ),
    endpoint.failure === undefined ? endpoint.state : [endpoint.state, endpoint.failure],
  ]);
  const header = ["ENDPOINT", "IDENTITY", "INGRESS/EGRESS", "AUDIT", "OBSERVED", "IN FORCE", "STATUS"];
  return `\n${formatTable(header, rows)}`;
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}

function listeners(status: StatusReport): string {
  const rows = status.dataPlanes.flatMap((plane) =>
    plane.listeners.map((one) => [one.listen, one.upstream, one.endpoint, one.direction]),
  );
  return rows.length === 0 ? "" : `\n${formatTable(["LISTEN", "UPSTREAM", "ENDPOINT", "DIRECTION"], rows)}`;
}

function policyFiles(status: StatusReport): string {
  const rows = status.policy.files.map((file) => [file.file, fileState(file), file.documents.join(", ")]);
  if (rows.length === 0) return "";
  // Their problems are among all the others.
  const warnings = status.policy.files.flatMap((file) => file.warnings.map(formatApiProblem));
  return `\n${formatTable(["POLICY FILE", "STATE", "DOCUMENTS"], rows)}${list("Warnings of policy files", warnings)}`;
}

function fileState({ problems, documents }: PolicyFileReport): string {
  if (problems.length === 0) return documents.length > 0 ? "in force" : "nothing in force";
  return documents.length > 0 ? "broken: the last good text is in force" : "broken: nothing of it is in force";
}

function list(title: string, items: readonly string[]): string {
  return items.length === 0 ? "" : `\n${title}:\n${items.map((item) => `  ${printable(item)}\n`).join("")}`;
}
