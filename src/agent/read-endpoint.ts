import type { Port } from "../api/identity.ts";
import { formatApiProblem, ProblemsError } from "../api/problems-error.ts";
import type { ApiProblem, EndpointChange } from "../api/rest.ts";
import type { EndpointUpdate, ObservedPort } from "../endpoint/endpoint-spec.ts";
import { unusableAddress } from "../endpoint/unusable-address.ts";
import type { IdentityLabels } from "../identity/identity-labels.ts";
import { parseLabel } from "../labels/label.ts";
import { LabelSet, parseLabels } from "../labels/label-set.ts";
import { type IpAddress, parseAddress } from "../lib/ip/address.ts";
import { didYouMean } from "../lib/suggestion.ts";

const PORT_MAX = 65_535;

/** What endpoints may have. */
export interface EndpointRules {
  readonly labels: IdentityLabels;
  /** Names of the extensions. */
  readonly extensions: () => Iterable<string>;
}

type Report = (path: string, message: string) => void;

/**
 * Reads the texts of an endpoint, or of a change of one; what is absent stays absent. Throws WEIR_REQUEST_INVALID with
 * all that is wrong.
 *
 * @param observed What is observed at present: a change of one direction leaves the other as it is.
 */
export function readEndpoint(
  change: EndpointChange,
  rules: EndpointRules,
  observed: readonly ObservedPort[] = [],
): EndpointUpdate {
  const problems: [path: string, message: string][] = [];
  const report = (path: string, message: string): void => void problems.push([path, message]);
  const { addresses, labels, audit, observe, observeEgress } = change;
  const kept = (direction: ObservedPort["direction"]): readonly ObservedPort[] =>
    observed.filter((one) => one.direction === direction);
  const update: EndpointUpdate = {
    ...(addresses && { addresses: readAddresses(addresses, report) }),
    ...(labels && { labels: readLabels(labels, rules, report) }),
    ...(audit !== undefined && { audit }),
    ...((observe || observeEgress) && {
      observe: [
        ...(observe ? readPorts(observe, "ingress", rules, report) : kept("ingress")),
        ...(observeEgress ? readPorts(observeEgress, "egress", rules, report) : kept("egress")),
      ],
    }),
  };
  if (problems.length === 0) return update;
  const list = problems.map(([path, message]): ApiProblem => ({ source: "body", line: 0, column: 0, path, message }));
  const lines = list.map((problem) => `  ${formatApiProblem(problem)}`);
  throw new ProblemsError("WEIR_REQUEST_INVALID", `nothing was changed:\n${lines.join("\n")}`, list);
}

function readAddresses(texts: readonly string[], report: Report): readonly IpAddress[] {
  const seen = new Set<string>();
  return texts.flatMap((text, index) => {
    const address = parseAddress(text);
    let reason: string | undefined = "it is not an IPv4 or IPv6 address (names are not looked up)";
    if (address) reason = seen.has(address.toString()) ? "it is there already" : unusableAddress(address);
    if (address) seen.add(address.toString());
    if (reason !== undefined) report(`addresses[${index}]`, `${JSON.stringify(text)} cannot be an address: ${reason}`);
    return address ?? [];
  });
}

function readLabels(texts: readonly string[], rules: EndpointRules, report: Report): LabelSet {
  for (const [index, text] of texts.entries()) {
    const parsed = parseLabel(text);
    const problem = "label" in parsed ? rules.labels.problem(parsed.label) : undefined;
    if (problem !== undefined) report(`labels[${index}]`, `label ${JSON.stringify(text)}: ${problem}`);
  }
  const parsed = parseLabels(texts);
  if ("labels" in parsed) return parsed.labels;
  for (const { index, message } of parsed.errors) report(index === undefined ? "labels" : `labels[${index}]`, message);
  return new LabelSet([]);
}

function readPorts(
  ports: Readonly<Record<string, string>>,
  direction: ObservedPort["direction"],
  rules: EndpointRules,
  report: Report,
): readonly ObservedPort[] {
  const known = [...rules.extensions()];
  return Object.entries(ports).map(([text, extension]) => {
    const path = `${direction === "ingress" ? "observe" : "observeEgress"}[${JSON.stringify(text)}]`;
    const port = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0;
    if (port === 0 || port > PORT_MAX) report(path, `a port is a number from 1 to ${PORT_MAX}`);
    if (!known.includes(extension)) {
      const hint = didYouMean(extension, known) ?? `loaded are ${known.join(", ")}`;
      report(path, `there is no extension \`${extension}\` (${hint})`);
    }
    return { port: port as Port, extension, direction };
  });
}
