import { parseLabel, RESERVED_SOURCE } from "../../labels/label.ts";
import { buildDirection } from "./build-direction.ts";
import type { Notes } from "./notes.ts";
import { type Naming, namespaceOf, selectorLabels } from "./selector-labels.ts";
import type { SuggestedDocument } from "./suggested-document.ts";
import type { PortTraffic, Subject } from "./traffic.ts";

/** Room for `-suggested-999` within the 253 characters of a name. */
const NAME_LENGTH_MAX = 200;

/** The document for the endpoints of one set of labels; undefined: nothing that was observed can be allowed. */
export function buildDocument(
  subject: Subject,
  name: string,
  reservedNames: ReadonlySet<string>,
): SuggestedDocument | undefined {
  const { notes } = subject;
  const namespace = sharedNamespace(subject);
  const naming: Naming = { namespace, reservedNames };
  const { matchLabels, unnamed } = selectorLabels(subject.labels, naming);
  for (const label of unnamed) notes.add(`Wider than seen: no selector can name the label ${JSON.stringify(label)}`);
  if (matchLabels.length === 0 && unnamed.length > 0) {
    notes.add("Left out: endpoints whose labels no selector can name");
    return undefined;
  }
  const ingress = directionOf(subject.ingress, naming, notes);
  const egress = directionOf(subject.egress, naming, notes);
  if (ingress === undefined && egress === undefined) return undefined;
  return { name, namespace, endpointLabels: matchLabels, ingress, egress, comments: notes.lines() };
}

/** A direction of which nothing was left must not be put into default deny by an empty list, nor opened: it is not said. */
function directionOf(ports: ReadonlyMap<number, PortTraffic>, naming: Naming, notes: Notes) {
  const items = buildDirection(ports, naming, notes);
  return items.length === 0 ? undefined : items;
}

/**
 * The namespace of the endpoint, if the document may be confined to it: every peer that is named by labels must have one
 * too, since there a selector without one means the document's own.
 */
function sharedNamespace(subject: Subject): string | undefined {
  const namespace = namespaceOf(subject.labels);
  if (namespace === undefined) return undefined;
  for (const traffic of [...subject.ingress.values(), ...subject.egress.values()]) {
    for (const { peer } of traffic.flows.values()) {
      if (peer.kind !== "endpoints" || peer.labels.some(isReserved)) continue;
      if (namespaceOf(peer.labels) === undefined) return undefined;
    }
  }
  return namespace;
}

function isReserved(text: string): boolean {
  const parsed = parseLabel(text);
  return "label" in parsed && parsed.label.source === RESERVED_SOURCE;
}

/** `<endpoint>`, as the name of a document may be written. */
export function documentName(subject: Subject): string {
  const [endpoint] = [...subject.endpoints].sort();
  const text = endpoint ?? subject.labels[0] ?? "";
  const name = text
    .toLowerCase()
    .slice(0, NAME_LENGTH_MAX)
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return name === "" ? "endpoint" : name;
}
