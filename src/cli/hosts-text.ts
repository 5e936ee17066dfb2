import type { ExtensionHostReport, HostReport, ProcessEnd } from "../api/rest.ts";
import { revisionText } from "./endpoint-text.ts";
import { type Cell, formatTable } from "./table.ts";

const MIB = 1_048_576;

/** The processes of the data planes; empty where there are none. */
export function formatHosts(hosts: readonly HostReport[]): string {
  if (hosts.length === 0) return "";
  const header = ["HOST", "PROCESS", "STATE", "CONNECTIONS", "IN FORCE", "RECORDS LOST", "RESTARTS", "LAST END"];
  const text = `\n${formatTable(header, hosts.map(hostRow))}`;
  const extensionRows = hosts.flatMap((host) => host.extensionHosts.map((one) => extensionRow(host, one)));
  if (extensionRows.length === 0) return text;
  const extensionHeader = [
    "EXTENSIONS",
    "HOST",
    "PROCESS",
    "STATE",
    "CONFINED",
    "CONNECTIONS",
    "MEMORY",
    "RECORDS DROPPED",
    "RESTARTS",
    "LAST END",
  ];
  return `${text}\n${formatTable(extensionHeader, extensionRows)}`;
}

function hostRow(host: HostReport): readonly Cell[] {
  return [
    host.index,
    processText(host.pid),
    host.adopted ? `${host.state} (adopted)` : host.state,
    host.connections,
    [revisionText(host.revision), ...host.failures],
    host.recordsLost,
    host.restarts,
    endText(host.lastEnd),
  ];
}

function extensionRow({ index }: HostReport, one: ExtensionHostReport): readonly Cell[] {
  return [
    one.extensions.join(", "),
    index,
    processText(one.pid),
    one.state,
    confinedText(one),
    one.connections,
    `${Math.round(one.memoryBytes / MIB)} MiB`,
    one.recordsDropped,
    one.restarts,
    endText(one.lastEnd),
  ];
}

/** Before the first start of a process nobody knows. */
function confinedText({ confined, unconfined }: ExtensionHostReport): Cell {
  if (confined) return "yes";
  return unconfined.length === 0 ? "not known yet" : ["not confined:", ...unconfined];
}

function processText(pid: number): Cell {
  return pid === 0 ? "none" : pid;
}

function endText(end: ProcessEnd | undefined): Cell {
  return end === undefined ? "" : [end.time, `process ${end.pid}: ${end.reason}`];
}
