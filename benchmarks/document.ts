import { readFileSync, writeFileSync } from "node:fs";
import { formatHostsResults } from "./hosts/report.ts";
import { machineRows } from "./machine.ts";
import { formatMatcherResults, formatMicroResults } from "./micro/report.ts";
import { formatScaleResults } from "./policy/report.ts";
import { formatProxyResults } from "./proxy/report.ts";
import type { Results } from "./results.ts";
import { formatTable } from "./table.ts";
import { formatTargets } from "./targets.ts";

const DOCUMENT = new URL("../docs/benchmarks.md", import.meta.url);

/** The parts of a report by the name of their place in docs/benchmarks.md. */
export function formatSections(results: Results): ReadonlyMap<string, string> {
  const sections = new Map([["machine", formatMachine(results)]]);
  if (results.micro !== undefined) sections.set("parsers", formatMicroResults(results.micro));
  if (results.matcher !== undefined) sections.set("matching", formatMatcherResults(results.matcher));
  if (results.policy !== undefined) sections.set("policy", formatScaleResults(results.policy));
  if (results.proxy !== undefined) sections.set("proxies", formatProxyResults(results.proxy).trim());
  if (results.hosts !== undefined) sections.set("hosts", formatHostsResults(results.hosts));
  sections.set("targets", formatTargets(results));
  return sections;
}

/**
 * Replaces what stands between `<!-- results:NAME -->` and `<!-- /results:NAME -->`.
 *
 * @throws Error if a pair of markers is missing: results that have no place would be lost unseen.
 */
export function replaceSections(document: string, sections: ReadonlyMap<string, string>): string {
  let updated = document;
  for (const [name, text] of sections) {
    const begin = `<!-- results:${name} -->`;
    const end = `<!-- /results:${name} -->`;
    const from = updated.indexOf(begin);
    const to = updated.indexOf(end, from);
    if (from < 0 || to < 0) throw new Error(`the document has no place for results: write ${begin} and ${end}`);
    updated = `${updated.slice(0, from + begin.length)}\n\n${text}\n\n${updated.slice(to)}`;
  }
  return updated;
}

export function updateDocument(results: Results): void {
  writeFileSync(DOCUMENT, replaceSections(readFileSync(DOCUMENT, "utf8"), formatSections(results)));
}

function formatMachine({ machine, proxy, hosts }: Results): string {
  const pinning = (proxy ?? hosts)?.pinning;
  const placement =
    pinning === undefined
      ? "nothing pinned"
      : `the measured program on core ${pinning.target}, load generator and server on core ${pinning.loadAndServer}`;
  return formatTable(
    ["", "measured on"],
    [
      ...machineRows(machine),
      ["memcached", machine.memcached ?? "not installed"],
      ["HAProxy", machine.haproxy ?? "not installed"],
      ["placement", placement],
      ["load average before", String(machine.loadAverage)],
    ],
  );
}
